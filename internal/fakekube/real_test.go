package fakekube_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakekube"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/sandboxtest"
)

// TestLikeTheRealOne asks the same of this server and of a real one, and compares what they answer.
func TestLikeTheRealOne(t *testing.T) {
	config, err := kube.Config(sandboxtest.Start(t).Kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	real := (&asker{T: t, config: config, forget: func() {}}).script()
	if len(real) < 40 {
		t.Errorf("only %d answers", len(real))
	}
	if diff := cmp.Diff(real, small(t).script()); diff != "" {
		t.Errorf("-real +this:\n%s", diff)
	}
	if testing.Verbose() {
		t.Log("\n" + strings.Join(real, "\n"))
	}
}

// small is this server.
func small(t *testing.T) *asker {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(all); err != nil {
			t.Fatal(err)
		}
	}
	updates := fakekube.Resource{
		GroupVersionResource: v1alpha1.GroupVersion().WithResource("nodegroupupdates"), Kind: "NodeGroupUpdate", Status: true, Generation: true,
	}
	server := fakekube.New(fakekube.Config{Scheme: all, Resources: append(fakekube.CoreResources(), updates)})
	wire := httptest.NewServer(server)
	t.Cleanup(wire.Close)
	return &asker{T: t, config: &rest.Config{Host: wire.URL}, forget: server.Compact}
}

// asker asks an API server, and writes down the answers.
type asker struct {
	*testing.T
	config  *rest.Config
	forget  func() // makes the first version too old, if it is not
	answers []string
}

// object is any JSON object.
type object = map[string]any

// ask makes a request and returns the answer.
func (a *asker) ask(method, path string, body any) (int, object) {
	a.Helper()
	response := a.open(a.Context(), method, path, body)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		a.Fatal(err)
	}
	var answer object
	if err := json.Unmarshal(raw, &answer); err != nil {
		a.Fatalf("%s %s: %s: %s", method, path, response.Status, raw)
	}
	return response.StatusCode, answer
}

func (a *asker) open(ctx context.Context, method, path string, body any) *http.Response {
	a.Helper()
	client, err := rest.HTTPClientFor(a.config)
	if err != nil {
		a.Fatal(err)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		a.Fatal(err)
	}
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(raw)
	}
	method, kind, _ := strings.Cut(method, " ")
	request, err := http.NewRequestWithContext(ctx, method, a.config.Host+path, in)
	if err != nil {
		a.Fatal(err)
	}
	request.Header.Set("Content-Type", map[string]string{
		"": "application/json", "merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json",
	}[kind])
	response, err := client.Do(request)
	if err != nil {
		a.Fatal(err)
	}
	return response
}

// note asks, and writes down the answer: the fields, or the error.
func (a *asker) note(what, method, path string, body any, fields ...string) object {
	a.Helper()
	code, answer := a.ask(method, path, body)
	line := fmt.Sprintf("%s: %d", what, code)
	if answer["kind"] == "Status" {
		line += fmt.Sprintf(" %v %v %v", answer["status"], answer["reason"], answer["message"])
		if details, ok := answer["details"].(object); ok && details["causes"] != nil {
			line += fmt.Sprintf(" %v", details["causes"])
		}
	}
	for _, field := range fields {
		line += fmt.Sprintf(" %s=%v", field, at(answer, field))
	}
	a.write(line)
	return answer
}

func (a *asker) writef(format string, args ...any) { a.write(fmt.Sprintf(format, args...)) }

// write writes a line without what is different each time.
func (a *asker) write(line string) {
	for pattern, by := range map[string]string{
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`: "UID",
		`too old resource version: \d+ \(\d+\)`:                        "too old resource version: N (N)",
	} {
		line = regexp.MustCompile(pattern).ReplaceAllString(line, by)
	}
	a.answers = append(a.answers, line)
}

// at finds a field: "metadata.name". Of a time it only says that there is one.
func at(o object, path string) any {
	var value any = o
	for name := range strings.SplitSeq(path, ".") {
		inner, _ := value.(object)
		value = inner[name]
	}
	if text, ok := value.(string); ok {
		if _, err := time.Parse(time.RFC3339, text); err == nil {
			return "a time"
		}
	}
	return value
}

// watch writes down the first changes that a watch shows.
func (a *asker) watch(what, path string, changes int, fields ...string) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), 20*time.Second)
	defer cancel()
	response := a.open(ctx, http.MethodGet, path, nil)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for range changes {
		if !lines.Scan() {
			a.write(fmt.Sprintf("%s: over (%d)", what, response.StatusCode))
			return
		}
		var change struct {
			Type   string
			Object object
		}
		if err := json.Unmarshal(lines.Bytes(), &change); err != nil {
			a.Fatalf("%s: %s", err, lines.Text())
		}
		line := what + ": " + change.Type
		if change.Type == "ERROR" {
			fields = []string{"code", "reason", "message"}
		}
		for _, field := range fields {
			line += fmt.Sprintf(" %s=%v", field, at(change.Object, field))
		}
		a.write(line)
	}
}

// with is an object with some values set: "spec.replicas".
func with(o object, values object) object {
	raw, _ := json.Marshal(o)
	var copied object
	_ = json.Unmarshal(raw, &copied)
	for path, value := range values {
		names := strings.Split(path, ".")
		inner := copied
		for _, name := range names[:len(names)-1] {
			if _, ok := inner[name].(object); !ok {
				inner[name] = object{}
			}
			inner = inner[name].(object)
		}
		inner[names[len(names)-1]] = value
	}
	return copied
}

func named(name string, more object) object {
	return with(object{"metadata": object{"name": name}}, more)
}

func version(o object) string { return o["metadata"].(object)["resourceVersion"].(string) }

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/sandbox/cloud"
	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

var ctx = context.Background()

func pods(t *testing.T, c *kubernetes.Clientset, app string) []corev1.Pod {
	t.Helper()
	list, err := c.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=" + app})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func nodes(t *testing.T, c *kubernetes.Clientset) map[string]corev1.Node {
	t.Helper()
	list, err := c.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]corev1.Node{}
	for _, node := range list.Items {
		byName[node.Name] = node
	}
	return byName
}

// When up returns, the workload runs, spread over the zones.
func TestSampleWorkloadRuns(t *testing.T) {
	c := client(t, sharedSandbox(t))
	zones := map[string]int{}
	all := nodes(t, c)
	for _, pod := range pods(t, c, "web") {
		if pod.Status.Phase == corev1.PodRunning {
			zones[all[pod.Spec.NodeName].Labels[corev1.LabelTopologyZone]]++
		}
	}
	if diff := cmp.Diff(map[string]int{"us-west-2a": 2, "us-west-2b": 2, "us-west-2c": 2}, zones); diff != "" {
		t.Errorf("running pods of web by zone (-want +got):\n%s", diff)
	}
	for app, want := range map[string]int{"api": 2, "db": 3, "agent": 3, "report": 1, "scratch": 1} {
		if got := len(pods(t, c, app)); got != want {
			t.Errorf("%s has %d pods, want %d", app, got, want)
		}
	}
}

// A node is what a self-managed EKS node is.
func TestNode(t *testing.T) {
	dir := sharedSandbox(t)
	var instances []fakeaws.Instance
	read(t, state(t, dir).AWSEndpoint+"/_sandbox/instances", &instances)
	i := instances[0]
	node := nodes(t, client(t, dir))[i.PrivateDNS]
	got := map[string]string{
		"provider": node.Spec.ProviderID,
		"zone":     node.Labels["topology.kubernetes.io/zone"],
		"region":   node.Labels["topology.kubernetes.io/region"],
		"type":     node.Labels["node.kubernetes.io/instance-type"],
		"group":    node.Labels["alpha.eksctl.io/nodegroup-name"],
		"eks":      node.Labels["eks.amazonaws.com/nodegroup"],
		"cpu":      node.Status.Allocatable.Cpu().String(),
		"pods":     node.Status.Allocatable.Pods().String(),
		"version":  node.Status.NodeInfo.KubeletVersion[:len("v1.36.")],
	}
	want := map[string]string{
		"provider": "aws:///" + i.Zone + "/" + i.ID,
		"zone":     i.Zone, "region": "us-west-2", "type": "m5.xlarge", "group": "nodegroup", "eks": "",
		"cpu": "3920m", "pods": "58", "version": "v1.36.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("node (-want +got):\n%s", diff)
	}
}

// The budget of web allows one disruption: a second eviction is refused until the
// replacement of the first pod is Ready.
func TestBudgetRefusesEviction(t *testing.T) {
	dir := sharedSandbox(t)
	c := client(t, dir)
	eventually(t, "web's budget allows a disruption", func() bool {
		budget, err := c.PolicyV1().PodDisruptionBudgets("default").Get(ctx, "web", metav1.GetOptions{})
		return err == nil && budget.Status.DisruptionsAllowed == 1
	})
	web := pods(t, c, "web")
	if err := evict(c, web[0]); err != nil {
		t.Fatalf("first eviction: %v", err)
	}
	err := evict(c, web[1])
	if !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		t.Fatalf("second eviction: %v, want a refusal by the budget", err)
	}
	eventually(t, "the second eviction is allowed", func() bool { return evict(c, web[1]) == nil })

	log, err := os.ReadFile(dir.AuditLog())
	if err != nil {
		t.Fatal(err)
	}
	codes := map[float64]bool{}
	for line := range strings.Lines(string(log)) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("audit log: %v", err)
		}
		ref, _ := event["objectRef"].(map[string]any)
		if ref["subresource"] == "eviction" && event["requestObject"] != nil {
			codes[event["responseStatus"].(map[string]any)["code"].(float64)] = true
		}
	}
	if !codes[201] || !codes[429] {
		t.Errorf("the audit log shows evictions answered with %v, want 201 and 429", codes)
	}
}

func evict(c *kubernetes.Clientset, pod corev1.Pod) error {
	return c.PolicyV1().Evictions(pod.Namespace).Evict(ctx, &policyv1.Eviction{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
	})
}

// The node of a terminated instance is deleted, and the group launches another
// instance.
func TestTerminatedInstanceIsReplaced(t *testing.T) {
	dir := sharedSandbox(t)
	c := client(t, dir)
	before := nodes(t, c)
	var victim corev1.Node
	for _, victim = range before {
		break
	}
	id := victim.Spec.ProviderID[strings.LastIndexByte(victim.Spec.ProviderID, '/')+1:]
	if _, err := cloud.Query(ctx, state(t, dir).AWSEndpoint, "autoscaling", url.Values{
		"Action": {"TerminateInstanceInAutoScalingGroup"}, "InstanceId": {id}, "ShouldDecrementDesiredCapacity": {"false"},
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node is gone and a new one Ready", func() bool {
		now := nodes(t, c)
		_, there := now[victim.Name]
		return !there && len(now) == len(before) && allReady(now)
	})
	for name, node := range nodes(t, c) {
		if _, old := before[name]; !old && node.Labels[corev1.LabelTopologyZone] != victim.Labels[corev1.LabelTopologyZone] {
			t.Errorf("the new node is in %s, the old one was in %s", node.Labels[corev1.LabelTopologyZone], victim.Labels[corev1.LabelTopologyZone])
		}
	}
}

func allReady(nodes map[string]corev1.Node) bool {
	for _, node := range nodes {
		ready := false
		for _, condition := range node.Status.Conditions {
			ready = ready || condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
		}
		if !ready {
			return false
		}
	}
	return true
}

// RBAC is in force: a service account with a real token may do nothing by default.
func TestRights(t *testing.T) {
	dir := sharedSandbox(t)
	token, err := client(t, dir).CoreV1().ServiceAccounts("default").CreateToken(ctx, "default", &authv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	conf := rest.AnonymousClientConfig(config(t, dir))
	conf.BearerToken = token.Status.Token
	_, err = kubernetes.NewForConfigOrDie(conf).CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:default:default") {
		t.Errorf("listing nodes as a service account: %v, want it forbidden", err)
	}
}

func TestCustomResources(t *testing.T) {
	c := dynamicClient(t, sharedSandbox(t))
	definition := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(`{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": {"name": "things.example.com"},
		"spec": {"group": "example.com", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
			"versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}`), definition); err != nil {
		t.Fatal(err)
	}
	definitions := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	if _, err := c.Resource(definitions).Create(ctx, definition, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	thing := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Thing", "metadata": map[string]any{"name": "one"},
	}}
	things := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "things"}
	eventually(t, "a custom resource can be created", func() bool {
		_, err := c.Resource(things).Create(ctx, thing, metav1.CreateOptions{})
		return err == nil
	})
}

// A shell can eval the lines of env, whatever the name of the directory.
func TestEnv(t *testing.T) {
	dir := sharedSandbox(t)
	script := mustRun(t, "env", "--dir", string(dir)) + `printf '%s\n' "$KUBECONFIG" "$AWS_ENDPOINT_URL" "$AWS_REGION" "${AWS_ACCESS_KEY_ID:+set}" "${AWS_SECRET_ACCESS_KEY:+set}"`
	out, err := exec.Command("sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{dir.Kubeconfig(), state(t, dir).AWSEndpoint, "us-west-2", "set", "set", ""}, "\n")
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(dir.Kubeconfig()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the kubeconfig is readable by others: %v, %v", info.Mode(), err)
	}
}

// The journal shows the calls of clients and not the sandbox's own.
func TestJournal(t *testing.T) {
	dir := sharedSandbox(t)
	endpoint := state(t, dir).AWSEndpoint
	mustRun(t, "status", "--dir", string(dir))
	request, _ := http.NewRequest(http.MethodPost, endpoint, strings.NewReader("Action=DescribeAutoScalingGroups&Version=2011-01-01"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAJOURNALTEST/20260101/us-west-2/autoscaling/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	var calls []fakeaws.Call
	read(t, endpoint+"/_sandbox/journal", &calls)
	seen := map[string]string{}
	for _, call := range calls {
		seen[call.AccessKey] = call.Service + ":" + call.Action
	}
	if seen["AKIAJOURNALTEST"] != "autoscaling:DescribeAutoScalingGroups" || seen[cloud.ControlKey] != "" {
		t.Errorf("the journal shows %v", seen)
	}
}

func read(t *testing.T, url string, into any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

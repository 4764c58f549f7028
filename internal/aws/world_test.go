package aws_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	group   = "nodes"
	cluster = "harbour"
	key     = "AKIATEST"
)

// world is a fake cloud behind HTTP, with a clock that the test turns, and the
// product's view of it.
type world struct {
	*fakeaws.Cloud
	t        *testing.T
	clock    *clock
	aws      *aws.Cloud
	template fakeaws.LaunchTemplate
	image    fakeaws.Image // of the template's version 1: 1.36, x86_64
	// intercept may answer a request before the fake cloud does.
	intercept func(http.ResponseWriter, *http.Request) bool
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// newWorld has one group of three nodes in three zones, of the newest 1.36.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldIn(t, "us-west-2")
}

func newWorldIn(t *testing.T, region string) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC)}}
	w.Cloud = fakeaws.New(fakeaws.Config{Region: region, Seed: 1, Clock: w.clock.Now, Boot: -1, Terminate: -1, Retry: -1})
	server := httptest.NewServer(http.HandlerFunc(w.serve(w.Cloud.Handler())))
	t.Cleanup(server.Close)
	w.environment(server.URL, region)
	w.image, _ = w.LatestImage("1.36", "x86_64")
	w.template = w.newTemplate("nodes", w.image.ID)
	w.newGroup(group, w.template.ID, "$Latest", 3)
	w.step()
	w.aws = w.connect(aws.Options{Version: "0.1.0", Now: w.clock.Now})
	return w
}

func (w *world) serve(next http.Handler) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		if w.intercept == nil || !w.intercept(out, in) {
			next.ServeHTTP(out, in)
		}
	}
}

// environment is that of a shell of its own: nothing of the machine's is seen.
func (w *world) environment(url, region string) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			w.t.Setenv(name, "") // puts it back at the end
			os.Unsetenv(name)
		}
	}
	dir := w.t.TempDir()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE":           filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
	} {
		w.t.Setenv(name, value)
	}
}

func (w *world) connect(o aws.Options) *aws.Cloud {
	w.t.Helper()
	cloud, err := aws.New(context.Background(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return cloud
}

// login writes keys into the shared credentials file.
func (w *world) login(accessKey string) {
	w.t.Helper()
	file := "[default]\naws_access_key_id = " + accessKey + "\naws_secret_access_key = secret\n"
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(file), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) newTemplate(name, image string) fakeaws.LaunchTemplate {
	w.t.Helper()
	template, err := w.CreateLaunchTemplate(fakeaws.TemplateSpec{
		Name: name, ImageID: image, InstanceType: "m5.xlarge", UserData: "aGVsbG8=",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return template
}

func (w *world) newGroup(name, template, version string, desired int, tags ...fakeaws.Tag) {
	w.t.Helper()
	err := w.CreateGroup(fakeaws.GroupSpec{
		Name: name, MinSize: 0, MaxSize: desired, DesiredCapacity: desired,
		LaunchTemplateID: template, LaunchTemplateVersion: version, Tags: tags,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// step lets a moment pass, in which everything that is due happens.
func (w *world) step() {
	for range 3 {
		w.Step(w.clock.advance(time.Second))
	}
}

// read returns the group as it is now.
func (w *world) read(name string) upgrade.Group {
	w.t.Helper()
	g, err := w.aws.Groups.Group(context.Background(), name, true)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// calls counts an action in the journal.
func (w *world) calls(action string) int {
	n := 0
	for _, call := range w.Journal() {
		if call.Action == action {
			n++
		}
	}
	return n
}

// sdk is a client of Auto Scaling that is not the product's.
func (w *world) sdk() *autoscaling.Client {
	w.t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return autoscaling.NewFromConfig(cfg, func(o *autoscaling.Options) { o.Retryer = sdk.NopRetryer{} })
}

func ids(g upgrade.Group) []string {
	var all []string
	for _, i := range g.Instances {
		all = append(all, i.ID)
	}
	slices.Sort(all)
	return all
}

func lifecycles(g upgrade.Group) map[string]upgrade.Lifecycle {
	all := map[string]upgrade.Lifecycle{}
	for _, i := range g.Instances {
		all[i.ID] = i.Lifecycle
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package e2e

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	coordinationv1 "k8s.io/api/coordination/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// Two controllers work in the cluster, and the one that works dies in the middle: the
// other one goes on, and the command only watches.
func TestControllerDies(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	g := w.guarded()
	replicas := []*running{w.controller(), w.controller()}
	w.ready(replicas...)
	var killed *running
	r := w.caught("NodeCordoned", func(func()) {
		killed = w.worker(replicas)
		w.check(killed.cmd.Process.Signal(syscall.SIGKILL))
		killed.end().has(t, -1)
	}, upgrade()...)
	r.has(t, 0, "The controller in the cluster works on it", "NodeTainted", "NodeTerminated", "UpdateEnded", "Successful after", "Nodes replaced      3")
	if strings.Contains(r.out, "Calls") {
		t.Errorf("the calls are not those of who has worked:\n%s", r.out)
	}
	w.inOrder(r.out)
	survivor := replicas[slices.IndexFunc(replicas, func(r *running) bool { return r != killed })]
	w.onlyControllersWorked(2)
	w.endsWell(survivor)
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.isClean()
	g.verdict()
}

// Commands write and watch, may go at any time, and come back; with no right but
// those of docs/rbac.yaml, as the controller.
func TestControllerWithLeastRights(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	w.loginAsUpgrader()
	w.applyRights()
	w.bind("nodelift")
	w.nodelift(upgrade("--wait=false")...).has(t, 1, "no controller runs in the cluster")
	w.changedNothing()
	controller := w.controller()
	w.ready(controller)

	release := w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	left := w.nodelift(upgrade("--wait=false")...)
	id := w.theUpdate().Name
	left.has(t, 0, "The controller in the cluster works on it", "nodelift status update "+id+" --wait")
	w.nodelift(upgrade("--timeout", "1s")...).has(t, 3, "continues in the cluster; to follow it, run:", "nodelift status update "+id+" --wait")
	w.interrupted("NodeDraining", os.Interrupt, upgrade()...).has(t, 130, "continues in the cluster; to follow it, run:")
	w.nodelift("pause", "nodegroup", "nodegroup").has(t, 0, "works on update "+id, "is paused ")
	w.autoscalerRuns()
	w.nodelift(upgrade()...).has(t, 1, "is paused ")
	w.nodelift("resume", "nodegroup", "nodegroup").has(t, 0, "is under way")
	w.nodelift("resume", "nodegroup", "nodegroup").has(t, 1, "is not paused: controller@")
	release()
	w.nodelift("status", "update", id, "--wait").has(t, 0, "Successful")
	w.nodelift("rollback", "nodegroup", "nodegroup", "--yes", "--verbose").has(t, 0, "NodeTainted", "UpdateEnded", "Successful after")
	w.complainsOfNonsense()
	w.onlyControllersWorked(1)
	w.endsWell(controller)
	w.nodesRun(3, "v1.36.")
	w.isClean()
	for _, request := range w.audit() {
		if request.Response.Code == http.StatusForbidden {
			t.Errorf("%s was not allowed", request.what())
		}
	}
}

// Several node groups at once, by one controller; a rollback in the middle is shown by
// the command that has begun the update.
func TestControllerOfGroups(t *testing.T) {
	w := newWorld(t, "--groups", "2", "--workload", "sample")
	w.install()
	controller := w.controller()
	w.ready(controller)
	second := upgrade("--wait=false")
	second[slices.Index(second, "nodegroup")+4] = "nodegroup-2"
	w.nodelift(second...).has(t, 0, "The controller in the cluster works on it")
	other := w.theUpdate().Name
	r := w.caught("NodeCordoned", func(release func()) {
		back := w.start("rollback", "nodegroup", "nodegroup", "--yes")
		w.eventually("the rollback is written", func() bool { return len(w.updates()) == 3 })
		release()
		back.end().has(t, 0, "This will cancel update", "is rolling it back", "Successful after")
	}, upgrade()...)
	r.has(t, 1, "RolledBack", "is rolling it back", "was rolled back by")
	w.nodelift("status", "update", other, "--wait").has(t, 0, "Successful")
	w.bothAtOnce()
	w.endsWell(controller)
	w.isCleanWith(3)
	w.of(w.groups[1]).isCleanWith(3)
}

// The only controller dies for good: the command that watches says so, ends, and the
// same line goes on without it.
func TestControllerGone(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	controller := w.controller()
	w.ready(controller)
	r := w.caught("NodeCordoned", func(func()) {
		w.check(controller.cmd.Process.Signal(syscall.SIGKILL))
		controller.end().has(t, -1)
	}, upgrade()...)
	r.has(t, 1, "nobody is working on update "+w.theUpdate().Name, "nobody is working on it: the controller in the cluster has been silent for 2m", "to continue, run:", "nodelift upgrade nodegroup")
	w.nodelift(upgrade()...).has(t, 0, w.theUpdate().Name, "Successful after")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.forgetAnnouncement()
	w.isClean()
}

// complainsOfNonsense writes an update of a node group that does not exist, and waits
// until somebody says so on it.
func (w *world) complainsOfNonsense() {
	w.t.Helper()
	nonsense := &v1alpha1.NodeGroupUpdate{}
	nonsense.Name, nonsense.Spec.NodeGroup = "nonsense", "nowhere"
	nonsense.Spec.Target = &v1alpha1.Target{Version: "1.37"}
	w.check(w.kube.Create(w.ctx(), nonsense))
	w.eventually("it says that there is no such node group", func() bool {
		w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(nonsense), nonsense))
		return strings.Contains(nonsense.Status.Message, "node group nowhere does not exist")
	})
	w.check(w.kube.Delete(w.ctx(), nonsense))
}

// install installs the resource definitions and the namespace, as somebody with the
// right to does.
func (w *world) install() {
	w.t.Helper()
	w.apply([]byte(w.nodelift("crds").out), func(unstructured.Unstructured) {})
	w.eventually("the definitions are served", func() bool {
		return w.kube.List(w.ctx(), &v1alpha1.NodeGroupUpdateList{}) == nil && w.kube.List(w.ctx(), &v1alpha1.NodeGroupList{}) == nil
	})
}

// apply makes objects, unless they are there already, and tells of each.
func (w *world) apply(manifests []byte, made func(unstructured.Unstructured)) {
	w.t.Helper()
	for documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096); ; {
		var object unstructured.Unstructured
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			w.t.Fatal(err)
		}
		w.check(client.IgnoreAlreadyExists(w.kube.Create(w.ctx(), &object)))
		made(object)
	}
}

// controller starts a controller.
func (w *world) controller() *running {
	w.t.Helper()
	return w.start("controller", "--health-address", "127.0.0.1:0")
}

// probe asks a controller how it is.
func (r *running) probe(path string) int {
	address := regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(r.out.String())
	if address == nil {
		return 0
	}
	response, err := http.Get("http://" + address[1] + path)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// ready waits until controllers are.
func (w *world) ready(controllers ...*running) {
	w.t.Helper()
	for _, c := range controllers {
		w.eventually("a controller is ready", func() bool {
			if c.over() {
				w.t.Fatalf("it has ended: %s", c.out.String())
			}
			return c.probe("/readyz") == http.StatusOK
		})
		if code := c.probe("/healthz"); code != http.StatusOK {
			w.t.Errorf("it is ready, and /healthz answers %d", code)
		}
	}
}

// worker is the controller that has the node group's Lease.
func (w *world) worker(controllers []*running) *running {
	w.t.Helper()
	i := slices.IndexFunc(controllers, (*running).holds)
	if i < 0 {
		w.t.Fatalf("none of the controllers works, but %q", w.holder())
	}
	return controllers[i]
}

// endsWell ends a controller and fails the test unless it lets everything go.
func (w *world) endsWell(c *running) {
	w.t.Helper()
	w.check(c.cmd.Process.Signal(syscall.SIGTERM))
	c.end().has(w.t.(*testing.T), 0)
}

// onlyControllersWorked fails the test unless so many controllers, and nobody else,
// have said what they did.
func (w *world) onlyControllersWorked(count int) {
	w.t.Helper()
	workers := map[string]bool{}
	for _, e := range w.events() {
		workers[e.ReportingInstance] = true
		if !strings.HasPrefix(e.ReportingInstance, "controller@") {
			w.t.Errorf("%s worked: %s", e.ReportingInstance, e.Note)
		}
	}
	if len(workers) != count {
		w.t.Errorf("%d controllers worked, want %d: %v", len(workers), count, workers)
	}
}

// events are those of all updates, as they happened.
func (w *world) events() []eventsv1.Event {
	w.t.Helper()
	var list eventsv1.EventList
	w.check(w.kube.List(w.ctx(), &list, client.InNamespace("default")))
	all := slices.DeleteFunc(list.Items, func(e eventsv1.Event) bool { return e.Regarding.Kind != "NodeGroupUpdate" })
	slices.SortStableFunc(all, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
	return all
}

// inOrder fails the test unless each Event is in the output once, and those of a node in
// the order in which they happened.
func (w *world) inOrder(out string) {
	w.t.Helper()
	at := map[string]int{}
	for _, e := range w.events() {
		if times := strings.Count(out, " "+e.Note+"\n"); times == 0 {
			w.t.Errorf("the command does not say %q", e.Note)
			continue
		}
		node := ""
		if e.Related != nil {
			node = e.Related.Name
		}
		i := strings.Index(out, " "+e.Note+"\n")
		if i < at[node] && strings.Count(out, " "+e.Note+"\n") == 1 {
			w.t.Errorf("the command says too early %q", e.Note)
		}
		at[node] = max(i, at[node])
	}
}

// bothAtOnce fails the test unless the controller worked on one group while it worked
// on the other.
func (w *world) bothAtOnce() {
	w.t.Helper()
	switches, last := 0, ""
	for _, e := range w.events() {
		if group := e.Regarding.Name[:strings.LastIndex(e.Regarding.Name, "-")]; group != last {
			switches, last = switches+1, group
		}
	}
	if switches < 3 {
		w.t.Errorf("the groups were worked on one after the other: the events go %d times from one to the other", switches-1)
	}
}

// forgetAnnouncement takes the announcement of a dead controller away.
func (w *world) forgetAnnouncement() {
	w.t.Helper()
	lease := &coordinationv1.Lease{}
	w.check(w.kube.Get(w.ctx(), client.ObjectKey{Namespace: v1alpha1.Namespace, Name: "controller"}, lease))
	if holder := aws.ToString(lease.Spec.HolderIdentity); !strings.HasPrefix(holder, "controller@") {
		w.t.Errorf("the announcement is of %q", holder)
	}
	w.check(w.kube.Delete(w.ctx(), lease))
}

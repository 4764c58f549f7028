package controller

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/sandboxtest"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestAgainstRealAPIServer runs whole updates: a real API server, real
// evictions, and a cloud in memory.
func TestAgainstRealAPIServer(t *testing.T) {
	kube.Quiet()
	cluster := start(t, sandboxtest.Start(t))
	workload(t, cluster)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *story)
	}{
		{"upgrade", testUpgrade},
		{"leave", testLeave},
		{"interrupt", testInterrupt},
		{"delete", testDelete},
		{"refused", testRefused},
		{"checked", testChecked},
		{"turn", testTurn},
		{"told", testTold},
		{"apply-order", testApplyOrder},
		{"deleted-orphan", testDeletedOrphan},
		{"delete-group", testDeleteGroup},
		{"inconsistent", testInconsistentInTheMiddle},
		{"old-inconsistency", testOldInconsistency},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, begin(t, cluster, test.name)) })
	}
	t.Run("nothing", func(t *testing.T) { testNothing(t, cluster) })
}

// start connects to the sandbox and watches it until the test ends.
func start(t *testing.T, sandbox sandboxtest.Sandbox) *kube.Cluster {
	t.Helper()
	config, err := kube.Config(sandbox.Kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(cluster.Install(t.Context()), cluster.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	return cluster
}

// workload is a Deployment of three with a budget of one.
func workload(t *testing.T, cluster *kube.Cluster) {
	t.Helper()
	object := metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "web"}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	deployment := &appsv1.Deployment{ObjectMeta: object, Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](3), Selector: selector,
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: selector.MatchLabels},
			Spec: corev1.PodSpec{
				TerminationGracePeriodSeconds: ptr.To[int64](1),
				Containers:                    []corev1.Container{{Name: "main", Image: "example.com/web"}},
			},
		},
	}}
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: object, Spec: policyv1.PodDisruptionBudgetSpec{
		Selector: selector, MaxUnavailable: ptr.To(intstr.FromInt32(1)),
	}}
	for _, o := range []client.Object{deployment, budget} {
		if err := cluster.Live().Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// story is an update of three nodes to image ami-2.
type story struct {
	t       *testing.T
	ctx     context.Context
	cluster *kube.Cluster
	world   *world
	update  *v1alpha1.NodeGroupUpdate
	options Options
}

func begin(t *testing.T, cluster *kube.Cluster, name string) *story {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	w, err := newWorld(ctx, cluster.Live(), name, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Resize(context.Background(), name, upgrade.Size{Max: 1, Desired: 1}, upgrade.Size{}) })
	t.Cleanup(func() { _ = w.Terminate(context.Background(), name, w.ids(), true) })
	group, err := cluster.Adopt(ctx, &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.NodeGroupSpec{AutoScalingGroup: name, Region: "us-west-2", Settings: v1alpha1.Settings{
			CordonWait: &metav1.Duration{}, MinReady: &metav1.Duration{},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	update, err := cluster.Begin(ctx, &v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{
		NodeGroup: group.Name, Target: &v1alpha1.Target{ImageID: "ami-2"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &story{t: t, ctx: ctx, cluster: cluster, world: w, update: update, options: optionsFor(cluster, w, update.Name)}
}

func optionsFor(cluster *kube.Cluster, w *world, update string) Options {
	return Options{
		Update: update,
		Cloud: func(*v1alpha1.NodeGroup) (Cloud, error) {
			return Cloud{Groups: w, Activities: w, Templates: templates{w}, Images: images{}}, nil
		},
		Cluster: Cluster{
			Nodes: cluster.Nodes(), Pods: cluster.Pods(), Autoscaler: cluster.Autoscaler(), Workloads: cluster.Workloads(), Parallel: kube.Parallel, Records: cluster.Records,
			Cache: cluster.Cache(), Live: cluster.Live(),
		},
		Identity: "test",
	}
}

// run runs the controller, telling seen of every pass and failing on errs.
func (s *story) run(ctx context.Context, seen func(upgrade.Result)) upgrade.Result {
	s.t.Helper()
	o := s.options
	o.Observe = func(_ string, result upgrade.Result, err error) {
		if err != nil && !errors.Is(err, upgrade.ErrConflict) && ctx.Err() == nil {
			s.t.Errorf("a pass: %v", err)
		}
		seen(result)
	}
	result, err := Run(ctx, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return result
}

func ignore(upgrade.Result) {}

// finished checks the world after an update that went well.
func (s *story) finished(result upgrade.Result) {
	s.t.Helper()
	if v := result.Record.Run.Verdict; !result.Done || v == nil || v.Status != upgrade.Successful {
		s.t.Fatalf("done %t, verdict %+v", result.Done, v)
	}
	for _, i := range s.world.group.Instances {
		node := s.node(i)
		if i.Image != "ami-2" || node.Labels[upgrade.LabelImage] != "ami-2" {
			s.t.Errorf("%s has image %s, label %q", i.ID, i.Image, node.Labels[upgrade.LabelImage])
		}
		if len(node.Spec.Taints) > 0 || node.Spec.Unschedulable || node.Annotations[upgrade.AnnotationOwned] != "" {
			s.t.Errorf("%s has marks: %+v, %v", node.Name, node.Spec, node.Annotations)
		}
	}
	if want := (upgrade.Size{Max: 3, Desired: 3}); s.world.group.Size != want || len(s.world.group.Instances) != 3 {
		s.t.Errorf("the group has %+v, %d instances", s.world.group.Size, len(s.world.group.Instances))
	}
	if result.Record.Run.Counts.Replaced != 3 {
		s.t.Errorf("counts: %+v", result.Record.Run.Counts)
	}
}

func (s *story) node(i upgrade.Instance) *corev1.Node {
	s.t.Helper()
	node := &corev1.Node{}
	if err := s.cluster.Live().Get(s.ctx, client.ObjectKey{Name: "node-" + i.ID}, node); err != nil {
		s.t.Fatal(err)
	}
	return node
}

func testUpgrade(t *testing.T, s *story) {
	var said []string
	s.finished(s.run(s.ctx, func(r upgrade.Result) {
		for _, e := range r.Events {
			said = append(said, e.Message)
		}
	}))
	update, err := s.cluster.Update(s.ctx, s.update.Name)
	if err != nil {
		t.Fatal(err)
	}
	group, err := s.cluster.NodeGroup(s.ctx, update.Spec.NodeGroup)
	if err != nil {
		t.Fatal(err)
	}
	if st := update.Status; st.Status != v1alpha1.UpdateSuccessful || st.Phase != "Done" || st.Progress != "3/3" || st.Target != "ami-2" {
		t.Errorf("update: %+v", st)
	}
	for _, c := range []string{v1alpha1.ConditionSucceeded, v1alpha1.ConditionCapacityRestored} {
		if !meta.IsStatusConditionTrue(update.Status.Conditions, c) {
			t.Errorf("condition %s is not True", c)
		}
	}
	st := group.Status
	if st.Image != "ami-2" || st.Scaling.DesiredSize != 3 || st.Nodes.UpToDate != 3 || st.Nodes.Outdated != 0 || st.Ledger != nil ||
		!meta.IsStatusConditionFalse(st.Conditions, v1alpha1.ConditionUpdating) {
		t.Errorf("node group: %+v", st)
	}
	if len(update.Finalizers)+len(group.Finalizers) > 0 {
		t.Errorf("finalizers: %v and %v", update.Finalizers, group.Finalizers)
	}
	if diff := missing(said, s.events()); len(diff) > 0 || len(said) < 10 {
		t.Errorf("of %d sentences no Event says %q", len(said), diff)
	}
}

// events are the notes of the update's Events.
func (s *story) events() []string {
	var list eventsv1.EventList
	if err := s.cluster.Live().List(s.ctx, &list, client.InNamespace(metav1.NamespaceDefault)); err != nil {
		s.t.Fatal(err)
	}
	var notes []string
	for _, e := range list.Items {
		if e.Regarding.Name == s.update.Name {
			notes = append(notes, e.Note)
		}
	}
	return notes
}

func missing(want, got []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(s string) bool { return slices.Contains(got, s) })
}

// A process that is asked to leave an update does, and another one continues it.
func testLeave(t *testing.T, s *story) {
	ctx, interrupt := context.WithCancel(s.ctx)
	s.run(ctx, func(r upgrade.Result) {
		if len(r.Record.Run.Drains) > 0 {
			interrupt()
		}
	})
	interrupt()
	result, err := Leave(s.ctx, s.options)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Paused || result.Done {
		t.Fatalf("paused %t, done %t", result.Paused, result.Done)
	}
	update, err := s.cluster.Update(s.ctx, s.update.Name)
	if err != nil || update.Spec.Paused || !meta.IsStatusConditionFalse(update.Status.Conditions, v1alpha1.ConditionProgressing) {
		t.Errorf("paused %t, conditions %+v, %v", update.Spec.Paused, update.Status.Conditions, err)
	}
	s.finished(s.run(s.ctx, ignore))
}

// A process that ends in the middle of it is followed by one that continues.
func testInterrupt(t *testing.T, s *story) {
	ctx, interrupt := context.WithCancel(s.ctx)
	result := s.run(ctx, func(r upgrade.Result) {
		if r.Record.Run.Phase == upgrade.ScaleUp {
			interrupt()
		}
	})
	interrupt()
	if result.Paused || result.Done {
		t.Fatalf("paused %t, done %t", result.Paused, result.Done)
	}
	s.finished(s.run(s.ctx, ignore))
}

// An update that is deleted in the middle of it restores what it borrowed.
func testDelete(t *testing.T, s *story) {
	result := s.run(s.ctx, func(r upgrade.Result) {
		if r.Record.Run.Phase == upgrade.Upgrading && r.Record.Run.Verdict == nil {
			if err := client.IgnoreNotFound(s.cluster.Live().Delete(s.ctx, s.update.DeepCopy())); err != nil {
				t.Error(err)
			}
		}
	})
	if v := result.Record.Run.Verdict; !result.Done || v == nil || v.Status != upgrade.Cancelled {
		t.Fatalf("done %t, verdict %+v", result.Done, v)
	}
	if s.world.group.Size.Desired != 3 {
		t.Errorf("the group has %+v", s.world.group.Size)
	}
	if _, err := s.cluster.Update(s.ctx, s.update.Name); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("the update is still there: %v", err)
	}
}

func testNothing(t *testing.T, cluster *kube.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := optionsFor(cluster, &world{}, "no-such-update")
	if _, err := Run(ctx, o); !apierrors.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

package controller

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// untouched checks that group and nodes are as they were, and nothing is owed.
func (s *story) untouched() {
	s.t.Helper()
	if want := (upgrade.Size{Max: 3, Desired: 3}); s.world.group.Size != want || s.world.group.Template.Version != "1" || len(s.world.versions) != 1 {
		s.t.Errorf("the group has %+v, template version %s of %d", s.world.group.Size, s.world.group.Template.Version, len(s.world.versions))
	}
	for _, i := range s.world.group.Instances {
		if node := s.node(i); slices.ContainsFunc(node.Spec.Taints, isOurs) || node.Annotations[upgrade.AnnotationOwned] != "" || node.Labels[upgrade.LabelImage] != "" {
			s.t.Errorf("%s was touched: %v %v %v", node.Name, node.Spec.Taints, node.Annotations, node.Labels)
		}
	}
	if group := s.nodeGroup(); group != nil && group.Status.Ledger != nil {
		s.t.Errorf("the ledger has %+v", group.Status.Ledger)
	}
}

// isOurs tells a taint from those that the control plane sets by itself.
func isOurs(t corev1.Taint) bool { return !strings.HasPrefix(t.Key, "node.kubernetes.io/") }

func (s *story) nodeGroup() *v1alpha1.NodeGroup {
	s.t.Helper()
	group, err := s.cluster.NodeGroup(s.ctx, s.update.Spec.NodeGroup)
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return group
}

// says checks how the update stands and what its message tells.
func (s *story) says(status v1alpha1.UpdateStatus, words ...string) {
	s.t.Helper()
	update, err := s.cluster.Update(s.ctx, s.update.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	if update.Status.Status != status {
		s.t.Errorf("it is %s, want %s", update.Status.Status, status)
	}
	for _, w := range words {
		if !strings.Contains(update.Status.Message, w) {
			s.t.Errorf("the message is %q, without %q", update.Status.Message, w)
		}
	}
}

func (s *story) patch(object client.Object, patch string) error {
	return s.cluster.Live().Patch(s.ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)))
}

func (s *story) patchStatus(object client.Object, patch string) error {
	return s.cluster.Live().Status().Patch(s.ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// What the checks refuse ends with their words and touches nothing, and lets its node
// group go.
func testRefused(t *testing.T, s *story) {
	asked := 0
	s.options.Check = func(_ context.Context, u *v1alpha1.NodeGroupUpdate, g *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
		if asked++; u.Name != s.update.Name || g.Name != u.Spec.NodeGroup {
			t.Errorf("asked about %s of %s", u.Name, g.Name)
		}
		return []upgrade.Error{{Code: upgrade.NotPermitted, Message: "group refused has a warm pool: delete it"}}, nil
	}
	if result := s.run(s.ctx, ignore); !result.Done || asked == 0 {
		t.Fatalf("done %t, asked %d times", result.Done, asked)
	}
	s.says(v1alpha1.UpdateFailed, "has a warm pool: delete it")
	s.untouched()
	if group := s.nodeGroup(); len(group.Finalizers) > 0 {
		t.Errorf("the node group is held by %v", group.Finalizers)
	}
}

// An update that may begin is asked about before it does, and not again.
func testChecked(t *testing.T, s *story) {
	s.options.Check = func(context.Context, *v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
		s.untouched()
		return nil, nil
	}
	s.finished(s.run(s.ctx, ignore))
}

// Of two updates of a node group the younger waits, and says for whom. Cancelled, it
// takes nothing from the other.
func testTurn(t *testing.T, s *story) {
	second := &v1alpha1.NodeGroupUpdate{Spec: *s.update.Spec.DeepCopy()}
	second.Name = s.update.Name + "-zz" // of the same second, perhaps
	if err := s.cluster.Live().Create(s.ctx, second); err != nil {
		t.Fatal(err)
	}
	runSecond := func() (upgrade.Result, error) {
		return Run(s.ctx, optionsFor(s.cluster, s.world, second.Name))
	}
	var behind QueuedError
	if _, err := runSecond(); !errors.As(err, &behind) || behind.First != s.update.Name {
		t.Errorf("it ended with %v", err)
	}
	first := s.update
	s.update = second
	s.says(v1alpha1.UpdateInProgress, "waiting for update "+first.Name+" of the same node group to end")
	s.untouched()
	s.update = first
	cancelled := false
	s.finished(s.run(s.ctx, func(r upgrade.Result) {
		if r.Record.Run.Phase != upgrade.Upgrading || cancelled {
			return
		}
		cancelled = true
		owed := s.nodeGroup().Status.Ledger
		if err := s.patch(second, `{"spec":{"cancelled":true}}`); err != nil {
			t.Fatal(err)
		}
		if result, err := runSecond(); err != nil || !result.Done {
			t.Errorf("cancelled, it is done %t, %v", result.Done, err)
		}
		if now := s.nodeGroup().Status.Ledger; now == nil || now.Sizes == nil || now.Sizes.User != owed.Sizes.User || !now.Marks {
			t.Errorf("the ledger was %+v and is %+v", owed, now)
		}
	}))
	s.update = second
	s.says(v1alpha1.UpdateCancelled)
}

// Whoever works on an update has the others of the node group say that they wait.
func testTold(t *testing.T, s *story) {
	s.takesTime()
	second := &v1alpha1.NodeGroupUpdate{Spec: *s.update.Spec.DeepCopy()}
	second.Name = s.update.Name + "-zz"
	if err := s.cluster.Live().Create(s.ctx, second); err != nil {
		t.Fatal(err)
	}
	told := ""
	s.finished(s.run(s.ctx, func(r upgrade.Result) {
		u, err := s.cluster.Update(s.ctx, second.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Done && u.Status.Message != "" {
			told = u.Status.Message
		}
	}))
	if !strings.Contains(told, "waiting for update "+s.update.Name+" of the same node group to end") {
		t.Errorf("it says %q", told)
	}
}

// An update may be applied before its node group.
func testApplyOrder(t *testing.T, s *story) {
	group := s.nodeGroup()
	if err := s.cluster.Live().Delete(s.ctx, group); err != nil {
		t.Fatal(err)
	}
	adopted := false
	s.finished(s.run(s.ctx, func(r upgrade.Result) {
		if adopted || len(r.Record.Run.Waits) == 0 {
			return
		}
		adopted = true
		s.says(v1alpha1.UpdateInProgress, "node group "+group.Name+" does not exist", "create the node group")
		again := &v1alpha1.NodeGroup{Spec: group.Spec}
		again.Name = group.Name
		if _, err := s.cluster.Adopt(s.ctx, again); err != nil {
			t.Error(err)
		}
	}))
	if !adopted {
		t.Error("it did not wait for its node group")
	}
}

// Deleted before anything was done, an update without a node group goes.
func testDeletedOrphan(t *testing.T, s *story) {
	for _, object := range []client.Object{s.nodeGroup(), s.update.DeepCopy()} {
		if err := s.cluster.Live().Delete(s.ctx, object); err != nil {
			t.Fatal(err)
		}
	}
	if result := s.run(s.ctx, ignore); !result.Done {
		t.Error("it is not done")
	}
	if _, err := s.cluster.Update(s.ctx, s.update.Name); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
	s.untouched()
}

// A node group that is deleted while an update of it runs is kept till that has ended,
// says so, and goes then.
func testDeleteGroup(t *testing.T, s *story) {
	s.takesTime()
	deleted, told := false, false
	s.finished(s.run(s.ctx, func(r upgrade.Result) {
		if r.Record.Run.Phase == upgrade.ScaleUp && !deleted {
			deleted = true
			if err := s.cluster.Live().Delete(s.ctx, s.nodeGroup()); err != nil {
				t.Error(err)
			}
		}
		group := s.nodeGroup()
		told = told || group != nil && slices.ContainsFunc(group.Status.Conditions, saysKept)
	}))
	if !told {
		t.Error("it did not say why it was kept")
	}
	if group := s.nodeGroup(); group != nil {
		t.Errorf("it is still there, held by %v", group.Finalizers)
	}
}

// A status that somebody edits until it is inconsistent stops the engine, which says so
// and continues when it is corrected.
func testInconsistentInTheMiddle(t *testing.T, s *story) {
	broken, corrected := false, false
	s.withoutSchema("nodegroups.nodelift.dev")
	result := s.run(s.ctx, func(r upgrade.Result) {
		sizes := r.Record.Ledger.Sizes
		switch {
		case r.Record.Run.Phase == upgrade.ScaleUp && sizes != nil && !broken:
			broken = true
			if err := s.patchStatus(s.nodeGroup(), `{"status":{"ledger":{"sizes":{"user":{"max":3,"desired":-3}}}}}`); err != nil {
				t.Error(err)
			}
		case broken && !corrected && slices.ContainsFunc(r.Record.Run.Waits, func(w upgrade.Wait) bool { return w.Key == "fault" }):
			corrected = true
			before := s.world.group
			s.says(v1alpha1.UpdateInProgress, "ledger in the status of node group", "desired -3", "kubectl edit")
			if before.Size.Desired < 3 || len(before.Instances) < 3 {
				t.Errorf("the group has %+v", before)
			}
			if err := s.patchStatus(s.nodeGroup(), `{"status":{"ledger":{"sizes":{"user":{"max":3,"desired":3}}}}}`); err != nil {
				t.Error(err)
			}
		}
	})
	if !corrected {
		t.Error("it did not stop")
	}
	s.finished(result)
}

// What was stored before the schema refused it fails with words and touches nothing.
func testOldInconsistency(t *testing.T, s *story) {
	s.withoutSchema("nodegroupupdates.nodelift.dev")
	s.eventually("the schema takes anything", func() bool {
		return s.patch(s.update.DeepCopy(), `{"spec":{"maxUnavailable":"lots","onDrainTimeout":"shrug"}}`) == nil
	})
	if err := s.cluster.Install(s.ctx); err != nil {
		t.Fatal(err)
	}
	if result := s.run(s.ctx, ignore); !result.Done {
		t.Error("it is not done")
	}
	s.says(v1alpha1.UpdateFailed, "are inconsistent", "onDrainTimeout shrug is not fail, quarantine or force")
	s.untouched()
}

// withoutSchema takes the validation from a resource until the test ends, as if it were
// older.
func (s *story) withoutSchema(name string) {
	s.t.Helper()
	s.t.Cleanup(func() {
		if err := s.cluster.Install(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := s.cluster.Live().Get(s.ctx, client.ObjectKey{Name: name}, crd); err != nil {
		s.t.Fatal(err)
	}
	open := true
	for i := range crd.Spec.Versions {
		crd.Spec.Versions[i].Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &open}
	}
	crd.Annotations["nodelift.dev/digest"] = "older"
	if err := s.cluster.Live().Update(s.ctx, crd); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) eventually(what string, is func() bool) {
	s.t.Helper()
	for tick := time.Tick(100 * time.Millisecond); !is(); {
		select {
		case <-tick:
		case <-s.ctx.Done():
			s.t.Fatalf("not in time: %s", what)
		}
	}
}

func saysKept(c metav1.Condition) bool { return c.Reason == "DeletedWhileUpdating" }

// takesTime has the update wait for something between its passes, as it does outside of
// tests: what is there for people is written then.
func (s *story) takesTime() {
	s.t.Helper()
	if err := s.patch(s.update, `{"spec":{"cordonWait":"1s"}}`); err != nil {
		s.t.Fatal(err)
	}
}

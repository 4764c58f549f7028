package kube

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const theNode = "ip-10-0-0-1"

func TestMarksComeAndGoWithoutTrace(t *testing.T) {
	ourTaint := corev1.Taint{Key: upgrade.TaintKey, Value: upgrade.TaintValue, Effect: corev1.TaintEffectNoSchedule}
	otherTaint := corev1.Taint{Key: "dedicated", Value: "shop", Effect: corev1.TaintEffectNoSchedule}
	for name, tc := range map[string]struct {
		before corev1.Node
		owned  string // the annotation while marked
	}{
		"a plain node": {corev1.Node{}, "cordon,exclude,prefer,scale-down-disabled,taint"},
		"a node with a taint of its own": {
			corev1.Node{Spec: corev1.NodeSpec{Taints: []corev1.Taint{otherTaint}}}, "cordon,exclude,prefer,scale-down-disabled,taint",
		},
		"a node that a person has cordoned": {
			corev1.Node{Spec: corev1.NodeSpec{Unschedulable: true}}, "exclude,prefer,scale-down-disabled,taint",
		},
		"a node that has all of it already": {
			corev1.Node{Spec: corev1.NodeSpec{Unschedulable: true, Taints: []corev1.Taint{ourTaint}}}, "exclude,prefer,scale-down-disabled",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.before.ObjectMeta = named(theNode)
			live := clusterWith(t, &tc.before)
			n := &nodes{watched: live, live: live}
			for range 2 { // to repeat it does no harm
				if err := n.Mark(t.Context(), theNode, "shop", allMarks()); err != nil {
					t.Fatal(err)
				}
			}
			marked := get(t, live, &corev1.Node{ObjectMeta: named(theNode)})
			if got := marked.Annotations[upgrade.AnnotationOwned]; got != tc.owned {
				t.Errorf("owned %q, want %q", got, tc.owned)
			}
			if got := marked.Annotations[upgrade.AnnotationOwner]; got != "shop" {
				t.Errorf("the owner is %q", got)
			}
			if missing := len(allMarks()) - len(marksOn(marked)); missing != 0 {
				t.Errorf("has only %v", marksOn(marked))
			}
			for range 2 {
				if err := n.Unmark(t.Context(), theNode, allMarks()); err != nil {
					t.Fatal(err)
				}
			}
			after := get(t, live, &corev1.Node{ObjectMeta: named(theNode)})
			if diff := cmp.Diff(tc.before.Spec, after.Spec); diff != "" {
				t.Errorf("spec, -before +after:\n%s", diff)
			}
			if len(after.Labels)+len(after.Annotations) > 0 {
				t.Errorf("left behind: labels %v, annotations %v", after.Labels, after.Annotations)
			}
		})
	}
}

// A node that begins its drain changes from one effect of our taint to the other. A
// taint that somebody else has set stays.
func TestOneTaintReplacesTheOther(t *testing.T) {
	prefer := corev1.Taint{Key: upgrade.TaintKey, Value: upgrade.TaintValue, Effect: corev1.TaintEffectPreferNoSchedule}
	for name, tc := range map[string]struct {
		before corev1.NodeSpec
		want   []upgrade.Mark
	}{
		"ours goes":             {corev1.NodeSpec{}, []upgrade.Mark{upgrade.MarkTaint}},
		"somebody else's stays": {corev1.NodeSpec{Taints: []corev1.Taint{prefer}}, []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkPrefer}},
	} {
		t.Run(name, func(t *testing.T) {
			before := &corev1.Node{ObjectMeta: named(theNode), Spec: tc.before}
			live := clusterWith(t, before)
			n := &nodes{watched: live, live: live}
			for _, m := range []upgrade.Mark{upgrade.MarkPrefer, upgrade.MarkTaint} {
				if err := n.Mark(t.Context(), theNode, "shop", []upgrade.Mark{m}); err != nil {
					t.Fatal(err)
				}
			}
			marked := get(t, live, before)
			if diff := cmp.Diff(tc.want, marksOn(marked)); diff != "" || marked.Annotations[upgrade.AnnotationOwned] != "taint" {
				t.Errorf("owned %q; marks, -want +got:\n%s", marked.Annotations[upgrade.AnnotationOwned], diff)
			}
			if err := n.Unmark(t.Context(), theNode, allMarks()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.before, get(t, live, before).Spec); diff != "" {
				t.Errorf("spec, -before +after:\n%s", diff)
			}
		})
	}
}

func TestUnmarkTakesOnlyWhatItIsAskedFor(t *testing.T) {
	live := clusterWith(t, &corev1.Node{ObjectMeta: named(theNode)})
	n := &nodes{watched: live, live: live}
	if err := n.Mark(t.Context(), theNode, "shop", []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkCordon}); err != nil {
		t.Fatal(err)
	}
	if err := n.Unmark(t.Context(), theNode, []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkExclude}); err != nil {
		t.Fatal(err)
	}
	node := get(t, live, &corev1.Node{ObjectMeta: named(theNode)})
	if diff := cmp.Diff([]upgrade.Mark{upgrade.MarkTaint}, ownedOn(node)); diff != "" || node.Spec.Unschedulable {
		t.Errorf("cordoned %t, owned -want +got:\n%s", node.Spec.Unschedulable, diff)
	}
}

// The watch shows the node as it was: without the taint that somebody has set
// since, and as if there was nothing of ours to take off.
func TestMarksAreNotDecidedOnAnOldNode(t *testing.T) {
	old := clusterWith(t, &corev1.Node{ObjectMeta: named(theNode)})
	live := clusterWith(t, &corev1.Node{ObjectMeta: named(theNode)})
	node := get(t, live, &corev1.Node{ObjectMeta: named(theNode)})
	node.Spec.Unschedulable = true
	if err := live.Update(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	n := &nodes{watched: old, live: live}
	if err := n.Mark(t.Context(), theNode, "shop", []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkTaint}); err != nil {
		t.Fatal(err)
	}
	node = get(t, live, node)
	if diff := cmp.Diff([]upgrade.Mark{upgrade.MarkTaint}, ownedOn(node)); diff != "" {
		t.Errorf("owned -want +got:\n%s", diff)
	}
	if err := n.Unmark(t.Context(), theNode, allMarks()); err != nil {
		t.Fatal(err)
	}
	if node = get(t, live, node); !node.Spec.Unschedulable || len(node.Spec.Taints) > 0 || len(node.Annotations) > 0 {
		t.Errorf("after: %+v, annotations %v", node.Spec, node.Annotations)
	}
}

func TestMarkOfANodeThatIsGoneIsDone(t *testing.T) {
	live := clusterWith(t)
	n := &nodes{watched: live, live: live}
	for _, err := range []error{
		n.Mark(t.Context(), theNode, "shop", allMarks()), n.Unmark(t.Context(), theNode, allMarks()), n.LabelImage(t.Context(), theNode, "ami-1"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestMarkWithoutTheRightSaysWhich(t *testing.T) {
	live := interceptor.NewClient(clusterWith(t, &corev1.Node{ObjectMeta: named(theNode)}), interceptor.Funcs{
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "nodes"}, theNode, errors.New("User cannot patch"))
		},
	})
	err := (&nodes{watched: live, live: live}).LabelImage(t.Context(), theNode, "ami-1")
	const want = `may not patch nodes/ip-10-0-0-1: nodes "ip-10-0-0-1" is forbidden: User cannot patch`
	if !errors.Is(err, upgrade.ErrForbidden) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

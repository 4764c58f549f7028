package kube

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// patchTries is how often a patch is tried if the node was changed meanwhile. A kubelet
// writes the status of its node every few seconds, so one or two conflicts are normal.
const patchTries = 6

// allMarks returns all marks, in the order in which they are listed.
func allMarks() []upgrade.Mark {
	return []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkPrefer, upgrade.MarkCordon, upgrade.MarkExclude, upgrade.MarkScaleDownDisabled}
}

func (n *nodes) Mark(ctx context.Context, node, holder string, marks []upgrade.Mark) error {
	return n.patch(ctx, node, func(node *corev1.Node) {
		owned := ownedOn(node)
		for _, m := range marks {
			if i := slices.Index(owned, m.Replaces()); i >= 0 {
				removeMark(node, owned[i])
				owned = slices.Delete(owned, i, i+1)
			}
			if !hasMark(node, m) {
				setMark(node, m)
				owned = append(owned, m)
			}
		}
		setOwned(node, holder, owned)
	})
}

func (n *nodes) Unmark(ctx context.Context, node string, marks []upgrade.Mark) error {
	return n.patch(ctx, node, func(node *corev1.Node) {
		var kept []upgrade.Mark
		for _, m := range ownedOn(node) {
			if !slices.Contains(marks, m) {
				kept = append(kept, m)
				continue
			}
			removeMark(node, m)
		}
		setOwned(node, node.Annotations[upgrade.AnnotationOwner], kept)
	})
}

func (n *nodes) LabelImage(ctx context.Context, node, image string) error {
	return n.patch(ctx, node, func(node *corev1.Node) {
		metav1.SetMetaDataLabel(&node.ObjectMeta, upgrade.LabelImage, image)
	})
}

// patch changes a node in one patch that the API server accepts only if nobody has changed
// the node since it was read. The first try uses the node of the watch, but if that needs
// no change, the node is read from the API server: the watch may be behind.
func (n *nodes) patch(ctx context.Context, name string, change func(*corev1.Node)) error {
	if sent, err := n.try(ctx, n.watched, name, change); sent && err == nil {
		return nil
	}
	var err error
	for range patchTries {
		if _, err = n.try(ctx, n.live, name, change); !apierrors.IsConflict(err) {
			break
		}
	}
	return explain(client.IgnoreNotFound(err), "patch nodes/%s", name)
}

// try reads a node, and patches what the change has changed, if anything.
func (n *nodes) try(ctx context.Context, read client.Reader, name string, change func(*corev1.Node)) (sent bool, err error) {
	var node corev1.Node
	if err := read.Get(ctx, client.ObjectKey{Name: name}, &node); err != nil {
		return false, err
	}
	before := node.DeepCopy()
	change(&node)
	if equality.Semantic.DeepEqual(before, &node) {
		return false, nil
	}
	return true, n.live.Patch(ctx, &node, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// marksOn returns the marks that a node carries, whoever set them.
func marksOn(node *corev1.Node) []upgrade.Mark {
	return slices.DeleteFunc(allMarks(), func(m upgrade.Mark) bool { return !hasMark(node, m) })
}

// ownedOn returns the marks that Nodelift has set. A mark that somebody has removed
// meanwhile does not count, though it is still in the annotation.
func ownedOn(node *corev1.Node) []upgrade.Mark {
	names := strings.Split(node.Annotations[upgrade.AnnotationOwned], ",")
	return slices.DeleteFunc(marksOn(node), func(m upgrade.Mark) bool { return !slices.Contains(names, string(m)) })
}

// setOwned writes which marks Nodelift has set and for which node group, or removes the
// annotations if there are none.
func setOwned(node *corev1.Node, owner string, marks []upgrade.Mark) {
	if len(marks) == 0 {
		delete(node.Annotations, upgrade.AnnotationOwned)
		delete(node.Annotations, upgrade.AnnotationOwner)
		return
	}
	metav1.SetMetaDataAnnotation(&node.ObjectMeta, upgrade.AnnotationOwner, owner)
	names := make([]string, 0, len(marks))
	for _, m := range marks {
		names = append(names, string(m))
	}
	slices.Sort(names)
	metav1.SetMetaDataAnnotation(&node.ObjectMeta, upgrade.AnnotationOwned, strings.Join(slices.Compact(names), ","))
}

// isOurTaint reports whether a taint is the one that outdated nodes get, whoever set it.
func isOurTaint(t corev1.Taint) bool { return isTaint(corev1.TaintEffectNoSchedule)(t) }

// isTaint reports whether a taint has our key and an effect. A node cannot have two taints
// of the same key and effect.
func isTaint(effect corev1.TaintEffect) func(corev1.Taint) bool {
	return func(t corev1.Taint) bool { return t.Key == upgrade.TaintKey && t.Effect == effect }
}

func addTaint(node *corev1.Node, effect corev1.TaintEffect) {
	node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: upgrade.TaintKey, Value: upgrade.TaintValue, Effect: effect})
}

func hasMark(node *corev1.Node, m upgrade.Mark) bool {
	switch m {
	case upgrade.MarkTaint:
		return slices.ContainsFunc(node.Spec.Taints, isOurTaint)
	case upgrade.MarkPrefer:
		return slices.ContainsFunc(node.Spec.Taints, isTaint(corev1.TaintEffectPreferNoSchedule))
	case upgrade.MarkCordon:
		return node.Spec.Unschedulable
	case upgrade.MarkExclude:
		_, there := node.Labels[upgrade.LabelExclude] // whatever its value
		return there
	case upgrade.MarkScaleDownDisabled:
		return node.Annotations[upgrade.AnnotationScaleDownDisabled] == "true"
	default:
		return false
	}
}

func setMark(node *corev1.Node, m upgrade.Mark) {
	switch m {
	case upgrade.MarkTaint:
		addTaint(node, corev1.TaintEffectNoSchedule)
	case upgrade.MarkPrefer:
		addTaint(node, corev1.TaintEffectPreferNoSchedule)
	case upgrade.MarkCordon:
		node.Spec.Unschedulable = true
	case upgrade.MarkExclude:
		metav1.SetMetaDataLabel(&node.ObjectMeta, upgrade.LabelExclude, "true")
	case upgrade.MarkScaleDownDisabled:
		metav1.SetMetaDataAnnotation(&node.ObjectMeta, upgrade.AnnotationScaleDownDisabled, "true")
	}
}

func removeMark(node *corev1.Node, m upgrade.Mark) {
	switch m {
	case upgrade.MarkTaint:
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, isOurTaint)
	case upgrade.MarkPrefer:
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, isTaint(corev1.TaintEffectPreferNoSchedule))
	case upgrade.MarkCordon:
		node.Spec.Unschedulable = false
	case upgrade.MarkExclude:
		delete(node.Labels, upgrade.LabelExclude)
	case upgrade.MarkScaleDownDisabled:
		delete(node.Annotations, upgrade.AnnotationScaleDownDisabled)
	}
}

package controller

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// sources returns everything that wakes the update before its next pass is due.
func (r *reconciler) sources() []source.Source {
	watched := r.Cluster.Cache
	return []source.Source{
		changes(watched, &v1alpha1.NodeGroupUpdate{}, r.changed),
		changes(watched, &corev1.Node{}, waker(r, nodeMatters)),
		changes(watched, &corev1.Pod{}, waker(r, podMatters)),
		changes(watched, &policyv1.PodDisruptionBudget{}, waker(r, budgetMatters)),
		changes(watched, &storagev1.VolumeAttachment{}, waker(r, volumeMatters)),
		source.Func(r.start),
	}
}

// changed wakes the update when it is created, when people change it, and when they ask for
// its rollback. It does not when the status is written, which every pass does.
func (r *reconciler) changed(before, after *v1alpha1.NodeGroupUpdate) []string {
	switch {
	case after == nil: // its last pass was made before it was deleted
	case before == nil && after.Spec.RollbackOf == r.Update:
		return []string{r.Update}
	case r.Update != after.Name:
	case before != nil && before.Generation == after.Generation && before.DeletionTimestamp.Equal(after.DeletionTimestamp):
	default:
		return []string{r.Update}
	}
	return nil
}

// waker returns a function that names the updates to which a change matters.
func waker[T client.Object](r *reconciler, matters func(i interest, before, after T) bool) func(before, after T) []string {
	return func(before, after T) []string {
		return r.paces.worth(func(i interest) bool { return matters(i, before, after) })
	}
}

// changes wakes the updates that names returns for each change of a resource; before is nil
// for a new object, after for a deleted one. Unlike [source.Kind] it does not wait until
// all existing objects were handled, which that checks only ten times a second: a pass
// looks at everything anyway.
func changes[T client.Object](watched cache.Cache, kind T, names func(before, after T) []string) source.Source {
	var none T
	return source.Func(func(ctx context.Context, q queue) error {
		informer, err := watched.GetInformer(ctx, kind)
		if err != nil {
			return err
		}
		registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { wake(q, names(none, o.(T))...) },
			UpdateFunc: func(before, after any) { wake(q, names(before.(T), after.(T))...) },
			DeleteFunc: func(o any) {
				if unseen, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
					o = unseen.Obj
				}
				if gone, ok := o.(T); ok {
					wake(q, names(gone, none)...)
				}
			},
		})
		// A process may host one update after another for months, so handlers are removed.
		context.AfterFunc(ctx, func() { _ = informer.RemoveEventHandler(registration) })
		return err
	})
}

// start wakes the update at the start, whether it exists or not.
func (r *reconciler) start(_ context.Context, q queue) error {
	wake(q, r.Update)
	return nil
}

func wake(q queue, updates ...string) {
	for _, name := range updates {
		q.Add(reconcile.Request{NamespacedName: types.NamespacedName{Name: name}})
	}
}

// nodeMatters: a node appears or disappears, becomes Ready or not Ready, or gets or loses a
// taint. Our own marks do not count: the pass that sets them looks again anyway, and
// another pass would only delay the next one that matters.
func nodeMatters(_ interest, before, after *corev1.Node) bool {
	return before == nil || after == nil ||
		ready(before) != ready(after) ||
		!equality.Semantic.DeepEqual(othersTaints(before), othersTaints(after))
}

func othersTaints(node *corev1.Node) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(node.Spec.Taints), func(t corev1.Taint) bool {
		return t.Key == upgrade.TaintKey || t.Key == corev1.TaintNodeUnschedulable
	})
}

func ready(node *corev1.Node) corev1.ConditionStatus {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status
		}
	}
	return corev1.ConditionUnknown
}

// podMatters: a pod on a node in flight appears, disappears or ends. That it starts
// terminating is mostly our own doing.
func podMatters(i interest, before, after *corev1.Pod) bool {
	switch {
	case before == nil:
		return i.nodes[after.Spec.NodeName]
	case after == nil:
		return i.nodes[before.Spec.NodeName]
	default:
		return i.nodes[after.Spec.NodeName] && before.Status.Phase != after.Status.Phase
	}
}

// budgetMatters: a disruption budget in the namespace of a blocked pod is deleted or allows
// more.
func budgetMatters(i interest, before, after *policyv1.PodDisruptionBudget) bool {
	switch {
	case after == nil:
		return i.namespaces[before.Namespace]
	case before == nil:
		return i.namespaces[after.Namespace]
	default:
		return i.namespaces[after.Namespace] && (before.Status.DisruptionsAllowed < after.Status.DisruptionsAllowed ||
			before.Status.ObservedGeneration != after.Status.ObservedGeneration)
	}
}

// volumeMatters: a volume is detached from a node in flight.
func volumeMatters(i interest, before, after *storagev1.VolumeAttachment) bool {
	return after == nil && i.nodes[before.Spec.NodeName]
}

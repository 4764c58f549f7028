package kube

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// UnderWayError says that another update of the node group has not ended.
type UnderWayError struct{ Update *v1alpha1.NodeGroupUpdate }

func (e *UnderWayError) Error() string {
	return fmt.Sprintf("update %s of node group %s is in progress and has to end first; 'nodelift resume update %[1]s' continues it", e.Update.Name, e.Update.Spec.NodeGroup)
}

// mostStarts is how often Begin tries if somebody else was faster.
const mostStarts = 3

// Begin creates an update, which starts it. It is an [UnderWayError] if another update of
// the node group has not ended. The finalizer keeps the update until it has ended: deleting
// it only cancels it.
//
// An update without a name gets one that is computed from the earlier updates, so of two
// that are created at the same time the API server accepts one.
func (c *Cluster) Begin(ctx context.Context, update *v1alpha1.NodeGroupUpdate) (*v1alpha1.NodeGroupUpdate, error) {
	controllerutil.AddFinalizer(update, v1alpha1.Finalizer)
	c.sign(ctx, update)
	given := update.Name
	for start := 1; ; start++ {
		before, err := c.updatesOf(ctx, update.Spec.NodeGroup)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(before, func(u v1alpha1.NodeGroupUpdate) bool { return !u.Ended() }); i >= 0 {
			return nil, &UnderWayError{&before[i]}
		}
		if given == "" {
			update.Name = nameAfter(update.Spec.NodeGroup, before)
		}
		err = c.live.Create(ctx, update)
		if !apierrors.IsAlreadyExists(err) || start == mostStarts {
			return update, explain(err, "create nodegroupupdates of node group %s", update.Spec.NodeGroup)
		}
	}
}

// updatesOf returns the updates of a node group, the oldest first.
func (c *Cluster) updatesOf(ctx context.Context, nodeGroup string) ([]v1alpha1.NodeGroupUpdate, error) {
	all, err := c.Updates(ctx)
	return slices.DeleteFunc(all, func(u v1alpha1.NodeGroupUpdate) bool { return u.Spec.NodeGroup != nodeGroup }), err
}

// nameAfter returns the name of the update that follows some others: the node group's name
// and a few more letters.
func nameAfter(nodeGroup string, before []v1alpha1.NodeGroupUpdate) string {
	var seen []string
	for _, u := range before {
		seen = append(seen, string(u.UID))
	}
	slices.Sort(seen)
	for {
		sum := fnv.New32a()
		sum.Write([]byte(nodeGroup + " " + strings.Join(seen, " ")))
		name := nodeGroup + "-" + rand.SafeEncodeString(fmt.Sprint(sum.Sum32()))
		if !slices.ContainsFunc(before, func(u v1alpha1.NodeGroupUpdate) bool { return u.Name == name }) {
			return name
		}
		seen = append(seen, "")
	}
}

package kube

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
		before, err := c.Updates(ctx)
		if err != nil {
			return nil, err
		}
		underWay := func(u v1alpha1.NodeGroupUpdate) bool { return u.Spec.NodeGroup == update.Spec.NodeGroup && !u.Ended() }
		if i := slices.IndexFunc(before, underWay); i >= 0 {
			return nil, &UnderWayError{&before[i]}
		}
		if given == "" {
			update.Name = nameAfter(c.shortName(ctx, update.Spec.NodeGroup), update.Spec.NodeGroup, before)
		}
		err = c.live.Create(ctx, update)
		if !apierrors.IsAlreadyExists(err) || start == mostStarts {
			return update, explainCreate(ctx, c.live, err, "create nodegroupupdates of node group %s", update.Spec.NodeGroup)
		}
	}
}

// shortName is what the names of a node group's updates begin with. If it cannot be
// read, the longer name of the node group itself does.
func (c *Cluster) shortName(ctx context.Context, nodeGroup string) string {
	group, err := c.NodeGroup(ctx, nodeGroup)
	if err != nil {
		return nodeGroup
	}
	return group.ShortName()
}

// letters is how many letters make the name of an update unique: short enough to be
// read out, and there are 14 million of them.
const letters = 5

// nameAfter is the name of the next update of a node group after all others in the
// cluster: a short name with some letters more.
func nameAfter(short, nodeGroup string, before []v1alpha1.NodeGroupUpdate) string {
	var seen []string
	for _, u := range before {
		if u.Spec.NodeGroup == nodeGroup {
			seen = append(seen, string(u.UID))
		}
	}
	slices.Sort(seen)
	for {
		sum := fnv.New64a()
		sum.Write([]byte(nodeGroup + " " + strings.Join(seen, " ")))
		name := short + "-" + encoded(sum.Sum64())
		if !slices.ContainsFunc(before, func(u v1alpha1.NodeGroupUpdate) bool { return u.Name == name }) {
			return name
		}
		seen = append(seen, "")
	}
}

// encoded is a number in letters and digits that are not taken for each other and make
// no words.
func encoded(sum uint64) string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	var b strings.Builder
	for range letters {
		b.WriteByte(alphabet[sum%uint64(len(alphabet))])
		sum /= uint64(len(alphabet))
	}
	return b.String()
}

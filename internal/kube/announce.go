package kube

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

const (
	// announcement is the name of the Lease which says that a controller works in the
	// cluster.
	announcement = "controller"
	// announceEvery is how often a replica renews the Lease.
	announceEvery = 3 * time.Second
	// announceWithin is how long one call for that may take.
	announceWithin = 5 * time.Second
)

// Announcement keeps the Lease nodelift-system/controller, which says that a controller
// works in this cluster. All replicas renew the same Lease, so it is fresh as long as one
// of them lives.
type Announcement struct {
	cluster  *Cluster
	identity string
}

// Announce returns the announcement of a process. Nothing is written yet.
func (c *Cluster) Announce(identity string) Announcement { return Announcement{c, identity} }

// Keep renews the announcement until ctx ends, and withdraws it then. Another replica that
// lives writes it again within a few seconds, for which [Cluster.Announced] waits. The
// result of every attempt is passed to tell.
func (a Announcement) Keep(ctx context.Context, tell func(error)) {
	for every := time.NewTicker(announceEvery); ; {
		if err := a.renew(ctx); ctx.Err() == nil {
			tell(err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			every.Stop()
			a.end(context.WithoutCancel(ctx))
			return
		}
	}
}

// renew writes that this process lives. If another replica writes at the same time, one of
// the two is enough.
func (a Announcement) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, announceWithin)
	defer cancel()
	leases := a.cluster.set.CoordinationV1().Leases(v1alpha1.Namespace)
	lease, err := leases.Get(ctx, announcement, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		lease = &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.Namespace, Name: announcement}}
		_, err = leases.Create(ctx, a.written(lease), metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return explainLease(err, announcement)
	}
	if err != nil {
		return explain(err, "get leases/%s in namespace %s", announcement, v1alpha1.Namespace)
	}
	if _, err = leases.Update(ctx, a.written(lease), metav1.UpdateOptions{}); apierrors.IsConflict(err) {
		return nil
	}
	return explain(err, "update leases/%s in namespace %s", announcement, v1alpha1.Namespace)
}

func (a Announcement) written(lease *coordinationv1.Lease) *coordinationv1.Lease {
	now := metav1.NowMicro()
	lease.Spec.HolderIdentity, lease.Spec.RenewTime = &a.identity, &now
	lease.Spec.LeaseDurationSeconds = ptr.To(int32(leaseDuration / time.Second))
	return lease
}

// end withdraws the announcement, unless another replica was the last to write it. One that
// cannot be withdrawn becomes stale.
func (a Announcement) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, announceWithin)
	defer cancel()
	leases := a.cluster.set.CoordinationV1().Leases(v1alpha1.Namespace)
	lease, err := leases.Get(ctx, announcement, metav1.GetOptions{})
	if err != nil || ptr.Deref(lease.Spec.HolderIdentity, "") != a.identity {
		return
	}
	lease = a.written(lease)
	lease.Spec.HolderIdentity = ptr.To("")
	_, _ = leases.Update(ctx, lease, metav1.UpdateOptions{})
}

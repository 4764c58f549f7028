package kube

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

const (
	// oldest is how old an announcement may seem when it is only a clock that is wrong.
	oldest = 10 * time.Minute
	// renewedWithin is within what time a replica that lives has renewed it.
	renewedWithin = 2 * announceEvery
)

// Announced returns who last said that a controller works in this cluster, "" if
// none does: one that has been silent for longer than a Lease lasts. Where it was taken
// back a moment ago, or only seems that old, as by a clock that is wrong, it waits to
// see whether another replica renews it.
func (c *Cluster) Announced(ctx context.Context) (string, error) {
	first, err := c.announced(ctx)
	fresh := first.age() < leaseDuration
	switch {
	case err != nil:
		return "", err
	case first.holder != "" && fresh:
		return first.holder, nil
	case first.holder == "" && !fresh, first.age() > oldest:
		return "", nil
	}
	until := time.Now().Add(renewedWithin)
	for every := time.NewTicker(time.Second); time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-every.C:
		}
		if now, err := c.announced(ctx); err != nil || now != first {
			return now.holder, err
		}
	}
	return "", nil
}

// said is what an announcement says.
type said struct {
	holder  string
	renewed time.Time
}

// age is how old it seems, whichever clock is wrong.
func (s said) age() time.Duration { return time.Since(s.renewed).Abs() }

func (c *Cluster) announced(ctx context.Context) (said, error) {
	lease, err := c.set.CoordinationV1().Leases(v1alpha1.Namespace).Get(ctx, announcement, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return said{}, nil
	}
	if err != nil || lease.Spec.RenewTime == nil {
		return said{}, explain(err, "get leases/%s in namespace %s", announcement, v1alpha1.Namespace)
	}
	return said{ptr.Deref(lease.Spec.HolderIdentity, ""), lease.Spec.RenewTime.Time}, nil
}

// Presence watches whether a controller lives, by this process' own clock.
type Presence struct {
	cluster *Cluster
	last    said
	since   time.Time // when last was seen first
}

// Presence returns a watch that believes that the controller lives now.
func (c *Cluster) Presence() *Presence { return &Presence{cluster: c, since: time.Now()} }

// Silent returns for how long no controller has been there for sure: 0 while the
// announcement is renewed in time, or when it cannot be read.
func (p *Presence) Silent(ctx context.Context) time.Duration {
	now, err := p.cluster.announced(ctx)
	if err != nil {
		return 0
	}
	if now != p.last {
		p.last, p.since = now, time.Now()
	}
	borne := leaseDuration
	if now.holder == "" { // taken back: another one would have renewed it soon
		borne = renewedWithin
	}
	if silent := time.Since(p.since); silent >= borne {
		return silent
	}
	return 0
}

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
	// oldest is the most that the age of an announcement may be wrong because of a wrong
	// clock.
	oldest = 10 * time.Minute
	// renewedWithin is the time in which a replica that lives renews the announcement.
	renewedWithin = 2 * announceEvery
)

// Announced returns who last announced that a controller works in this cluster, "" if none
// does. An announcement that is older than a Lease lasts does not count. If it was
// withdrawn a moment ago, or only seems old (a clock may be wrong), Announced waits for
// another replica to renew it.
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

// OthersLive reports whether another replica renews the announcement, which this process has stopped
// to do. It waits as long as a replica that lives may take for that. A replica that is ending, too,
// does not count.
func (a Announcement) OthersLive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, renewedWithin)
	defer cancel()
	var first *announcementState
	for every := time.NewTicker(time.Second / 2); ; {
		now, err := a.cluster.announced(ctx)
		switch {
		case err != nil:
		case first == nil:
			first = &now
		case now != *first && now.holder != "" && now.holder != a.identity:
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-every.C:
		}
	}
}

// announcementState is what the Lease of the announcement says.
type announcementState struct {
	holder  string
	renewed time.Time
}

// age is how old it seems, whichever clock is wrong.
func (s announcementState) age() time.Duration { return time.Since(s.renewed).Abs() }

func (c *Cluster) announced(ctx context.Context) (announcementState, error) {
	lease, err := c.set.CoordinationV1().Leases(v1alpha1.Namespace).Get(ctx, announcement, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return announcementState{}, nil
	}
	if err != nil || lease.Spec.RenewTime == nil {
		return announcementState{}, explain(err, "get leases/%s in namespace %s", announcement, v1alpha1.Namespace)
	}
	return announcementState{ptr.Deref(lease.Spec.HolderIdentity, ""), lease.Spec.RenewTime.Time}, nil
}

// Presence watches whether a controller lives, by the clock of this process.
type Presence struct {
	cluster *Cluster
	last    announcementState
	since   time.Time // when last was seen first
}

// Presence returns a watch that assumes that the controller lives now.
func (c *Cluster) Presence() *Presence { return &Presence{cluster: c, since: time.Now()} }

// Silent returns for how long there has certainly been no controller. It is 0 while the
// announcement is renewed in time, and if it cannot be read.
func (p *Presence) Silent(ctx context.Context) time.Duration {
	now, err := p.cluster.announced(ctx)
	if err != nil {
		return 0
	}
	if now != p.last {
		p.last, p.since = now, time.Now()
	}
	tolerated := leaseDuration
	if now.holder == "" { // withdrawn: another replica would renew it soon
		tolerated = renewedWithin
	}
	if silent := time.Since(p.since); silent >= tolerated {
		return silent
	}
	return 0
}

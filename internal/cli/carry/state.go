package carry

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
)

// IsPaused reports whether an update is paused or has ended, and whoever works on it has
// seen what its spec asks for now.
func IsPaused(u *v1alpha1.NodeGroupUpdate) bool {
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && meta.IsStatusConditionFalse(u.Status.Conditions, v1alpha1.ConditionProgressing)
}

// IsWorkedOn reports whether an update is worked on or has ended, and whoever works on it
// has seen what its spec asks for now.
func IsWorkedOn(u *v1alpha1.NodeGroupUpdate) bool {
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionProgressing)
}

// State is the state of an update in a few words.
func State(u *v1alpha1.NodeGroupUpdate) string {
	if !IsPaused(u) {
		return "under way"
	}
	if u.Stopped() {
		return "paused for bad health"
	}
	if until := u.Spec.PausedUntil; u.Spec.Paused && until != nil {
		return "paused until " + until.UTC().Format("2006-01-02 15:04 MST")
	}
	return "paused"
}

// Follow looks at an update once a second, until it is as it was asked to be, or until
// ctx ends: then it is false.
func Follow(ctx context.Context, s *connect.Connection, name string, as func(*v1alpha1.NodeGroupUpdate) bool) bool {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		if update, err := s.Cluster.Update(ctx, name); err == nil && as(update) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-every.C:
		}
	}
}

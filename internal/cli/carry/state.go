package carry

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/nodelift/nodelift/api/v1alpha1"
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

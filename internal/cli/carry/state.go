package carry

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// IsPaused reports whether an update is paused or has ended, and whoever works on it has
// seen what its spec asks for now. An update that was left is not paused.
func IsPaused(u *v1alpha1.NodeGroupUpdate) bool {
	progressing := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionProgressing)
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && progressing != nil &&
		progressing.Status == metav1.ConditionFalse && progressing.Reason != v1alpha1.ReasonNobodyWorks
}

// IsWorkedOn reports whether an update is worked on or has ended, and whoever works on it
// has seen what its spec asks for now.
func IsWorkedOn(u *v1alpha1.NodeGroupUpdate) bool {
	return u.Ended() || u.Status.ObservedGeneration >= u.Generation && meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionProgressing)
}

// State is the state of an update in a few words. Until whoever works on it has seen that people pause
// it, it is being paused.
func State(u *v1alpha1.NodeGroupUpdate) string {
	switch {
	case u.Stopped():
		return "paused for bad health"
	case u.Spec.PausedAt(time.Now()) && !IsPaused(u):
		return "being " + pausedWords(u)
	case u.Spec.PausedAt(time.Now()):
		return pausedWords(u)
	}
	return "under way"
}

func pausedWords(u *v1alpha1.NodeGroupUpdate) string {
	if until := u.Spec.PausedUntil; until != nil {
		return "paused until " + until.UTC().Format("2006-01-02 15:04 MST")
	}
	return "paused"
}

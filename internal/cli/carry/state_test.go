package carry

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// What people are told of an update is true before and after whoever works on it has seen what they ask.
func TestStateSaysWhatIsAskedAndWhatIsSo(t *testing.T) {
	shown := func(status metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionProgressing, Status: status, Reason: reason}}
	}
	for name, c := range map[string]struct {
		paused     bool
		conditions []metav1.Condition
		want       string
	}{
		"An update that people pause is being paused until its worker has seen it.": {true, shown(metav1.ConditionTrue, "Upgrade"), "being paused"},
		"An update that its worker has paused is paused.":                           {true, shown(metav1.ConditionFalse, "Paused"), "paused"},
		"An update that was left and is paused afterwards is being paused.":         {true, shown(metav1.ConditionFalse, v1alpha1.ReasonNobodyWorks), "being paused"},
		"An update that people have resumed is under way.":                          {false, shown(metav1.ConditionFalse, "Paused"), "under way"},
		"An update that nobody has paused is under way.":                            {false, shown(metav1.ConditionTrue, "Upgrade"), "under way"},
	} {
		t.Run(name, func(t *testing.T) {
			u := &v1alpha1.NodeGroupUpdate{}
			u.Spec.Paused, u.Status.Conditions = c.paused, c.conditions
			if got := State(u); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
		})
	}
}

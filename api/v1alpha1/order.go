package v1alpha1

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Begun reports whether the update may have changed anything.
func (u *NodeGroupUpdate) Begun() bool {
	return u.Status.Resolved != nil || u.Status.Scaling != nil || u.Status.Verdict != nil
}

// GoesBefore reports whether this update is worked on before another one of the same node
// group; neither has ended. An update that has begun comes first, then a rollback, then the
// older one.
func (u *NodeGroupUpdate) GoesBefore(other *NodeGroupUpdate) bool {
	order := cmp.Compare(u.rank(), other.rank())
	return order < 0 || order == 0 && Older(u, other)
}

func (u *NodeGroupUpdate) rank() int {
	switch {
	case u.Begun():
		return 0
	case u.Spec.RollbackOf != "":
		return 1
	}
	return 2
}

// Older reports whether a was created before b. Creation times are in whole seconds; of two
// that are the same, the smaller name counts as older.
func Older(a, b metav1.Object) bool {
	made, other := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	return cmp.Or(made.Compare(other.Time), cmp.Compare(a.GetName(), b.GetName())) < 0
}

package v1alpha1

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Begun reports whether an update may have changed anything.
func (u *NodeGroupUpdate) Begun() bool {
	return u.Status.Resolved != nil || u.Status.Scaling != nil || u.Status.Verdict != nil
}

// GoesBefore reports whether, of two updates of a node group that have not ended, this
// one is worked on first: one that has begun, else a rollback, else the older.
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

// Older reports whether one thing was made before another. Times are in seconds, so
// names settle it.
func Older(a, b metav1.Object) bool {
	made, other := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	return cmp.Or(made.Compare(other.Time), cmp.Compare(a.GetName(), b.GetName())) < 0
}

package find

import "github.com/nodelift/nodelift/api/v1alpha1"

func HasEnded(u *v1alpha1.NodeGroupUpdate) bool { return u.Ended() }

func IsUnderWay(u *v1alpha1.NodeGroupUpdate) bool { return !u.Ended() }

package fakenode

import "github.com/nodelift/nodelift/internal/fakeaws"

// fate is how far an instance gets in joining the cluster.
type fate int

const (
	joins      fate = iota // registers and turns Ready
	neverSeen              // runs, but no Node ever appears
	neverReady             // registers and stays not ready
)

// fateOf decides whether an instance joins the cluster. Faults that prevent
// joining belong here.
func fateOf(i fakeaws.Instance, image fakeaws.Image, known bool) fate {
	switch {
	case !known || image.Broken || !startsKubelet(image.Family, i.UserData):
		return neverSeen
	case image.NeverReady:
		return neverReady
	}
	return joins
}

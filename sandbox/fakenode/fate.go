package fakenode

import "github.com/nodelift/nodelift/internal/fakeaws"

// fate is what becomes of a machine that runs.
type fate int

const (
	joins      fate = iota // registers and turns Ready
	neverSeen              // runs, but no Node ever appears
	neverReady             // registers and stays not ready
)

// fateOf decides whether a machine joins the cluster. Faults that keep machines
// away belong here.
func fateOf(image fakeaws.Image, known bool) fate {
	switch {
	case !known || image.Broken:
		return neverSeen
	case image.NeverReady:
		return neverReady
	}
	return joins
}

package simulation

import (
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promises 2 and 4 where kubelets are silent. The observer knows what really runs:
// pods on a machine that is not dead do, whatever the API server has heard.

// checkSilence is called before a node is drained further, or terminated. While most nodes of the
// group or of one of its zones are silent, none may be.
func (o *observer) checkSilence(what string, i *instance) {
	if where := o.mostlySilent(); where != "" {
		o.violated(4, "%s %s, while most nodes of %s are silent and may run their pods", what, i.ID, where)
	}
}

// mostlySilent names the group, or the zone, of whose nodes more than half have been silent for so
// long that an engine has to know it. It is "" if there is none, and for one node alone.
func (o *observer) mostlySilent() string {
	silent, all := map[string]int{}, map[string]int{}
	for _, i := range o.w.cloud.members() {
		if i.node == nil || i.isOutOfService() {
			continue
		}
		for _, where := range []string{"the group", i.Zone} {
			all[where]++
			if o.isKnownSilent(i.node) {
				silent[where]++
			}
		}
	}
	for where, n := range silent {
		if n > 1 && 2*n > all[where] {
			return where
		}
	}
	return ""
}

// isKnownSilent reports whether a node has not been Ready for a pass or two because its kubelet is
// silent.
func (o *observer) isKnownSilent(n *node) bool {
	return o.isSilent(n) && !n.lost && o.passBegan.Sub(n.silentSince) > o.w.config.Delays.NotReady+2*upgrade.Interval
}

// isSilent reports whether a node is not Ready because its kubelet is silent.
func (o *observer) isSilent(n *node) bool {
	started := n.instance != nil && n.silentSince.Before(n.instance.Launched) // from the warm pool, since it was heard
	return n.kubeletStopped() && !n.Ready && !started
}

// checkInFlight checks how many nodes are in flight whose instances are not terminating yet. One
// that was silent when its drain started may be in flight beside those that may be at once.
func (o *observer) checkInFlight() {
	nodes, wereSilent, areSilent := 0, 0, 0
	for i, f := range o.flights {
		switch {
		case !f.hadNode || i.isTerminating():
		case f.silent:
			wereSilent++
			if o.isSilent(i.node) {
				areSilent++
			}
		default:
			nodes++
		}
	}
	if most := o.maxUnavailable(); nodes > most || nodes+wereSilent > most+1 {
		o.violated(2, "%d nodes are in flight, and %d that were silent; at most %d may be, and a silent one", nodes, wereSilent, most)
	}
	if areSilent > 1 {
		o.violated(4, "%d silent nodes are in flight: one at a time may be taken for dead", areSilent)
	}
}

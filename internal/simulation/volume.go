package simulation

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// volume is a persistent volume. It is in the zone where its pod first ran and is
// attached to one node at a time.
type volume struct {
	upgrade.Volume
	bound   bool
	zone    int
	localTo *node // the node of a local volume, nil for one that can be attached elsewhere
	node    *node // where it is attached
	user    *pod  // who uses it there
	waiting *pod  // who waits for it elsewhere
}

// volumeOf returns the volume of a pod's claim. A pod of a StatefulSet gets the one of
// its predecessor.
func (c *cluster) volumeOf(p *pod) *volume {
	claim := p.Namespace + "/data-" + p.Name
	v := c.volumes[claim]
	if v == nil {
		v = &volume{Volume: upgrade.Volume{Name: "pv-" + p.Name, Claim: claim}}
		c.volumes[claim] = v
	}
	if v.bound {
		p.Zones = []string{c.w.config.Zones[v.zone]}
	}
	return v
}

// attach attaches the pod's volume to its node. It returns false if the pod has to wait
// until the volume is detached elsewhere.
func (c *cluster) attach(p *pod) bool {
	v := p.volume
	if v.node != nil && v.node != p.node {
		v.waiting = p
		return false
	}
	if v.node == nil {
		v.node = p.node
		p.node.volumes = append(p.node.volumes, v)
	}
	v.user, v.bound, v.zone = p, true, p.node.zone
	if p.workload.LocalVolume {
		v.localTo = p.node
	}
	c.change(p, func() {
		p.Zones = []string{c.w.config.Zones[v.zone]}
		if v.localTo != nil {
			p.LocalVolumes = []string{v.Name}
		}
	})
	return true
}

// release detaches the volume of a pod that is gone, unless the next pod uses it on the
// same node.
func (c *cluster) release(p *pod) {
	c.w.after(c.w.about(c.w.config.Delays.Detach), func() {
		if p.volume.user == p {
			c.detach(p.volume)
		}
	})
}

func (c *cluster) detach(v *volume) {
	if v.node != nil {
		v.node.volumes = slices.DeleteFunc(v.node.volumes, func(other *volume) bool { return other == v })
	}
	v.node, v.user = nil, nil
	next := v.waiting
	v.waiting = nil
	if next != nil && !next.gone && c.attach(next) {
		c.startPod(next)
	}
}

package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// startUpTaint is on a new node until its agent is ready.
const startUpTaint = "example.com/agent-not-ready=:NoSchedule"

// node is a node of the cluster. Its upgrade.Node is what the API shows.
type node struct {
	upgrade.Node
	zone        int
	instance    *instance // nil if it is not of the group
	pods        []*pod
	podList     []upgrade.Pod // of the API; nil when one of them has changed
	cpu         int           // requested
	activePods  int           // pods that are not finished
	silentSince time.Time     // since when its kubelet is silent, zero if it is not
	dead        bool          // its machine is off: nothing runs on it any more
	neverReady  bool          // its image keeps it from becoming Ready
	gone        bool
	volumes     []*volume
	// lost: its Node object does not exist, though its instance may run. timesLost counts how often
	// it was lost.
	lost      bool
	timesLost int
	seen      bool // by an engine
	// unlisted are pods whose objects are gone and whose containers still run.
	unlisted []*pod
	// heardAt is when its kubelet began to report again, zero if it never was silent.
	heardAt time.Time
	// changedByOthersAt is when somebody last cordoned, uncordoned or tainted it.
	changedByOthersAt time.Time
	// emptySince is since when Cluster Autoscaler has seen it empty.
	emptySince time.Time
}

// addNode adds a node that is not Ready yet, with the pods of DaemonSets.
func (c *cluster) addNode(i *instance, zone int) *node {
	number := len(c.byName) + 1
	n := &node{zone: zone, instance: i, Node: upgrade.Node{
		Name:     fmt.Sprintf("ip-10-%d-%d-%d", zone, number/250, number%250),
		Provider: fmt.Sprintf("aws:///%s/i-other%08x", c.w.config.Zones[zone], number),
		Created:  c.w.now, ReadySince: c.w.now, Taints: slices.Clone(c.w.config.Taints),
	}}
	if i != nil {
		if i.node = n; !c.w.config.Renamed {
			i.Hostname = n.Name
		}
		n.Provider = fmt.Sprintf("aws:///%s/%s", i.Zone, i.ID)
		if c.w.config.Labelled {
			n.Image = i.Image
		}
	}
	c.nodes = append(c.nodes, n)
	c.byName[n.Name] = n
	c.nodesPerZone[zone]++
	c.createDaemonPods(n)
	return n
}

func (c *cluster) createDaemonPods(n *node) {
	for _, load := range c.workloads {
		if load.Kind == DaemonSet {
			c.bind(c.newPod(load, 0), n)
		}
	}
}

// join adds the node of an instance. It becomes Ready later if ready is set.
func (c *cluster) join(i *instance, ready bool) {
	n := c.addNode(i, i.zone)
	c.w.tell("node %s joins in %s", n.Name, i.Zone)
	n.neverReady = !ready
	if !ready {
		return
	}
	if c.w.config.Delays.StartUp > 0 {
		n.Taints = append(slices.Clip(n.Taints), startUpTaint)
	}
	c.w.after(c.w.about(c.w.config.Delays.Ready), func() {
		if !n.kubeletStopped() && n.timesLost == 0 {
			c.markReady(n)
			c.w.tell("node %s is Ready", n.Name)
			c.removeStartUpTaintLater(n)
		}
	})
}

// removeStartUpTaintLater removes the start-up taint of a node when its agent is ready.
func (c *cluster) removeStartUpTaintLater(n *node) {
	if !slices.Contains(n.Taints, startUpTaint) {
		return
	}
	c.w.after(c.w.about(c.w.config.Delays.StartUp), func() {
		n.Taints = slices.DeleteFunc(slices.Clone(n.Taints), func(t string) bool { return t == startUpTaint })
		c.scheduleSoon()
	})
}

// markReady makes a node Ready.
func (c *cluster) markReady(n *node) {
	n.Ready, n.ReadySince = true, c.w.now
	c.scheduleSoon()
}

// remove removes the node of an instance that is gone, and its pods. Those of a lost node are
// collected when that has been lost for a while.
func (c *cluster) remove(n *node) {
	n.gone, n.unlisted = true, nil
	if n.lost {
		return
	}
	c.nodes = slices.DeleteFunc(c.nodes, func(other *node) bool { return other == n })
	c.nodesPerZone[n.zone]--
	for _, v := range slices.Clone(n.volumes) {
		c.detach(v)
	}
	for _, p := range slices.Clone(n.pods) {
		c.removePod(p)
	}
}

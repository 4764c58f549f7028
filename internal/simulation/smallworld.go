package simulation

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// SmallWorld returns a world that is small enough to be searched: two nodes in two zones, two
// workloads and one budget. Everything takes about as long as a pass.
func SmallWorld(strategy upgrade.Strategy) Config {
	const brief = time.Second
	c := Sample(2)
	c.Zones, c.OtherNodes, c.Max = c.Zones[:2], 0, 2
	c.Workloads = []Workload{
		{
			Kind: Deployment, Name: "web", Replicas: 2, CPU: 100, Spread: SpreadSoft,
			Budgets: []Budget{{Name: "web", MaxUnavailable: new(1)}},
		},
		{Kind: StatefulSet, Name: "db", Replicas: 1, CPU: 200, Volume: true},
	}
	c.Autoscaler.Unneeded = 0
	c.Update.Policy.Strategy = strategy
	c.Update.Policy.CordonWait, c.Update.Policy.MinReady = 2*brief, brief
	c.Update.Policy.DrainTimeout, c.Update.Policy.JoinTimeout = 2*time.Minute, 2*time.Minute // nothing needs so long
	d := &c.Delays
	d.React, d.Boot, d.Join, d.Ready, d.Shutdown, d.NodeGone = brief, brief, brief, brief, brief, brief
	d.Rebalance, d.NotReady = 3*brief, 10*time.Minute
	d.Start, d.Stop, d.Detach, d.Restart = brief, brief, brief, brief
	return c
}

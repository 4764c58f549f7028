package simulation

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The names that ready-made worlds use.
const (
	GroupName = "nodegroup"
	OldImage  = "ami-0000000000000136a"
	NewImage  = "ami-0000000000000137a"
	BadImage  = "ami-0000000000000137b"
)

// Sample returns a world with so many nodes in three zones, the sample workloads,
// Cluster Autoscaler, and an update to the next minor version.
func Sample(nodes int) Config {
	return Config{
		Seed: 1, Zones: []string{"us-west-2a", "us-west-2b", "us-west-2c"},
		Nodes: nodes, Min: 1, Max: nodes + 1, OtherNodes: 1,
		Images: SampleImages(), Follows: "$Latest",
		Machine: Machine{CPU: 4000, Pods: 58}, Workloads: SampleWorkloads(),
		Autoscaler: Autoscaler{Replicas: 1, Unneeded: 10 * time.Minute},
		Update:     SampleUpdate(),
		Delays:     UsualDelays(), Interval: upgrade.Interval,
	}
}

// SampleUpdate returns an update to Kubernetes 1.37 with the default policy.
func SampleUpdate() upgrade.Update {
	return upgrade.Update{
		Name: "update-1", UID: "6f1a2f3e-0001", Group: GroupName, NodeGroup: "nodegroup-4f9a",
		Target: upgrade.Target{Version: "1.37"}, Policy: upgrade.DefaultPolicy(),
	}
}

// SampleImages returns an image of Kubernetes 1.36, one of 1.37, and one of 1.37
// whose nodes never join.
func SampleImages() []Image {
	return []Image{
		{Image: sampleImage(OldImage, "1.36", "1.36.4-20260801")},
		{Image: sampleImage(NewImage, "1.37", "1.37.1-20260915")},
		{Image: sampleImage(BadImage, "1.37", "1.37.0-20260701"), Joins: NeverJoins},
	}
}

func sampleImage(id, version, release string) upgrade.Image {
	return upgrade.Image{
		ID: id, Name: fmt.Sprintf("amazon-eks-node-al2023-x86_64-standard-%s", release),
		Arch: "x86_64", Family: "AmazonLinux2023", Version: version, Release: release,
	}
}

// SampleWorkloads returns workloads that an upgrade has to be careful with.
func SampleWorkloads() []Workload {
	return []Workload{
		{
			Kind: Deployment, Name: "web", Replicas: 6, CPU: 100, Spread: SpreadSoft,
			Budgets: []Budget{{Name: "web", MinAvailable: new(5)}},
		},
		{Kind: Deployment, Name: "api", Replicas: 2, CPU: 100, Budgets: []Budget{{Name: "api", MaxUnavailable: new(1)}}},
		{
			Kind: StatefulSet, Name: "db", Replicas: 3, CPU: 200, Spread: SpreadSoft, Volume: true, Stop: 8 * time.Second,
			Budgets: []Budget{{Name: "db", MaxUnavailable: new(1)}},
		},
		{Kind: DaemonSet, Namespace: "kube-system", Name: "agent", CPU: 50},
		{Kind: Job, Name: "report", Replicas: 1, CPU: 100},
		{Kind: Bare, Name: "scratch", Replicas: 1, CPU: 100, LocalData: true},
		{Kind: Deployment, Namespace: "kube-system", Name: autoscalerName, Replicas: 1, CPU: 100},
	}
}

package preflight

import "testing"

func TestGroupsThatOtherToolsHaveMade(t *testing.T) {
	tagged := func(tag, value string) func(*Facts) { return func(f *Facts) { f.Traits.Tags[tag] = value } }
	const adopt = ", or give --adopt if you know that nothing interferes"
	check(t, map[string]scenario{
		"A group of kops is refused.": {change: tagged("kops.k8s.io/instancegroup", "nodes-us-west-2a"), refusals: []string{
			"MadeByOthers: group workers belongs to kops (tag kops.k8s.io/instancegroup): kops puts back the launch template that its cluster " +
				"spec asks for; run kops update cluster and then kops rolling-update cluster; in place of the second command, Nodelift replaces the nodes with " +
				"--launch-template-version '$Latest' --adopt (docs/kops.md)" + adopt}},
		"A group of Cluster API is refused.": {change: tagged("sigs.k8s.io/cluster-api-provider-aws/cluster/harbour", "owned"), refusals: []string{
			"MadeByOthers: group workers belongs to Cluster API (tag sigs.k8s.io/cluster-api-provider-aws/cluster/harbour): its controller puts " +
				"back the launch template that its AWSMachinePool asks for; change the image of the AWSMachinePool" + adopt}},
		"A group of instance-manager is refused.": {change: tagged("instancegroups.keikoproj.io/InstanceGroup", "nodes"), refusals: []string{
			"MadeByOthers: group workers belongs to instance-manager (tag instancegroups.keikoproj.io/InstanceGroup): its controller puts back " +
				"the launch template that its InstanceGroup asks for; change the image of the InstanceGroup" + adopt}},
		"A group of Elastic Beanstalk is refused.": {change: tagged("elasticbeanstalk:environment-name", "shop"), refusals: []string{
			"MadeByOthers: group workers belongs to Elastic Beanstalk (tag elasticbeanstalk:environment-name): Elastic Beanstalk replaces the " +
				"instances of its environments itself; update the environment's platform" + adopt}},
		"A group of kops is upgraded for people who know better.": {change: func(f *Facts) {
			f.Traits.Tags["kops.k8s.io/instancegroup"], f.Policy.Adopt = "nodes", true
		}},
		"A label of a node is no tag of its group.": {change: func(f *Facts) { f.Cluster.Nodes[0].Labels["kops.k8s.io/instancegroup"] = "nodes" }},
		"Nodes of the control plane are refused, whoever knows better.": {change: func(f *Facts) {
			f.Policy.Adopt = true
			f.Cluster.Nodes[0].Labels["node-role.kubernetes.io/control-plane"] = ""
			f.Cluster.Nodes[0].Labels["node-role.kubernetes.io/etcd"] = "true"
			f.Cluster.Nodes[2].Labels["node-role.kubernetes.io/etcd"] = "true"
		}, refusals: []string{"ControlPlaneNodes: nodes of group workers run the control plane (node-1 (control-plane), node-3 (etcd)): etcd " +
			"loses a member with each node that is replaced, and nothing here waits for it; upgrade them with the tool that made the cluster"}},
		"Nodes of the control plane in another group do not matter.": {change: func(f *Facts) {
			f.add("a", "", f.Template)
			f.forget(3)
			f.Cluster.Nodes[3].Labels["node-role.kubernetes.io/control-plane"] = ""
		}},
		"Capacity Rebalancing is warned about.": {change: func(f *Facts) { f.Traits.Rebalances = true }, warnings: []string{
			"CapacityRebalancing: the group has Capacity Rebalancing: Auto Scaling terminates Spot instances that EC2 warns about without " +
				"draining them, also during the upgrade; switch it off meanwhile (aws autoscaling update-auto-scaling-group " +
				"--auto-scaling-group-name workers --no-capacity-rebalance)"}},
	})
}

package preflight

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// scenario is sound facts with something wrong, and what is said about it.
type scenario struct {
	change   func(*Facts)
	refusals []string
	warnings []string
}

func check(t *testing.T, scenarios map[string]scenario) {
	t.Helper()
	for name, tt := range scenarios {
		t.Run(name, func(t *testing.T) {
			f := sound()
			tt.change(&f)
			report := Check(f)
			if diff := cmp.Diff(tt.refusals, sentences(report.Refusals)); diff != "" {
				t.Errorf("refusals: %s", diff)
			}
			if diff := cmp.Diff(tt.warnings, sentences(report.Warnings)); diff != "" {
				t.Errorf("warnings: %s", diff)
			}
			if report.Refused() != (len(tt.refusals) > 0) {
				t.Errorf("refused: %v", report.Refused())
			}
		})
	}
}

func sentences(found []Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.Rule+": "+f.String())
	}
	return all
}

func TestNothingIsSaidAboutASoundGroup(t *testing.T) {
	check(t, map[string]scenario{
		"as it is":                {change: func(*Facts) {}},
		"a group on its way down": {change: func(f *Facts) { f.Group.Instances[0].Lifecycle = "Terminating:Wait" }},
		"a second run, half done": {change: func(f *Facts) { f.Group.Instances[0].Image = "ami-137" }},
		"a hybrid node in the cluster": {change: func(f *Facts) {
			f.add("a", "", f.Template)
			f.forget(3)
			f.Cluster.Nodes[3].Spec.ProviderID = "eks-hybrid:///x/y/z"
		}},
		"pods that are no concern": {change: boring},
		"a budget with room":       {change: func(f *Facts) { f.budget(upgrade.Budget{Allowed: 1, Healthy: 3, Needed: 2, Expected: 3}) }},
		"another group follows $Latest, but no version is made": {change: func(f *Facts) {
			f.Following = []string{"others"}
			f.Target = upgrade.Resolved{ByTemplate: true, Image: f.Target.Image, Template: upgrade.TemplateVersion{ID: "lt-1", Number: 5, Image: "ami-137"}}
			f.Asked = upgrade.Target{TemplateVersion: "5"}
		}},
	})
}

// forget removes an instance and keeps its node.
func (f *Facts) forget(i int) {
	f.Group.Instances = append(f.Group.Instances[:i], f.Group.Instances[i+1:]...)
}

func keep(p *upgrade.Pod) { p.Keep = "cluster-autoscaler.kubernetes.io/safe-to-evict=false" }

// boring runs pods that stay, are done, or run on a node that is up to date.
func boring(f *Facts) {
	f.run("daemon", func(p *upgrade.Pod) { p.Stays, p.LocalData = true, true })
	f.run("done", func(p *upgrade.Pod) { p.Finished, p.Owner = true, "" })
	f.add("a", "ami-137", f.Template)
	f.Occupancy.Pods["node-4"] = []upgrade.Pod{{Namespace: "shop", Name: "moved", Node: "node-4"}}
}

// budget adds a pod and a budget that selects it.
func (f *Facts) budget(b upgrade.Budget) {
	b.Namespace, b.Name = "shop", "web"
	f.Occupancy.Budgets[b.ID()] = b
	f.run("web-1", func(p *upgrade.Pod) { p.Budgets = []string{b.ID()} })
}

func TestGroupsOfOthers(t *testing.T) {
	eks := "EKS upgrades its managed node groups itself and reverts changes by others; "
	karpenter := "Karpenter launches and replaces its nodes itself; change the image in amiSelectorTerms of its EC2NodeClass: " +
		"Karpenter then replaces the nodes that differ"
	managed := func(f *Facts) { f.Traits.Tags["eks:nodegroup-name"], f.Traits.Tags["eks:cluster-name"] = "ng", "port" }
	check(t, map[string]scenario{
		"EKS manages it": {change: managed, refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
			"run aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --kubernetes-version 1.37, or " +
			"eksctl upgrade nodegroup --cluster port --name ng --kubernetes-version 1.37"}},
		"EKS manages it, and a release is asked for": {change: func(f *Facts) {
			managed(f)
			delete(f.Traits.Tags, "eks:cluster-name")
			f.Asked = upgrade.Target{Release: "1.37.1-20260915"}
		}, refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
			"run aws eks update-nodegroup-version --cluster-name harbour --nodegroup-name ng --release-version 1.37.1-20260915, or " +
			"eksctl upgrade nodegroup --cluster harbour --name ng --release-version 1.37.1-20260915"}},
		"EKS manages it, with an image that its people built": {change: func(f *Facts) {
			managed(f)
			f.Present = upgrade.Image{ID: "ami-1", Name: "golden-42", Arch: "x86_64"}
		}, refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
			"create a version of its launch template with the new image, and run " +
			"aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --launch-template id=TEMPLATE,version=VERSION, or " +
			"eksctl upgrade nodegroup --cluster port --name ng --launch-template-version VERSION: EKS takes no Kubernetes version for a group with an image of its own"}},
		"EKS manages it, and an image is asked for": {change: func(f *Facts) {
			managed(f)
			f.Asked = upgrade.Target{Image: "ami-2"}
			f.Cluster.Nodes[0].Labels["eks.amazonaws.com/sourceLaunchTemplateId"] = "lt-0abc"
		}, refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
			"create a version of its launch template lt-0abc with the new image, and run " +
			"aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --launch-template id=lt-0abc,version=VERSION, or " +
			"eksctl upgrade nodegroup --cluster port --name ng --launch-template-version VERSION: EKS takes no image in another way"}},
		"EKS manages it, with a launch template that may name a published image": {change: func(f *Facts) {
			managed(f)
			f.Cluster.Nodes[0].Labels["eks.amazonaws.com/sourceLaunchTemplateId"] = "lt-0abc"
		}, refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
			"run aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --kubernetes-version 1.37, or " +
			"eksctl upgrade nodegroup --cluster port --name ng --kubernetes-version 1.37; " +
			"if its launch template lt-0abc names an image, EKS refuses that: create a version of its launch template lt-0abc with the new image, and run " +
			"aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --launch-template id=lt-0abc,version=VERSION, or " +
			"eksctl upgrade nodegroup --cluster port --name ng --launch-template-version VERSION"}},
		"what else is wrong with it is EKS's": {change: func(f *Facts) { managed(f); f.Traits.Weighted = true; f.Asked.Version = "1.38" },
			refusals: []string{"ManagedByEKS: group workers belongs to the EKS managed node group ng: " + eks +
				"run aws eks update-nodegroup-version --cluster-name port --nodegroup-name ng --kubernetes-version 1.38, or " +
				"eksctl upgrade nodegroup --cluster port --name ng --kubernetes-version 1.38"}},
		"a label of a node is no sign of EKS": {change: func(f *Facts) { f.Cluster.Nodes[0].Labels["eks.amazonaws.com/nodegroup"] = "ng" }},
		"Karpenter, by a tag": {change: func(f *Facts) { f.Traits.Tags["karpenter.sh/discovery-of"] = "x" },
			refusals: []string{"OwnedByKarpenter: group workers belongs to Karpenter: " + karpenter}},
		"Karpenter, by a node": {change: func(f *Facts) { f.Cluster.Nodes[0].Labels["karpenter.sh/nodepool"] = "default" },
			refusals: []string{"OwnedByKarpenter: node node-1 of group workers belongs to Karpenter: " + karpenter}},
		"Karpenter's nodes in the same cluster do not matter": {change: func(f *Facts) {
			f.add("a", "", f.Template)
			f.forget(3)
			f.Cluster.Nodes[3].Labels["karpenter.sh/nodepool"] = "default"
		}},
		"an AWS service operates it": {change: func(f *Facts) { f.Traits.Operator = "ecs.amazonaws.com" }, refusals: []string{
			"OperatedByService: group workers is operated by ecs.amazonaws.com: AWS does not allow others to change it; upgrade it with that service"}},
	})
}

func TestKarpenterPool(t *testing.T) {
	f := sound()
	f.Cluster.Nodes[0].Labels["karpenter.sh/nodepool"] = "default"
	if found, is := KarpenterPool("default", f.Cluster.Nodes); !is || found.Rule != "OwnedByKarpenter" {
		t.Errorf("the name of a pool: %v, %v", found, is)
	}
	if _, is := KarpenterPool("workers", f.Cluster.Nodes); is {
		t.Error("the name of no pool")
	}
}

func TestWhatIsNotBuiltYet(t *testing.T) {
	check(t, map[string]scenario{
		"a launch configuration": {change: func(f *Facts) {
			f.Traits.LaunchConfiguration = "workers-2019"
			f.Template, f.Target, f.Present, f.Group.Template = upgrade.TemplateVersion{}, upgrade.Resolved{}, upgrade.Image{}, upgrade.TemplateRef{}
		}, refusals: []string{"LaunchConfiguration: group workers uses the launch configuration workers-2019: an upgrade creates a new version " +
			"of a launch template, and launch configurations have no versions; create a launch template from it in the EC2 console and set it in the group"}},
		"overrides with templates of their own": {change: func(f *Facts) { f.Traits.Overrides = []string{"m6i.xlarge", "m7i.xlarge"} },
			refusals: []string{"OverrideTemplates: overrides in the mixed instances policy of group workers have a launch template or an image of their own " +
				"(m6i.xlarge, m7i.xlarge): they would not use a new version of the group's launch template; let the overrides differ in " +
				"the instance type only"}},
		"an image by parameter": {change: func(f *Facts) {
			f.Template.Image = "resolve:ssm:/golden/image"
			f.Target, f.TargetErr = upgrade.Resolved{}, errors.New("the family of resolve:ssm:/golden/image is not known")
		}, refusals: []string{"ImageByParameter: version 4 of launch template lt-1 takes its image from a parameter, resolve:ssm:/golden/image: the image " +
			"of a node would depend on when it was launched; create a version of the launch template with an image id (ami-…) and set it in the group"}},
	})
}

func TestGroupsThatAreBusy(t *testing.T) {
	check(t, map[string]scenario{
		"it is being deleted": {change: func(f *Facts) { f.Traits.Deleting = true }, refusals: []string{
			"Deleting: group workers is being deleted: there is nothing to upgrade"}},
		"an instance refresh is in progress": {change: func(f *Facts) { f.Traits.Refresh = "InProgress, 40%" }, refusals: []string{
			"InstanceRefresh: an instance refresh of group workers is in progress (InProgress, 40%): an instance refresh terminates nodes without draining them; " +
				"wait until it has ended, or run aws autoscaling cancel-instance-refresh --auto-scaling-group-name workers"}},
		"it may not launch": {change: func(f *Facts) { f.Group.Suspended = []string{"Launch", "ScheduledActions"} }, refusals: []string{
			"LaunchSuspended: the process Launch of group workers is suspended: an upgrade launches new nodes and terminates old ones; " +
				"run aws autoscaling resume-processes --auto-scaling-group-name workers --scaling-processes Launch"}},
		"another group follows $Latest of its template": {change: func(f *Facts) { f.Following = []string{"zeta", "alpha"} }, refusals: []string{
			"SharedTemplate: other groups follow $Latest of launch template lt-1 (alpha, zeta): they would launch the new version, too, as soon as it exists; " +
				"set a version number in those groups (the current version is 4)"}},
	})
}

func TestMembership(t *testing.T) {
	provider := func(f *Facts, i int, id string) { f.Cluster.Nodes[i].Spec.ProviderID = id }
	notAWS := func(things string) string {
		return "ProviderNotAWS: group workers has instances without a matching node, and the cluster has nodes whose providerID " +
			"is not of AWS (" + things + "): nodes are matched to instances by spec.providerID (aws:///ZONE/INSTANCE), so these nodes may be those instances; " +
			"run the AWS cloud controller manager, which sets providerID, or check that this is the right cluster"
	}
	stray := func(ids string) string {
		return "Strays: instances of group workers are not nodes of the cluster (" + ids +
			"): they count as empty and are terminated without a drain; find out why they have not joined"
	}
	check(t, map[string]scenario{
		"its tags name another cluster": {change: func(f *Facts) {
			f.Traits.Tags = map[string]string{"kubernetes.io/cluster/port": "owned", "alpha.eksctl.io/cluster-name": "port"}
		}, refusals: []string{"OtherCluster: the tags of group workers name another cluster than harbour (port); check --cluster and the context of your kubeconfig"}},
		"its tags name this cluster, too": {change: func(f *Facts) { f.Traits.Tags["kubernetes.io/cluster/port"] = "shared" }},
		"it has no tags":                  {change: func(f *Facts) { f.Traits.Tags = nil }},
		"its instances are no nodes": {change: func(f *Facts) { f.Cluster.Nodes = nil }, refusals: []string{
			"NotInCluster: none of the 3 instances of group workers is a node of cluster harbour; check --name, --region and the context of your kubeconfig"},
			warnings: []string{stray("i-1, i-2, i-3")}},
		"its nodes come from elsewhere": {change: func(f *Facts) {
			for i := range f.Cluster.Nodes {
				provider(f, i, "kind://docker/harbour/"+f.Cluster.Nodes[i].Name)
			}
		}, refusals: []string{notAWS(`node-1 has "kind://docker/harbour/node-1", node-2 has "kind://docker/harbour/node-2", node-3 has "kind://docker/harbour/node-3"`)},
			warnings: []string{stray("i-1, i-2, i-3")}},
		"one node has no providerID": {change: func(f *Facts) { provider(f, 1, "") },
			refusals: []string{notAWS(`node-2 has ""`)}, warnings: []string{stray("i-2")}},
		"one instance has not joined":   {change: func(f *Facts) { f.Cluster.Nodes = f.Cluster.Nodes[:2] }, warnings: []string{stray("i-3")}},
		"one instance is about to join": {change: func(f *Facts) { f.Cluster.Nodes = f.Cluster.Nodes[:2]; f.Group.Instances[2].Lifecycle = "Pending" }},
		"it is empty, and tagged":       {change: func(f *Facts) { f.Group.Instances = nil }},
		"it is empty, and tagged by eksctl": {change: func(f *Facts) {
			f.Group.Instances = nil
			f.Traits.Tags = map[string]string{"alpha.eksctl.io/cluster-name": "harbour"}
		}},
		"it is empty, and not tagged": {change: func(f *Facts) { f.Group.Instances, f.Traits.Tags = nil, nil }, refusals: []string{
			"NotInCluster: group workers has no instances, and no tag says that it belongs to cluster harbour; if it does, tag it kubernetes.io/cluster/harbour=owned"}},
	})
}

func TestTargets(t *testing.T) {
	resolvesTo := func(f *Facts, version, release string) {
		f.Target.Image.Version, f.Target.Image.Release = version, release
	}
	check(t, map[string]scenario{
		"two targets": {change: func(f *Facts) { f.Asked.Image = "ami-137" }, refusals: []string{
			"TwoTargets: an upgrade has only one target (--kubernetes-version 1.37, --image-id ami-137); give one of these flags"}},
		"no version": {change: func(f *Facts) { f.Asked.Version = "latest" }, refusals: []string{
			`NotAVersion: "latest" is not a version; Kubernetes versions look like 1.37`}},
		"a version newer than the API server": {change: func(f *Facts) { f.Asked.Version = "1.38" }, refusals: []string{
			"NewerThanServer: Kubernetes 1.38 is newer than the API server (1.37): a kubelet may not be newer than its API server; upgrade the control plane first"}},
		"a version four minors older": {change: func(f *Facts) { f.Asked.Version = "1.33"; resolvesTo(f, "1.33", "") }, refusals: []string{
			"TooOld: Kubernetes 1.33 is 4 minors older than the API server (1.37): a kubelet may be up to 3 minors older; choose a newer version"},
			warnings: []string{"Downgrade: Kubernetes 1.33 is older than 1.36, the version of the group's present image: workloads may already rely on the newer kubelet"}},
		"a version three minors older": {change: func(f *Facts) { f.Asked.Version = "1.34"; resolvesTo(f, "1.34", "") }, warnings: []string{
			"Downgrade: Kubernetes 1.34 is older than 1.36, the version of the group's present image: workloads may already rely on the newer kubelet"}},
		"an image that is newer than the API server": {change: func(f *Facts) { f.Asked = upgrade.Target{Image: "ami-137"}; resolvesTo(f, "1.38", "") }, refusals: []string{
			"NewerThanServer: image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) with Kubernetes 1.38 is newer than the API server (1.37): " +
				"a kubelet may not be newer than its API server; upgrade the control plane first"}},
		"an image that does not say its version": {change: func(f *Facts) {
			f.Asked, f.Target.Image = upgrade.Target{Image: "ami-9"}, upgrade.Image{ID: "ami-9", Name: "golden-9", Arch: "x86_64"}
		}, warnings: []string{"VersionUnknown: the Kubernetes version of image ami-9 (golden-9) is not known: it cannot be compared with the API server's version, " +
			"v1.37.1-eks-1234567; make sure that its kubelet is not newer than the API server"}},
		"an image of another architecture": {change: func(f *Facts) { f.Target.Image.Arch = "arm64" }, refusals: []string{
			"OtherArchitecture: image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) is for arm64, but the nodes of group workers are x86_64; " +
				"choose an image for the nodes' architecture"}},
		"an image that does not exist": {change: func(f *Facts) {
			f.Asked, f.Target = upgrade.Target{Image: "ami-9"}, upgrade.Resolved{}
			f.TargetErr = fmt.Errorf("image ami-9 in us-west-2: %w", upgrade.ErrNotFound)
		}, refusals: []string{"TargetNotFound: image ami-9 in us-west-2: not found; check the target and the region"}},
		"a family that is not known": {change: func(f *Facts) {
			f.Target, f.TargetErr = upgrade.Resolved{}, errors.New("image ami-8 belongs to no known image family.")
		},
			refusals: []string{"TargetUnusable: image ami-8 belongs to no known image family"}},
	})
}

func TestRightsThatAreMissing(t *testing.T) {
	check(t, map[string]scenario{
		"in the cluster": {change: func(f *Facts) {
			f.Missing = []Right{{Verb: "patch", Resource: "nodes"}, {Verb: "create", Resource: "pods/eviction"},
				{Verb: "update", Resource: "leases", Group: "coordination.k8s.io", Namespace: "nodelift-system"}}
		}, refusals: []string{"MissingRights: this user lacks rights in the cluster that an upgrade needs (patch nodes, create pods/eviction, " +
			"update leases.coordination.k8s.io in nodelift-system); apply docs/rbac.yaml, or ask an administrator to"}},
		"in the cluster, and nothing is to be changed": {change: func(f *Facts) {
			f.Missing, f.DryRun = []Right{{Verb: "patch", Resource: "nodes"}}, true
		}, warnings: []string{"MissingRights: this user lacks rights in the cluster that an upgrade needs (patch nodes); apply docs/rbac.yaml, or ask an administrator to"}},
		"in AWS": {change: func(f *Facts) {
			f.Denied = []string{"ec2:CreateLaunchTemplateVersion on launch template lt-1 is not allowed for arn:x"}
		}, refusals: []string{
			"MissingPermission: ec2:CreateLaunchTemplateVersion on launch template lt-1 is not allowed for arn:x; grant the permissions in docs/iam-policy.json"}},
	})
}

func TestWhatWorksOnAGroupByItself(t *testing.T) {
	traits := func(t Traits) func(*Facts) {
		return func(f *Facts) { t.Tags = f.Traits.Tags; f.Traits = t }
	}
	check(t, map[string]scenario{
		"weights": {change: traits(Traits{Weighted: true}), refusals: []string{"Weighted: the desired size of group workers counts weights, vCPUs or memory " +
			"instead of instances: an upgrade adds and removes nodes one by one; remove the weights from the mixed instances policy and set the sizes in instances"}},
		"scaling policies": {change: traits(Traits{Policies: []string{"cpu"}}), warnings: []string{"ScalingPolicies: scaling policies are suspended during " +
			"the upgrade (cpu): the group does not grow with its load until the update has ended; choose a quiet time, or raise the desired size first"}},
		"those that are suspended anyway": {change: func(f *Facts) {
			f.Traits.Policies, f.Traits.Scheduled, f.Group.Suspended = []string{"cpu"}, []string{"night"}, upgrade.ProcessesToSuspend()
		}},
		"scheduled actions": {change: traits(Traits{Scheduled: []string{"night at 20:00 desired 1"}}), warnings: []string{"ScheduledActions: scheduled actions are " +
			"suspended during the upgrade (night at 20:00 desired 1): an action that is due meanwhile does not run, and does not run later; set its sizes by hand if one was due"}},
		"an instance near its end": {change: func(f *Facts) {
			f.Now = time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC)
			f.Traits.MaxLifetime = 7 * 24 * time.Hour
			f.Group.Instances[0].Launched, f.Group.Instances[1].Launched = f.Now.Add(-6*24*time.Hour-time.Hour), f.Now.Add(-time.Hour)
		}, warnings: []string{"MaxInstanceLifetime: instances reach the group's maximum lifetime of 7d within a day (i-1): Auto Scaling may replace them " +
			"first, without draining them; raise the maximum lifetime until the upgrade has ended"}},
		"hooks": {change: traits(Traits{Hooks: []Hook{{"warm", true, 20 * time.Minute}, {"quick", true, time.Minute}, {"drain", false, time.Hour}}}), warnings: []string{
			"LaunchHook: launch hooks can keep new instances out of service for longer than the 15m that an upgrade waits for them (warm up to 20m): a new node that is not in service in time " +
				"fails the upgrade; make sure that the hooks are completed in time, or set a longer --join-timeout",
			"TerminationHook: termination hooks delay the end of terminated instances (drain up to 1h): these instances no longer count as nodes, but they run and cost money until the hooks are completed"}},
		"load balancers": {change: func(f *Facts) {
			f.Balancers.Delays = []Delay{{"target group web of TargetGroupBinding shop/web", 5 * time.Minute}, {"target group api", time.Minute}}
		}, warnings: []string{
			"DeregistrationDelay: load balancers let requests finish for longer than the 1m between cordon and termination (target group web of TargetGroupBinding " +
				"shop/web has 5m): requests that take longer are cut off; use --cordon-wait auto to wait as long as the slowest of them"}},
		"load balancers that nobody may look at, and others": {change: func(f *Facts) {
			f.Balancers = Balancers{Denied: []string{"may not list services"}, Unknown: []string{"Service shop/web has the load balancer class metal"}}
		}, warnings: []string{
			"BalancersNotLookedAt: load balancers were not looked at, because a permission is missing (may not list services): requests that take longer than the 1m between " +
				"cordon and termination may be cut off; grant what docs/rbac.yaml and docs/iam-policy.json have",
			"BalancersNotLookedAt: it is not known how long some load balancers let requests finish (Service shop/web has the load balancer class metal): requests that take " +
				"longer than the 1m between cordon and termination may be cut off; give --cordon-wait a time that is long enough for them"}},
		"what could not be seen": {change: traits(Traits{Unknown: []string{"x is not allowed"}}), warnings: []string{
			"NotLookedAt: some settings of the group could not be read (x is not allowed): warnings about them may be missing here; if a permission is missing, grant it (docs/iam-policy.json)"}},
	})
}

func TestSetApart(t *testing.T) {
	check(t, map[string]scenario{
		"an outdated instance in standby": {change: func(f *Facts) { f.Group.Instances[0].Lifecycle = upgrade.Standby }, warnings: []string{
			"SetApart: outdated instances are in Standby or detaching (" + sound().Group.Instances[0].ID + " is Standby): they are skipped and stay " +
				"outdated, because somebody may be working on them; to have them replaced, too, put them back into service (aws autoscaling exit-standby)"}},
		"one that is up to date": {change: func(f *Facts) {
			f.Group.Instances[0].Lifecycle, f.Group.Instances[0].Image = upgrade.Standby, f.Target.Image.ID
		}},
	})
}

func TestWarnings(t *testing.T) {
	closed := upgrade.Budget{Allowed: 0, Healthy: 2, Needed: 2, Expected: 3}
	check(t, map[string]scenario{
		"bare pods": {change: func(f *Facts) {
			f.run("b", func(p *upgrade.Pod) { p.Owner = "" })
			f.run("a", func(p *upgrade.Pod) { p.Owner = "" })
		}, warnings: []string{"BarePods: pods have no controller (shop/a, shop/b): they are evicted and nothing recreates them"}},
		"pods with a disk of their node": {change: func(f *Facts) { f.run("db-0", func(p *upgrade.Pod) { p.LocalVolumes = []string{"pv-1"} }) }, warnings: []string{
			"LocalVolumes: pods have volumes on a disk of their node (shop/db-0): they cannot run on another node: they stay Pending after their eviction, and the data is lost with the node; move the data, then delete their PersistentVolumeClaims"}},
		"pods that tolerate everything": {change: func(f *Facts) { f.run("op", func(p *upgrade.Pod) { p.Tolerates = "every taint" }) }, warnings: []string{
			"Tolerating: pods tolerate the taint of outdated nodes (shop/op): they may be scheduled to the node that they were evicted from, and block its drain; narrow their tolerations, or run them as a DaemonSet"}},
		"pods that ask not to be evicted": {change: func(f *Facts) { f.run("train", keep) }, warnings: []string{
			"SafeToEvict: pods ask not to be evicted (shop/train): they are evicted like all others; use --respect-safe-to-evict to wait until they finish"}},
		"and are listened to": {change: func(f *Facts) { f.Policy.RespectSafeToEvict = true; f.run("train", keep) }, warnings: []string{
			"SafeToEvict: pods ask not to be evicted (shop/train): each drain waits up to 15m for them to finish, then the upgrade fails with PodEvictionFailure"}},
		"and are listened to, with force": {change: func(f *Facts) { f.Policy.RespectSafeToEvict, f.Policy.Force = true, true; f.run("train", keep) }, warnings: []string{
			"SafeToEvict: pods ask not to be evicted (shop/train): each drain waits up to 15m for them to finish, then they are evicted (--force)"}},
		"a Job at work": {change: func(f *Facts) {
			f.run("report", func(p *upgrade.Pod) { p.Owner = "Job/report"; f.Replicas["shop/Job/report"] = 2 })
		}, warnings: []string{
			"Jobs: pods of Jobs are running (shop/report): they are evicted and start again from the beginning, which counts against their Job's backoffLimit unless its podFailurePolicy ignores disruptions"}},
		"pods with local data": {change: func(f *Facts) { f.run("cache", func(p *upgrade.Pod) { p.LocalData = true }) }, warnings: []string{
			"LocalData: pods keep data on their node (emptyDir or hostPath) (shop/cache): the data is lost when they move"}},
		"workloads with a single pod": {change: func(f *Facts) { f.run("db", func(p *upgrade.Pod) { f.Replicas["shop/ReplicaSet/db"] = 1 }) }, warnings: []string{
			"SingleReplica: workloads have a single pod (shop/ReplicaSet/db): they are unavailable until the pod runs on another node"}},
		"a budget that allows nothing": {change: func(f *Facts) { f.budget(closed) }, warnings: []string{
			"BudgetsClosed: disruption budgets allow no disruption right now (shop/web needs 2 healthy pods and has 2 of 3): " +
				"a drain waits up to 15m for them, then the upgrade fails with PodEvictionFailure; add replicas, or let the budgets allow a disruption"}},
		"a budget that allows nothing, with force": {change: func(f *Facts) { f.budget(closed); f.Policy.Force = true }, warnings: []string{
			"BudgetsClosed: disruption budgets allow no disruption right now (shop/web needs 2 healthy pods and has 2 of 3): " +
				"a drain waits up to 15m for them, then pods are deleted past their budget (--force); add replicas, or let the budgets allow a disruption"}},
		"a budget that allows nothing to pods elsewhere": {change: func(f *Facts) { f.budget(closed); f.Occupancy.Pods = nil }},
		"two budgets on one pod": {change: func(f *Facts) { f.run("web", func(p *upgrade.Pod) { p.Budgets = []string{"shop/a", "shop/b"} }) }, warnings: []string{
			"SeveralBudgets: pods are selected by more than one disruption budget (shop/web): the eviction API refuses to evict such pods; change the budgets so that each pod is selected by one"}},
		"protected instances": {change: func(f *Facts) { f.Group.Instances[1].Protected = true }, warnings: []string{
			"Protected: outdated instances are protected from scale in (i-2): this protection does not keep an upgrade from replacing them; detach them from the group if they have to stay"}},
		"protected instances that are up to date": {change: func(f *Facts) { f.Group.Instances[1].Protected, f.Group.Instances[1].Image = true, "ami-137" }},
		"zones that differ by more than one": {change: func(f *Facts) { f.add("a", "ami-136", f.Template); f.add("a", "ami-136", f.Template) }, warnings: []string{
			"UnevenZones: the zones of group workers differ by more than one node (a has 3, b has 1, c has 1): Auto Scaling launches new nodes in the emptiest zone " +
				"first, which may not be the zone whose nodes are replaced next"}},
		"zones that differ by one": {change: func(f *Facts) { f.add("a", "ami-136", f.Template) }},
	})
}

package preflight

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Facts is everything that the checks look at. It was read a moment ago.
type Facts struct {
	Cluster Cluster
	Group   upgrade.Group
	Traits  Traits
	// Template is the version that the group's template reference stands for now. If a parameter names
	// its image, Image is what that names now.
	Template upgrade.TemplateVersion
	// UserData is what new nodes are launched with, as EC2 returns it: that of Template or,
	// if the target is a template version, of that.
	UserData string
	// Mapped are the volumes that new nodes are launched with by the same version.
	Mapped []Volume
	// Present is the image in Template or, if a parameter names that, the one that most nodes run. If EC2
	// does not describe it (PresentGone), it is what the nodes tell about it. Unlaunchable: nothing can be
	// launched by Template any more, because its image or its parameter is gone.
	Present                   upgrade.Image
	PresentGone, Unlaunchable bool
	// Has is what the present image asks of a machine, and Needs what that of the target does. They are
	// empty for an image that EC2 does not describe.
	Has, Needs Machine
	// NodeGroup is the name of the group's NodeGroup, which there may not be yet. ImageOwners are the
	// accounts, and aliases of accounts, whose images may become nodes.
	NodeGroup   string
	ImageOwners []string
	// Running is the template version that most nodes run, if no node runs the one that the group
	// launches.
	Running Running
	// Asked is the target as people gave it, and Target what it means. TargetErr says why
	// it could not be resolved; Target is then empty.
	Asked     upgrade.Target
	Target    upgrade.Resolved
	TargetErr error
	// Scaling is what is asked for instead of a target, nil for an upgrade.
	Scaling *upgrade.Scaled
	// Following are other groups that follow $Latest of the same launch template.
	Following []string

	// Balancers are those with which controllers in the cluster register the group's nodes.
	Balancers Balancers

	Policy     upgrade.Policy
	Now        time.Time
	Autoscaler upgrade.AutoscalerState
	// Occupancy is what runs on the group's nodes.
	Occupancy upgrade.Occupancy
	// Replicas counts the pods of each workload in the whole cluster, by WorkloadID.
	Replicas map[string]int

	// Missing are the permissions in the cluster that this user lacks.
	Missing []Right
	// DryRun is true if nothing will be changed, so that the permission to read is enough.
	DryRun bool
	// Denied are sentences about AWS actions that were tried and are not allowed.
	Denied []string
	// NotLaunched is why EC2 would not launch a new node. Its words are "" if it would, or was not asked.
	NotLaunched NotLaunched
}

// NotLaunched is EC2's answer to a launch that was only tried.
type NotLaunched struct {
	Words  string
	Absent bool // something that the launch template names does not exist
	// NoSubnet: a subnet that the group names does not exist.
	NoSubnet bool
}

// Cluster is the cluster that the user means.
type Cluster struct {
	Name    string
	Version string // of the API server, v1.37.1-eks-1234567
	Nodes   []corev1.Node
}

// Traits are what only AWS knows about a group and only the checks need.
type Traits struct {
	Tags                map[string]string
	Propagated          map[string]string // those that its instances get
	Deleting            bool
	Operator            string   // the AWS service that alone may change it
	LaunchConfiguration string   // its name
	Overrides           []string // that have a template or an image of their own
	Subnets             []string // in which it launches, empty for the default ones
	InstanceType        string   // of its first override, "" for that of the launch template
	// Refresh is the instance refresh in progress in words, "" for none.
	Refresh string
	// Weighted is true if the desired size counts something else than instances.
	Weighted bool
	// Rebalances is true if Auto Scaling replaces Spot instances that EC2 warns about, undrained.
	Rebalances  bool
	MaxLifetime time.Duration // after which an instance is replaced undrained; 0: never
	Policies    []string      // scaling policies
	Scheduled   []string      // scheduled actions, in words
	Hooks       []Hook
	// Unknown says what could not be read, because a permission or the call is missing.
	Unknown []string
}

// Hook is a lifecycle hook: it holds launching or terminating instances until somebody
// completes it, at most for Heartbeat unless that is renewed.
type Hook struct {
	Name      string
	Launching bool // or terminating
	Heartbeat time.Duration
}

// nodesOfCluster returns the nodes of the cluster by instance id.
func (f Facts) nodesOfCluster() map[string]*corev1.Node {
	byInstance := map[string]*corev1.Node{}
	for i := range f.Cluster.Nodes {
		node := &f.Cluster.Nodes[i]
		provider := upgrade.Node{Provider: node.Spec.ProviderID}
		if id := provider.Instance(); id != "" {
			byInstance[id] = node
		}
	}
	return byInstance
}

// nodes returns the group's nodes by instance id.
func (f Facts) nodes() map[string]*corev1.Node {
	byInstance, members := f.nodesOfCluster(), map[string]*corev1.Node{}
	for _, i := range f.instances() {
		if node := byInstance[i.ID]; node != nil {
			members[i.ID] = node
		}
	}
	return members
}

// instances returns the members that are not terminating, in Standby or detaching.
func (f Facts) instances() []upgrade.Instance {
	var staying []upgrade.Instance
	for _, i := range f.Group.Instances {
		if !i.Lifecycle.IsTerminating() && !i.Lifecycle.StandbyOrDetaching() {
			staying = append(staying, i)
		}
	}
	return staying
}

// outdated returns the members that the target replaces, as EC2 describes them (design,
// section 5).
func (f Facts) outdated() []upgrade.Instance {
	var outdated []upgrade.Instance
	for _, i := range f.instances() {
		if f.isOutdated(i) {
			outdated = append(outdated, i)
		}
	}
	return outdated
}

// outdatedWarm returns the instances of the warm pool that the target replaces.
func (f Facts) outdatedWarm() []upgrade.Instance {
	if f.Scaling != nil {
		return nil
	}
	return slices.DeleteFunc(f.Group.InWarmPool(), func(i upgrade.Instance) bool { return !f.isOutdated(i) })
}

func (f Facts) isOutdated(i upgrade.Instance) bool {
	if f.Scaling != nil { // any may have to go
		return f.shrinks()
	}
	if f.Target.ByTemplate {
		return i.Template.ID != f.Target.Template.ID || i.Template.Number != f.Target.Template.Number
	}
	return f.Target.Image.ID != "" && i.Image != "" && i.Image != f.Target.Image.ID
}

// makesVersion reports whether the target needs a new version of the launch template. A version whose
// image a parameter names is not enough while nodes are replaced: the parameter may change.
func (f Facts) makesVersion() bool {
	if f.Target.ByTemplate || f.Target.Image.ID == "" {
		return false
	}
	return f.Target.Image.ID != f.Template.Image || f.Template.Parameter != "" && len(f.outdated())+len(f.outdatedWarm()) > 0
}

// onTarget reports whether the group already launches what the target asks for.
func (f Facts) onTarget() bool {
	if f.Target.ByTemplate {
		return f.Template.ID == f.Target.Template.ID && f.Template.Number == f.Target.Template.Number
	}
	return f.Target.Image.ID != "" && f.Target.Image.ID == f.Template.Image
}

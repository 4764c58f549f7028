package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/metadata"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Question is what the checks are asked about: an upgrade of a group, or a scaling.
type Question struct {
	Group     string // the Auto Scaling group
	NodeGroup string // its NodeGroup, which there may not be yet
	Cluster   string
	Target    upgrade.Target
	Sizes     *upgrade.Scaling // nil for an upgrade
	Policy    upgrade.Policy
	Owners    []string          // of images that people allow besides those that the NodeGroup names
	Needed    []preflight.Right // of who asks
	Elsewhere bool              // somebody else works, with permissions of its own
	DryRun    bool
	// Balancers are what Checks.Balancers has found, for whoever reads the warnings.
	Balancers preflight.Balancers
}

// Checks are those of a connection.
type Checks struct{ *connect.Connection }

// Of makes the checks of a connection.
func Of(s *connect.Connection) *Checks { return &Checks{s} }

// Facts gathers what the checks look at.
func (s *Checks) Facts(ctx context.Context, q Question) (preflight.Facts, error) {
	f := preflight.Facts{Asked: q.Target, NodeGroup: q.NodeGroup, Policy: q.Policy, Now: time.Now(), DryRun: q.DryRun, Balancers: q.Balancers, Cluster: preflight.Cluster{Name: q.Cluster, Version: s.Version}}
	all := []func(context.Context, *preflight.Facts) error{
		func(ctx context.Context, f *preflight.Facts) error { return s.gatherGroup(ctx, f, q.Group) },
	}
	if q.Sizes != nil {
		all = append(all, func(ctx context.Context, f *preflight.Facts) error { return s.gatherScaling(ctx, f, q) })
	} else {
		all = append(all, s.gatherTemplate, s.gatherTarget, s.gatherUserData, s.gatherMachines, s.gatherRunning,
			func(ctx context.Context, f *preflight.Facts) error { return s.gatherOwners(ctx, f, q) })
		if !q.Elsewhere {
			all = append(all, s.gatherDenials)
		}
	}
	for _, gather := range append(all, s.gatherNodes, s.gatherPods) {
		if err := gather(ctx, &f); err != nil {
			return f, err
		}
	}
	var err error
	f.Missing, err = s.Missing(ctx, q.Needed)
	return f, err
}

// gatherScaling finds out what the requested sizes mean. A size that was not requested
// stays the owner's, which an earlier update may still owe.
func (s *Checks) gatherScaling(ctx context.Context, f *preflight.Facts, q Question) error {
	known, err := s.Cluster.NodeGroup(ctx, q.NodeGroup)
	if err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return err
	}
	var owed *upgrade.Size
	if err == nil && known.Status.Ledger != nil && known.Status.Ledger.Sizes != nil {
		user := known.Status.Ledger.Sizes.User
		owed = &upgrade.Size{Max: int(user.Max), Desired: int(user.Desired)}
	}
	scaled := preflight.Scaled(*q.Sizes, f.Group, owed)
	f.Scaling = &scaled
	return nil
}

func (s *Checks) gatherGroup(ctx context.Context, f *preflight.Facts, name string) (err error) {
	if f.Group, err = s.Cloud.Groups.Group(ctx, name, true); err != nil {
		return err
	}
	details, err := s.Cloud.Groups.Details(ctx, name)
	f.Traits = traits(details)
	return err
}

func traits(d aws.Details) preflight.Traits {
	t := preflight.Traits{
		Tags: d.Tags, Propagated: d.Propagated, Deleting: d.Deleting, Operator: d.Operator,
		LaunchConfiguration: d.LaunchConfiguration, Overrides: d.Overrides, Subnets: d.Subnets, InstanceType: d.InstanceType, Weighted: d.Weighted,
		Rebalances: d.Rebalances, MaxLifetime: d.MaxLifetime, Policies: d.Policies, Scheduled: d.Scheduled, Unknown: d.Unknown,
	}
	for _, h := range d.Hooks {
		t.Hooks = append(t.Hooks, preflight.Hook(h))
	}
	if d.Refresh != nil {
		t.Refresh = fmt.Sprintf("%s, %s, %d%%", d.Refresh.ID, d.Refresh.Status, d.Refresh.Percent)
	}
	return t
}

// gatherTemplate reads what the group launches now. A group without a launch
// template is refused by the checks.
func (s *Checks) gatherTemplate(ctx context.Context, f *preflight.Facts) (err error) {
	if f.Group.Template.ID == "" && f.Group.Template.Name == "" {
		return nil
	}
	if f.Template, err = s.Cloud.Templates.Resolve(ctx, f.Group.Template); err != nil {
		return err
	}
	present, err := upgrade.ReadPresent(ctx, s.Cloud.Images, s.Cluster.Nodes(), f.Template, f.Group)
	f.Present, f.PresentGone, f.Unlaunchable = present.Image, present.Gone && present.Image.ID != "", present.Unlaunchable
	if err != nil {
		return err
	}
	f.Following, err = s.Cloud.Groups.Following(ctx, f.Group.Name, upgrade.TemplateRef{ID: f.Template.ID})
	return err
}

// gatherTarget finds out what the target means. That it means nothing is for
// the checks to say.
func (s *Checks) gatherTarget(ctx context.Context, f *preflight.Facts) error {
	target, problems := preflight.Aim(f.Asked, s.Version)
	if len(problems) > 0 || f.Template.ID == "" {
		return nil
	}
	f.Target.From = f.Present
	if target.TemplateVersion != "" {
		f.TargetErr = s.resolveTemplate(ctx, f, target.TemplateVersion)
	} else {
		f.Target.Image, f.TargetErr = s.Cloud.Images.Resolve(ctx, target, f.Present)
	}
	if errors.Is(f.TargetErr, upgrade.ErrCredentials) {
		return f.TargetErr
	}
	return nil
}

func (s *Checks) resolveTemplate(ctx context.Context, f *preflight.Facts, version string) (err error) {
	f.Target.ByTemplate = true
	ref := upgrade.TemplateRef{ID: f.Template.ID, Name: f.Template.Name, Version: version}
	if f.Target.Template, err = s.Cloud.Templates.Resolve(ctx, ref); err != nil {
		return err
	}
	if t := f.Target.Template; t.Image == "" && t.Parameter != "" {
		return fmt.Errorf("version %d of launch template %s takes its image from %s: %w", t.Number, t.ID, t.ParameterWords(), upgrade.ErrNotFound)
	}
	f.Target.Image, err = s.Cloud.Images.Image(ctx, f.Target.Template.Image)
	return err
}

// gatherUserData reads what new nodes are launched with.
func (s *Checks) gatherUserData(ctx context.Context, f *preflight.Facts) (err error) {
	if version := launched(f); version.ID != "" {
		f.UserData, err = s.Cloud.Templates.UserData(ctx, version)
	}
	return err
}

// launched is the template version that new nodes are launched from, or a new one is made from.
func launched(f *preflight.Facts) upgrade.TemplateVersion {
	if f.Target.ByTemplate {
		return f.Target.Template
	}
	return f.Template
}

// gatherMachines finds out what the present image and the target ask of a machine, and which volumes
// the launch template maps.
func (s *Checks) gatherMachines(ctx context.Context, f *preflight.Facts) error {
	version := launched(f)
	if version.ID == "" || f.Target.Image.ID == "" {
		return nil
	}
	isNone := func(id string) bool { return id == "" }
	machines, err := s.Cloud.Images.Machines(ctx, slices.DeleteFunc([]string{f.Present.ID, f.Target.Image.ID}, isNone)...)
	if err != nil {
		return err
	}
	f.Has, f.Needs = machineOf(machines[f.Present.ID]), machineOf(machines[f.Target.Image.ID])
	mapped, err := s.Cloud.Templates.Volumes(ctx, version)
	f.Mapped = volumesOf(mapped)
	return err
}

// gatherRunning compares what the group launches with what its nodes run, if none runs that.
func (s *Checks) gatherRunning(ctx context.Context, f *preflight.Facts) error {
	version, nodes := preflight.RunningVersion(f.Group, f.Template)
	if nodes == 0 || f.Template.ID == "" {
		return nil
	}
	differs, err := s.Cloud.Templates.Differences(ctx, version, f.Template)
	gone := errors.Is(err, upgrade.ErrNotFound)
	f.Running = preflight.Running{Version: version, Nodes: nodes, Differs: differs, Gone: gone}
	if gone {
		return nil
	}
	return err
}

// gatherOwners finds out whose images may become nodes.
func (s *Checks) gatherOwners(ctx context.Context, f *preflight.Facts, q Question) error {
	caller, err := s.Cloud.Caller(ctx)
	if err != nil {
		return err
	}
	f.ImageOwners = append([]string{caller.Account.ID}, aws.Publishers(s.Cloud.Region)...)
	known, err := s.Cluster.NodeGroups(ctx) // none without the definitions
	for _, group := range known {
		if group.Name == q.NodeGroup {
			f.ImageOwners = append(f.ImageOwners, group.Spec.ImageOwners...)
		}
	}
	f.ImageOwners = append(f.ImageOwners, q.Owners...)
	return err
}

func machineOf(m aws.Machine) preflight.Machine {
	return preflight.Machine{Image: m.Image, Owner: m.Owner, OwnerAlias: m.OwnerAlias, Volumes: volumesOf(m.Volumes), BootMode: m.BootMode, ENA: m.ENA}
}

func volumesOf(all []aws.Volume) []preflight.Volume {
	var volumes []preflight.Volume
	for _, v := range all {
		volumes = append(volumes, preflight.Volume(v))
	}
	return volumes
}

// gatherDenials tries what changes something and can be tried: whether instances of the warm pool could be
// terminated, whether a template version could be made, and whether an instance would be launched from it.
func (s *Checks) gatherDenials(ctx context.Context, f *preflight.Facts) error {
	if f.Target.Image.ID == "" {
		return nil
	}
	if err := deny(f, s.Cloud.Groups.MayTerminateWarm(ctx, f.Group)); err != nil {
		return err
	}
	if f.Target.Image.ID == f.Template.Image && f.Template.Parameter == "" {
		return nil
	}
	launch := aws.Launch{From: launched(f), InstanceType: f.Traits.InstanceType, Subnets: f.Traits.Subnets, Tags: f.Traits.Propagated}
	if !f.Target.ByTemplate {
		launch.Image = f.Target.Image.ID
		if err := deny(f, s.Cloud.Templates.MayCreateVersion(ctx, f.Template, launch.Image)); err != nil {
			return err
		}
	}
	err := s.Cloud.Templates.MayLaunch(ctx, launch)
	absent, noSubnet := errors.Is(err, upgrade.ErrNotFound), errors.Is(err, aws.ErrNoSubnet)
	if absent || noSubnet || errors.Is(err, aws.ErrNotLaunched) {
		f.NotLaunched = preflight.NotLaunched{Words: err.Error(), Absent: absent, NoSubnet: noSubnet}
		return nil
	}
	return deny(f, err)
}

// deny notes that something is forbidden; another error stays one.
func deny(f *preflight.Facts, err error) error {
	if errors.Is(err, upgrade.ErrForbidden) {
		f.Denied = append(f.Denied, err.Error())
		return nil
	}
	return err
}

func (s *Checks) gatherNodes(ctx context.Context, f *preflight.Facts) (err error) {
	var nodes corev1.NodeList
	if err := s.Cluster.Cache().List(ctx, &nodes); err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	f.Cluster.Nodes = nodes.Items
	if f.Policy.Autoscaler == upgrade.AutoscalerIgnore {
		return nil
	}
	f.Autoscaler, err = s.Cluster.Autoscaler().State(ctx)
	return err
}

// gatherPods reads what runs on the group's nodes.
func (s *Checks) gatherPods(ctx context.Context, f *preflight.Facts) (err error) {
	if f.Occupancy, err = s.Cluster.Pods().Occupancy(ctx, nodesOf(f)); err != nil {
		return err
	}
	client, err := metadata.NewForConfig(s.Config)
	if err != nil {
		return err
	}
	f.Replicas, err = preflight.Replicas(ctx, client)
	return err
}

// nodesOf are the names of the nodes of the group.
func nodesOf(f *preflight.Facts) []string {
	var names []string
	for _, node := range membersOf(f.Group, f.Cluster.Nodes) {
		names = append(names, node.Name)
	}
	return names
}

// membersOf are those of the nodes that are instances of the group.
func membersOf(group upgrade.Group, nodes []corev1.Node) []corev1.Node {
	ids := map[string]bool{}
	for _, i := range group.Instances {
		ids[i.ID] = true
	}
	var members []corev1.Node
	for _, node := range nodes {
		if ids[upgrade.Node{Provider: node.Spec.ProviderID}.Instance()] {
			members = append(members, node)
		}
	}
	return members
}

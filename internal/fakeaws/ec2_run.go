package fakeaws

type runInstancesInput struct {
	DryRun            *bool               `form:"DryRun"`
	Min               *int                `form:"MinCount,required"`
	Max               *int                `form:"MaxCount,required"`
	ImageID           string              `form:"ImageId"`
	InstanceType      string              `form:"InstanceType"`
	SubnetID          string              `form:"SubnetId"`
	ClientToken       string              `form:"ClientToken" len:"0-128"`
	Template          *launchedTemplate   `form:"LaunchTemplate"`
	NetworkInterfaces []launchedInterface `form:"NetworkInterface"`
}

// launchedTemplate is how RunInstances names a launch template.
type launchedTemplate struct {
	ID      string `form:"LaunchTemplateId"`
	Name    string `form:"LaunchTemplateName"`
	Version string `form:"Version"`
}

type launchedInterface struct {
	templateInterface
	SubnetID string `form:"SubnetId"`
}

// runInstances only tries whether instances could be launched: here only groups launch them. The checks
// come in EC2's order: parameters that exclude each other, things that do not exist, permissions.
func (r *request) runInstances(in *runInstancesInput) (*done, *Error) {
	if !isTrue(in.DryRun) {
		return nil, newError("UnsupportedOperation", "Instances are launched by Auto Scaling groups only; with DryRun, RunInstances tries it")
	}
	plan, err := r.launched(in)
	if err != nil {
		return nil, err
	}
	if len(plan.data.NetworkInterfaces) > 0 && in.SubnetID != "" {
		return nil, newError("InvalidParameterCombination",
			"Network interfaces and an instance-level subnet ID may not be specified on the same request")
	}
	for _, id := range in.subnets() {
		if r.network.byID(id) == nil {
			return nil, newError("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
		}
	}
	if err := r.mayAll(r.toLaunch(plan, in.subnets())); err != nil {
		return nil, err
	}
	return nil, dryRunOperation()
}

// launched is what the request would launch.
func (r *request) launched(in *runInstancesInput) (*launchPlan, *Error) {
	plan := &launchPlan{data: templateData{ImageID: in.ImageID, InstanceType: in.InstanceType}}
	for _, n := range in.NetworkInterfaces {
		plan.data.NetworkInterfaces = append(plan.data.NetworkInterfaces, n.templateInterface)
	}
	if in.Template != nil {
		t, err := r.template(in.Template.ID, in.Template.Name)
		if err != nil {
			return nil, err
		}
		v, err := t.resolve(in.Template.Version)
		if err != nil {
			return nil, err
		}
		plan.template, plan.version, plan.data = t, v, v.data.overlay(plan.data)
	}
	return plan, r.complete(plan)
}

func (in *runInstancesInput) subnets() []string {
	var all []string
	if in.SubnetID != "" {
		all = append(all, in.SubnetID)
	}
	for _, n := range in.NetworkInterfaces {
		if n.SubnetID != "" {
			all = append(all, n.SubnetID)
		}
	}
	return all
}

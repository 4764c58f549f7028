package fakeaws

import (
	"net/http"
	"strings"
)

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
	Tags              []tagSpecification  `form:"TagSpecification"`
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
	if err := r.mayLackTags(plan.data); err != nil {
		return nil, err
	}
	return nil, dryRunOperation()
}

// mayLackTags is EC2's answer to a launch without tags that a service control policy of the organisation
// demands.
func (r *request) mayLackTags(data templateData) *Error {
	for _, tag := range r.access.demanded[r.accessKey] {
		if _, there := bornWith(data.TagSpecifications, "instance")[tag]; !there {
			return newError("UnauthorizedOperation", "You are not authorized to perform this operation. User: %s is not authorized to "+
				"perform: ec2:RunInstances with an explicit deny in a service control policy. Encoded authorization failure message: 4WOyzl3Tq",
				r.identityOf(r.accessKey)).with(http.StatusForbidden)
		}
	}
	return nil
}

// launched is what the request would launch.
func (r *request) launched(in *runInstancesInput) (*launchPlan, *Error) {
	plan := &launchPlan{data: templateData{ImageID: in.ImageID, InstanceType: in.InstanceType, TagSpecifications: in.Tags}}
	for _, t := range in.Tags {
		for _, tag := range t.Tags {
			if strings.HasPrefix(tag.Key, "aws:") {
				return nil, newError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
			}
		}
	}
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
	if err := r.mayResolve(plan.data.ImageID); err != nil {
		return nil, err
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

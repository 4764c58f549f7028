package fakeaws

import (
	"net/http"
	"strconv"
	"strings"
)

type runInstancesInput struct {
	DryRun            *bool               `form:"DryRun"`
	Min               *int                `form:"MinCount"`
	Max               *int                `form:"MaxCount"`
	ImageID           string              `form:"ImageId"`
	InstanceType      string              `form:"InstanceType"`
	SubnetID          string              `form:"SubnetId"`
	ClientToken       string              `form:"ClientToken"`
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
	if in.Min == nil || in.Max == nil {
		return nil, newError("MissingParameter", "The request must contain the parameter MinCount")
	}
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
	if err := r.mayRun(plan.data); err != nil {
		return nil, err
	}
	return nil, dryRunOperation()
}

// mayRun is EC2's answer to somebody who may not launch instances with this data.
func (r *request) mayRun(data templateData) *Error {
	refuse := func(permission, why string) *Error {
		return newError("UnauthorizedOperation", "You are not authorized to perform this operation. User: %s is not authorized to "+
			"perform: %s %s. Encoded authorization failure message: 4WOyzl3Tq", r.identityOf(r.accessKey), permission, why).with(http.StatusForbidden)
	}
	for _, permission := range data.permissions() {
		if r.access.denied[r.accessKey][permission] {
			return refuse(permission, "because no identity-based policy allows the "+permission+" action")
		}
	}
	for _, tag := range r.access.demanded[r.accessKey] {
		if _, there := bornWith(data.TagSpecifications, "instance")[tag]; !there {
			return refuse("ec2:RunInstances", "with an explicit deny in a service control policy")
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
		plan.data = v.data.overlay(plan.data)
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

// permissions are what somebody needs who has instances launched with this data: besides the launch
// itself, those for the tags and the role in it.
func (d templateData) permissions() []string {
	needed := []string{"ec2:RunInstances"}
	if len(d.TagSpecifications) > 0 {
		needed = append(needed, "ec2:CreateTags")
	}
	if d.IAMInstanceProfile != nil {
		needed = append(needed, "iam:PassRole")
	}
	return needed
}

// mayUse checks the permissions of who makes a group use a numbered version of a launch template. For
// $Latest and $Default AWS does not check them (Auto Scaling's documentation, "Control Amazon EC2 launch
// template usage"). That no missing permission is named is AWS's way, too.
func (r *request) mayUse(s groupSettings) *Error {
	for _, ref := range s.refs() {
		t, err := r.templateOf(ref)
		if _, notANumber := strconv.Atoi(ref.Version); err != nil || notANumber != nil {
			continue // which is answered elsewhere, or not checked
		}
		v, err := t.resolve(ref.Version)
		if err != nil {
			continue
		}
		for _, permission := range v.data.permissions() {
			if r.access.denied[r.accessKey][permission] {
				return newError("AccessDenied", "You are not authorized to use launch template: %s", t.id).with(http.StatusForbidden)
			}
		}
	}
	return nil
}

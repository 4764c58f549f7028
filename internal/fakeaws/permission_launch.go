package fakeaws

import (
	"cmp"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws/iam"
)

// toLaunch are the permissions to have instances launched with a template's data: RunInstances on all
// that takes part, and those for the role and the tags in it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
func (r *request) toLaunch(plan *launchPlan, subnets []string) []iam.Request {
	keys := func(more ...string) map[string]string {
		all := map[string]string{}
		if plan.template != nil {
			all["ec2:LaunchTemplate"] = r.arn("ec2", "launch-template/"+plan.template.id)
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	all := []iam.Request{r.imageNeed(plan, keys), {Resource: r.arn("ec2", "instance/*"), Keys: keys(plan.instanceKeys()...)}}
	if plan.template != nil {
		tags := keys()
		addTags(tags, "aws:ResourceTag/", plan.template.tags)
		addTags(tags, "ec2:ResourceTag/", plan.template.tags)
		all = append(all, iam.Request{Resource: r.arn("ec2", "launch-template/"+plan.template.id), Keys: tags})
	}
	for _, part := range r.parts(plan.data, subnets) {
		all = append(all, iam.Request{Resource: part, Keys: keys()})
	}
	for i := range all {
		all[i].Action = "ec2:RunInstances"
	}
	return append(all, r.implied(plan.data)...)
}

func (r *request) imageNeed(plan *launchPlan, keys func(...string) map[string]string) iam.Request {
	id := r.resolveImage(plan.data.ImageID)
	owner := ""
	if image := r.image(id); image != nil {
		owner = cmp.Or(image.OwnerAlias, image.Owner)
	}
	return iam.Request{Resource: r.ownerless("ec2", "image/"+id), Keys: keys("ec2:Owner", owner)}
}

// instanceKeys are the condition keys of an instance that is launched, and their values.
func (p *launchPlan) instanceKeys() []string {
	keys := []string{"ec2:InstanceType", p.data.InstanceType}
	if profile := p.data.IAMInstanceProfile; profile != nil {
		keys = append(keys, "ec2:InstanceProfile", cmp.Or(profile.ARN, profile.Name))
	}
	return keys
}

// parts are the ARNs of what an instance consists of, and of what it is attached to.
func (r *request) parts(data templateData, subnets []string) []string {
	if len(subnets) == 0 {
		subnets = []string{r.network.subnets[0].id}
	}
	all := []string{r.arn("ec2", "network-interface/*"), r.arn("ec2", "volume/*")}
	for _, id := range subnets {
		all = append(all, r.arn("ec2", "subnet/"+id))
	}
	groups := data.securityGroups()
	if len(groups) == 0 {
		groups = []string{defaultSecurityGroup}
	}
	for _, id := range groups {
		all = append(all, r.arn("ec2", "security-group/"+id))
	}
	if data.KeyName != "" {
		all = append(all, r.arn("ec2", "key-pair/"+data.KeyName))
	}
	if data.Placement != nil && data.Placement.GroupName != "" {
		all = append(all, r.arn("ec2", "placement-group/"+data.Placement.GroupName))
	}
	for _, d := range data.BlockDevices {
		if d.EBS != nil && d.EBS.SnapshotID != "" {
			all = append(all, r.ownerless("ec2", "snapshot/"+d.EBS.SnapshotID))
		}
	}
	return all
}

// defaultSecurityGroup is that of the VPC.
const defaultSecurityGroup = "sg-0default"

// implied are the permissions for the role and the tags in a template's data. Here an instance profile
// has the role of its own name.
func (r *request) implied(data templateData) []iam.Request {
	var all []iam.Request
	if p := data.IAMInstanceProfile; p != nil {
		all = append(all, iam.Request{
			Action: "iam:PassRole", Resource: "arn:" + r.partition() + ":iam::" + r.cfg.Account + ":role/" + cmp.Or(p.Name, path.Base(p.ARN)),
			Keys: map[string]string{"iam:PassedToService": "ec2.amazonaws.com"},
		})
	}
	for _, s := range data.TagSpecifications {
		keys := map[string]string{"ec2:CreateAction": "RunInstances"}
		for _, t := range s.Tags {
			keys["aws:RequestTag/"+t.Key] = t.Value
		}
		all = append(all, iam.Request{Action: "ec2:CreateTags", Resource: r.arn("ec2", s.ResourceType+"/*"), Keys: keys})
	}
	return all
}

// mayUse checks the permissions of who makes a group use a numbered version of a launch template. For
// $Latest and $Default AWS does not check them (Auto Scaling's documentation, "Control Amazon EC2 launch
// template usage"). That no missing permission is named is AWS's way, too.
func (r *request) mayUse(s groupSettings) *Error {
	var subnets []string
	if s.VPCZoneIdentifier != nil {
		subnets = strings.Split(*s.VPCZoneIdentifier, ",")
	}
	for _, ref := range s.refs() {
		t, err := r.templateOf(ref)
		if _, notANumber := strconv.Atoi(ref.Version); err != nil || notANumber != nil {
			continue // which is answered elsewhere, or not checked
		}
		v, err := t.resolve(ref.Version)
		if err != nil {
			continue
		}
		if r.mayAll(r.toLaunch(&launchPlan{template: t, version: v, data: v.data}, subnets)) != nil {
			return newError("AccessDenied", "You are not authorized to use launch template: %s", t.id).with(http.StatusForbidden)
		}
	}
	return nil
}

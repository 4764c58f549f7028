package fakeaws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws/iam"
)

// SetPolicy allows everybody only what an identity-based policy allows, from now on; empty, everything.
// Only calls with the spared key are always allowed. A policy with something that is not known here is
// an error, and changes nothing.
func (c *Cloud) SetPolicy(document []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(document) == 0 {
		c.access.policy = nil
		return nil
	}
	policy, err := iam.Parse(document, conditionKeys())
	if err == nil {
		c.access.policy = &policy
	}
	return err
}

// conditionKeys are those that permissions here have, by the service authorization reference.
func conditionKeys() []string {
	return []string{
		"aws:RequestTag/", "aws:ResourceTag/", "autoscaling:ResourceTag/", "ec2:ResourceTag/", "ec2:CreateAction", "ec2:InstanceProfile",
		"ec2:InstanceType", "ec2:LaunchTemplate", "ec2:Owner", "iam:PassedToService",
	}
}

// mayAll is the service's error for the first permission that the caller lacks.
func (r *request) mayAll(needs []iam.Request) *Error {
	for _, need := range needs {
		if verdict := r.verdict(need); verdict != iam.Allowed {
			return r.service.denied(r.identityOf(r.accessKey), need, verdict == iam.Denied)
		}
	}
	return nil
}

// verdict is what the policy, faults and Deny say about a permission of the caller.
func (r *request) verdict(need iam.Request) iam.Verdict {
	spared := r.cfg.SparedKey != "" && r.accessKey == r.cfg.SparedKey
	switch {
	case r.access.denied[r.accessKey][need.Action]:
		return iam.NotAllowed
	case spared:
		return iam.Allowed
	case r.takenAway(need.Action):
		return iam.NotAllowed
	case r.access.policy == nil:
		return iam.Allowed
	}
	return r.access.policy.Decide(need)
}

// needs are the permissions that a call takes by itself. What RunInstances takes depends on what it would
// launch, so it asks itself. GetCallerIdentity needs none, and who may assume a role is the role's matter.
func (r *request) needs() []iam.Request {
	action := r.service.name + ":" + r.action
	var about []iam.Request
	switch {
	case r.service.name == "sts" || action == "ec2:RunInstances":
		return nil
	case r.service.name == "ssm":
		about = r.parametersNamed()
	case isRead(r.service.name, r.action):
	case r.service.name == "autoscaling":
		about = r.groupsNamed()
	case r.service.name == "ec2":
		about = r.resourcesNamed()
	}
	if len(about) == 0 {
		about = []iam.Request{{Resource: "*"}}
	}
	for i := range about {
		about[i].Action = action
	}
	return about
}

// parametersNamed are the parameters that a call of SSM is about.
func (r *request) parametersNamed() []iam.Request {
	var in struct {
		Name  string
		Names []string
	}
	_ = json.Unmarshal(r.body, &in) // what is no JSON is refused when it is decoded
	var all []iam.Request
	for _, name := range append(in.Names, in.Name) {
		if name != "" {
			all = append(all, iam.Request{Resource: r.parameterNamed(name)})
		}
	}
	return all
}

// groupsNamed are the groups that a call of Auto Scaling is about.
func (r *request) groupsNamed() []iam.Request {
	names := []string{r.form.Get("AutoScalingGroupName")}
	names = append(names, r.numbered("Tags.member.%d.ResourceId")...)
	if m := r.machine(r.form.Get("InstanceId")); m != nil && names[0] == "" {
		names = append(names, m.Group)
	}
	var all []iam.Request
	for _, name := range slices.DeleteFunc(names, func(name string) bool { return name == "" }) {
		need := iam.Request{Resource: r.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+name), Keys: map[string]string{}}
		if g := r.groupNamed(name); g != nil {
			need.Resource = g.arn
			for _, t := range g.tags {
				need.Keys["aws:ResourceTag/"+t.Key], need.Keys["autoscaling:ResourceTag/"+t.Key] = t.Value, t.Value
			}
		}
		all = append(all, need)
	}
	return all
}

// resourcesNamed are the launch templates, instances and whatever else has tags that a call of EC2 is about.
func (r *request) resourcesNamed() []iam.Request {
	ids := append(r.numbered("ResourceId.%d"), r.numbered("InstanceId.%d")...)
	if t, err := r.template(r.form.Get("LaunchTemplateId"), r.form.Get("LaunchTemplateName")); err == nil {
		ids = append(ids, t.id)
	} else if id := r.form.Get("LaunchTemplateId"); id != "" {
		ids = append(ids, id)
	}
	var all []iam.Request
	for _, id := range ids {
		prefix, _, _ := strings.Cut(id, "-")
		kind := map[string]string{"lt": "launch-template/", "i": "instance/", "subnet": "subnet/"}[prefix]
		need := iam.Request{Resource: r.arn("ec2", kind+id), Keys: map[string]string{}}
		if tags, err := r.tagsOf(id); err == nil {
			addTags(need.Keys, "aws:ResourceTag/", *tags)
			addTags(need.Keys, "ec2:ResourceTag/", *tags)
		}
		all = append(all, need)
	}
	return all
}

// numbered are the values of the parameters of a list, the first one with 1.
func (r *request) numbered(name string) []string {
	var all []string
	for n := 1; r.form.Has(fmt.Sprintf(name, n)); n++ {
		all = append(all, r.form.Get(fmt.Sprintf(name, n)))
	}
	return all
}

func addTags(keys map[string]string, prefix string, tags map[string]string) {
	for key, value := range tags {
		keys[prefix+key] = value
	}
}

// arn is the ARN of a resource of the account; that of an ownerless one names no account.
func (c *Cloud) arn(service, resource string) string {
	return "arn:" + c.partition() + ":" + service + ":" + c.cfg.Region + ":" + c.cfg.Account + ":" + resource
}

func (c *Cloud) ownerless(service, resource string) string {
	return "arn:" + c.partition() + ":" + service + ":" + c.cfg.Region + "::" + resource
}

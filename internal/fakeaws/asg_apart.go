package fakeaws

import "slices"

// Standby and detaching: how the owner of a group takes instances out of service.
// The instances keep running.

type apartInput struct {
	IDs       []string `form:"InstanceIds" len:"1-19"`
	Group     string   `form:"AutoScalingGroupName,required" len:"1-255"`
	Decrement *bool    `form:"ShouldDecrementDesiredCapacity,required"`
}

type activitiesOutput struct {
	Activities members[activityXML] `xml:"Activities"`
}

func (r *request) enterStandby(in *apartInput) (*activitiesOutput, *Error) {
	return r.setApart(in, "Moving EC2 instance to Standby: ", func(m *machine) {
		m.Lifecycle = LifecycleStandby
	})
}

// detachInstances removes instances from the group. They stay in EC2.
func (r *request) detachInstances(in *apartInput) (*activitiesOutput, *Error) {
	return r.setApart(in, "Detaching EC2 instance: ", func(m *machine) {
		m.Lifecycle, m.Group, m.Protected = LifecycleDetached, "", false
		delete(m.Tags, "aws:autoscaling:groupName")
		m.group.members = slices.DeleteFunc(m.group.members, func(other *machine) bool { return other == m })
	})
}

func (r *request) setApart(in *apartInput, what string, set func(*machine)) (*activitiesOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	found, err := r.managed(in.IDs, g.name)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m.Lifecycle != LifecycleInService {
			return nil, validation("The instance %s is not in InService.", m.ID)
		}
	}
	if *in.Decrement {
		if g.sizes.desired-len(found) < g.sizes.min {
			return nil, validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To place into standby %d instances, "+
				"please update the AutoScalingGroup sizes appropriately.", g.name, g.sizes.min, g.sizes.max, g.sizes.desired, len(found))
		}
		g.sizes.desired -= len(found)
	}
	out := &activitiesOutput{}
	for _, m := range found {
		cause := sentence(r.now, "instance %s was set apart in response to a user request.", m.ID)
		a := g.begin(r.Cloud, r.now, what+m.ID, cause, m.place())
		set(m)
		a.succeed(r.now)
		r.changed(m)
		out.Activities.List = append(out.Activities.List, r.activityXML(g, a))
	}
	return out, nil
}

type attachInstancesInput struct {
	IDs   []string `form:"InstanceIds" len:"1-19"`
	Group string   `form:"AutoScalingGroupName,required" len:"1-255"`
}

// attachInstances puts running instances that belong to no group into one, and raises its desired size.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachInstances.html
func (r *request) attachInstances(in *attachInstancesInput) (*done, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	var found []*machine
	for _, id := range in.IDs {
		m := r.machine(id)
		switch {
		case m == nil:
			return nil, validation("Invalid Instance ID(s) - %s", id)
		case m.Lifecycle != LifecycleDetached || m.State != StateRunning:
			return nil, validation("Instance %s is not in correct state or is already part of an AutoScalingGroup", id)
		case !g.uses(m.Zone):
			return nil, validation("The availability zone of instance %s is not part of the AutoScalingGroup", id)
		}
		found = append(found, m)
	}
	if g.sizes.desired+len(found) > g.sizes.max {
		return nil, validation("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach %d more instances, "+
			"please update the AutoScalingGroup sizes appropriately.", g.name, g.sizes.min, g.sizes.max, g.sizes.desired, len(found))
	}
	g.sizes.desired += len(found)
	for _, m := range found {
		a := g.begin(r.Cloud, r.now, "Attaching an existing EC2 instance: "+m.ID,
			sentence(r.now, "an instance was attached in response to user request."), m.place())
		m.group, m.Group, m.Lifecycle, m.Healthy = g, g.name, LifecycleInService, true
		m.Tags["aws:autoscaling:groupName"] = g.name
		g.members = append(g.members, m)
		a.succeed(r.now)
		r.changed(m)
	}
	return &done{}, nil
}

type exitStandbyInput struct {
	IDs   []string `form:"InstanceIds" len:"1-19"`
	Group string   `form:"AutoScalingGroupName,required" len:"1-255"`
}

// exitStandby puts instances back into service and raises the desired size.
func (r *request) exitStandby(in *exitStandbyInput) (*activitiesOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	found, err := r.managed(in.IDs, g.name)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m.Lifecycle != LifecycleStandby {
			return nil, validation("The instance %s is not in Standby.", m.ID)
		}
	}
	if g.sizes.desired+len(found) > g.sizes.max {
		return nil, validation("AutoScalingGroup %s has max-size=%d. It cannot take back %d instances.", g.name, g.sizes.max, len(found))
	}
	g.sizes.desired += len(found)
	out := &activitiesOutput{}
	for _, m := range found {
		cause := sentence(r.now, "instance %s was moved out of standby in response to a user request.", m.ID)
		a := g.begin(r.Cloud, r.now, "Moving EC2 instance out of Standby: "+m.ID, cause, m.place())
		m.Lifecycle = LifecycleInService
		a.succeed(r.now)
		r.changed(m)
		out.Activities.List = append(out.Activities.List, r.activityXML(g, a))
	}
	return out, nil
}

package fakeaws

import "slices"

// Standby and detaching: how the owner of a group takes instances out of service.
// The instances keep running.

type apartInput struct {
	IDs       []string `form:"InstanceIds"`
	Group     string   `form:"AutoScalingGroupName,required"`
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

type exitStandbyInput struct {
	IDs   []string `form:"InstanceIds"`
	Group string   `form:"AutoScalingGroupName,required"`
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

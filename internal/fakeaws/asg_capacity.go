package fakeaws

import "slices"

type setDesiredCapacityInput struct {
	Name          string `form:"AutoScalingGroupName,required" len:"1-255"`
	Desired       *int   `form:"DesiredCapacity,required"`
	HonorCooldown *bool  `form:"HonorCooldown"` // ignored: policies do not act here, so there are no cooldowns
}

func (r *request) setDesiredCapacity(in *setDesiredCapacityInput) (*done, *Error) {
	g, err := r.existing(in.Name)
	if err != nil {
		return nil, err
	}
	if *in.Desired > g.sizes.max {
		return nil, validation("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", *in.Desired, g.sizes.max)
	}
	if *in.Desired < g.sizes.min {
		return nil, validation("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", *in.Desired, g.sizes.min)
	}
	if before := g.sizes.desired; before != *in.Desired {
		g.sizes.desired = *in.Desired
		g.reason = sentence(r.now, "a user request explicitly set group desired capacity changing the desired capacity "+
			"from %d to %d.", before, g.sizes.desired)
	}
	return &done{}, nil
}

// TerminateOneByOne has the region not know yet that TerminateInstanceInAutoScalingGroup takes several
// instances (InstanceIds, August 2026).
func (c *Cloud) TerminateOneByOne() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.oneTermination = true
}

// mostTerminated is the largest number of instances in one call.
const mostTerminated = 100

type terminateInGroupInput struct {
	ID        string   `form:"InstanceId" len:"1-19"`
	IDs       []string `form:"InstanceIds" len:"1-19"`
	Group     string   `form:"AutoScalingGroupName" len:"1-255"`
	Decrement *bool    `form:"ShouldDecrementDesiredCapacity,required"`
}

type terminateInGroupOutput struct {
	Activity   *activityXML          `xml:"Activity,omitempty"`
	Activities *members[activityXML] `xml:"Activities,omitempty"`
}

// terminateInGroup terminates instances of one group: all that are named or, if
// something is wrong with one of them, none. For an instance that is already
// terminating the answer is its termination activity, and a decrement lowers the
// desired size again. AWS does not document this case, so callers have to check
// the state of an instance before they call.
func (r *request) terminateInGroup(in *terminateInGroupInput) (*terminateInGroupOutput, *Error) {
	found, err := r.toTerminate(in)
	if err != nil {
		return nil, err
	}
	g := found[0].group
	before := g.sizes.desired
	if *in.Decrement {
		if g.sizes.desired-len(found) < g.sizes.min {
			return nil, validation("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will "+
				"violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's "+
				"min size.", g.sizes.min)
		}
		g.sizes.desired -= len(found)
	}
	out := &terminateInGroupOutput{Activities: &members[activityXML]{}}
	for i, m := range found {
		m.returns = *in.Decrement && g.reuses()
		r.terminate(m, userCause(r, m, *in.Decrement, before-i), r.now)
		out.Activities.List = append(out.Activities.List, r.activityXML(g, m.terminating))
	}
	if in.ID != "" {
		out = &terminateInGroupOutput{Activity: &out.Activities.List[0]}
	}
	return out, nil
}

func userCause(r *request, m *machine, decrement bool, from int) string {
	if decrement {
		return sentence(r.now, "instance %s was taken out of service in response to a user request, shrinking the capacity "+
			"from %d to %d.", m.ID, from, from-1)
	}
	return sentence(r.now, "instance %s was taken out of service in response to a user request.", m.ID)
}

// toTerminate returns the instances that a call names.
func (r *request) toTerminate(in *terminateInGroupInput) ([]*machine, *Error) {
	ids := in.IDs
	if r.oneTermination { // the query protocol ignores parameters that a service does not know
		ids = nil
	}
	if in.ID != "" {
		ids = append(ids, in.ID)
	}
	switch {
	case len(ids) == 0:
		return nil, required("instanceId")
	case in.ID != "" && len(in.IDs) > 0:
		return nil, validation("Only one of InstanceId and InstanceIds may be specified")
	case len(ids) > mostTerminated:
		return nil, validation("At most %d instances may be specified, not %d", mostTerminated, len(ids))
	case len(in.IDs) > 0 && in.Group == "":
		return nil, validation("AutoScalingGroupName is required when using InstanceIds")
	}
	if in.Group != "" {
		if _, err := r.existing(in.Group); err != nil {
			return nil, err
		}
	}
	return r.managed(ids, in.Group)
}

// managed returns the instances with those ids, without duplicates. Each has to be
// a member of a group, and if group is not empty, of that group.
func (c *Cloud) managed(ids []string, group string) ([]*machine, *Error) {
	var found []*machine
	for _, id := range ids {
		m := c.machine(id)
		if m == nil || !m.isMember() {
			return nil, validation("Instance Id not found - No managed instance found for instance ID: %s", id)
		}
		if m.InWarmPool() { // "This operation cannot be called on instances in a warm pool"; the words are not documented
			return nil, validation("The instance %s is in a warm pool.", id)
		}
		if group != "" && m.Group != group {
			return nil, validation("The instance %s is not part of Auto Scaling group %s.", id, group)
		}
		if !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	return found, nil
}

type setInstanceProtectionInput struct {
	IDs       []string `form:"InstanceIds,required" len:"1-19"`
	Group     string   `form:"AutoScalingGroupName,required" len:"1-255"`
	Protected *bool    `form:"ProtectedFromScaleIn,required"`
}

func (r *request) setInstanceProtection(in *setInstanceProtectionInput) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	found, err := r.managed(in.IDs, g.name)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		m.Protected = *in.Protected
	}
	return &emptyResult{}, nil
}

// emptyResult is the result of operations whose result element is empty.
type emptyResult struct{}

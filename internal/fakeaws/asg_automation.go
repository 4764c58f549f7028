package fakeaws

import (
	"slices"
	"time"
)

// What changes a group's sizes without a call: scaling policies and scheduled
// actions. Policies are only stored and described. A scheduled action is carried
// out once, at its start.

type policySpec struct {
	Group      string `form:"AutoScalingGroupName,required" len:"1-255" xml:"AutoScalingGroupName"`
	Name       string `form:"PolicyName,required" len:"1-255" xml:"PolicyName"`
	Type       string `form:"PolicyType" xml:"PolicyType"`
	Adjustment string `form:"AdjustmentType" xml:"AdjustmentType,omitempty"`
	Scaling    *int   `form:"ScalingAdjustment" xml:"ScalingAdjustment,omitempty"`
	Enabled    *bool  `form:"Enabled" xml:"Enabled"`
}

func (p policySpec) check() *Error {
	types := []string{"", "SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"}
	if !slices.Contains(types, p.Type) {
		return validation("Unsupported policy type: %s", p.Type)
	}
	return nil
}

type putPolicyOutput struct {
	ARN string `xml:"PolicyARN"`
}

func (r *request) putScalingPolicy(in *policySpec) (*putPolicyOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	yes := true
	setDefault(&in.Type, "SimpleScaling")
	setDefault(&in.Enabled, &yes)
	g.scaling = append(slices.DeleteFunc(g.scaling, func(p policySpec) bool { return p.Name == in.Name }), *in)
	return &putPolicyOutput{g.arn + ":policyName/" + in.Name}, nil
}

type describePoliciesInput struct {
	recordPaging
	Group string   `form:"AutoScalingGroupName" len:"1-255"`
	Names []string `form:"PolicyNames"`
}

type describePoliciesOutput struct {
	Policies  members[policySpec] `xml:"ScalingPolicies"`
	NextToken string              `xml:"NextToken,omitempty"`
}

func (r *request) describePolicies(in *describePoliciesInput) (*describePoliciesOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	part, next, err := records(g.scaling, in.recordPaging, 50, 100, func(p policySpec) string { return p.Name })
	if err != nil {
		return nil, err
	}
	return &describePoliciesOutput{Policies: members[policySpec]{part}, NextToken: next}, nil
}

type scheduledSpec struct {
	Group      string     `form:"AutoScalingGroupName,required" len:"1-255" xml:"AutoScalingGroupName"`
	Name       string     `form:"ScheduledActionName,required" len:"1-255" xml:"ScheduledActionName"`
	Start      string     `form:"StartTime" xml:"-"`
	StartTime  *timestamp `form:"-" xml:"StartTime,omitempty"`
	Recurrence string     `form:"Recurrence" xml:"Recurrence,omitempty"`
	Min        *int       `form:"MinSize" xml:"MinSize,omitempty"`
	Max        *int       `form:"MaxSize" xml:"MaxSize,omitempty"`
	Desired    *int       `form:"DesiredCapacity" xml:"DesiredCapacity,omitempty"`
	done       bool       `form:"-"`
}

// check validates the action and parses its start.
func (s *scheduledSpec) check() *Error {
	start, err := time.Parse(time.RFC3339, s.Start)
	switch {
	case err != nil:
		return validation("Invalid StartTime: %s", s.Start)
	case s.Min == nil && s.Max == nil && s.Desired == nil:
		return validation("At least one of MinSize, MaxSize and DesiredCapacity must be specified")
	}
	s.StartTime = stampOrNil(start)
	return nil
}

func (r *request) putScheduledAction(in *scheduledSpec) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	g.scheduled = append(slices.DeleteFunc(g.scheduled, func(s *scheduledSpec) bool { return s.Name == in.Name }), in)
	return &emptyResult{}, nil
}

type describeScheduledInput struct {
	recordPaging
	Group string `form:"AutoScalingGroupName" len:"1-255"`
}

type describeScheduledOutput struct {
	Actions   members[*scheduledSpec] `xml:"ScheduledUpdateGroupActions"`
	NextToken string                  `xml:"NextToken,omitempty"`
}

func (r *request) describeScheduledActions(in *describeScheduledInput) (*describeScheduledOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	part, next, err := records(g.scheduled, in.recordPaging, 50, 100, func(s *scheduledSpec) string { return s.Name })
	if err != nil {
		return nil, err
	}
	return &describeScheduledOutput{Actions: members[*scheduledSpec]{part}, NextToken: next}, nil
}

// runScheduled carries out the scheduled actions that are due. Actions that are
// due while ScheduledActions is suspended are never carried out.
func (c *Cloud) runScheduled(g *group, now time.Time) {
	for _, s := range g.scheduled {
		if s.done || now.Before(time.Time(*s.StartTime)) {
			continue
		}
		s.done = true
		if g.isSuspended(processScheduledActions) {
			continue
		}
		before := g.sizes.desired
		if sized, err := g.sizes.changed(s.Min, s.Max, s.Desired); err == nil {
			g.sizes = sized
			g.reason = sentence(now, "a scheduled action update of AutoScalingGroup constraints changing the desired capacity from %d to %d.",
				before, g.sizes.desired)
		}
	}
}

// retire replaces instances that are older than their group's maximum instance
// lifetime, one at a time.
func (c *Cloud) retire(g *group, now time.Time) {
	lifetime := g.settings.MaxInstanceLifetime
	if lifetime == nil || *lifetime == 0 || g.isSuspended(processTerminate) || g.busy() {
		return
	}
	for _, m := range g.active() {
		if now.Sub(m.Launched) >= time.Duration(*lifetime)*time.Second {
			c.terminate(m, sentence(now, "an instance was taken out of service in response to the maximum instance lifetime being exceeded."), now)
			return
		}
	}
}

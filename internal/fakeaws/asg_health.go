package fakeaws

type setHealthInput struct {
	ID     string `form:"InstanceId,required" len:"1-19"`
	Status string `form:"HealthStatus,required"`
	Grace  *bool  `form:"ShouldRespectGracePeriod"` // ignored: nothing here has a grace period
}

// setInstanceHealth is how a health check of one's own tells a group about an instance: the group replaces it
// as one that EC2 no longer runs.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html
func (r *request) setInstanceHealth(in *setHealthInput) (*done, *Error) {
	if in.Status != "Healthy" && in.Status != "Unhealthy" {
		return nil, validation("Valid instance health states are: [Healthy, Unhealthy].")
	}
	found, err := r.managed([]string{in.ID}, "")
	if err != nil {
		return nil, err
	}
	found[0].Healthy = in.Status == "Healthy"
	r.changed(found[0])
	return &done{}, nil
}

// maintenancePolicy says how far a group may shrink or grow while it replaces instances by itself. It is only
// described: it does not apply to TerminateInstanceInAutoScalingGroup.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-maintenance-policy.html
type maintenancePolicy struct {
	Least *int `form:"MinHealthyPercentage" xml:"MinHealthyPercentage,omitempty"`
	Most  *int `form:"MaxHealthyPercentage" xml:"MaxHealthyPercentage,omitempty"`
}

// check has the ranges of the API reference. Both -1 remove the policy.
func (p *maintenancePolicy) check() *Error {
	switch {
	case p == nil:
		return nil
	case p.Least == nil || p.Most == nil:
		return validation("Both MinHealthyPercentage and MaxHealthyPercentage must be specified")
	case *p.Least == -1 && *p.Most == -1:
		return nil
	case *p.Least < 0 || *p.Least > 100 || *p.Most < 100 || *p.Most > 200 || *p.Most-*p.Least > 100:
		return validation("MinHealthyPercentage must be between 0 and 100, and MaxHealthyPercentage between 100 and 200 and at most 100 above it")
	}
	return nil
}

package fakeaws

import "slices"

// autoScalingOperations are the supported operations of Auto Scaling.
func autoScalingOperations() map[string]operation {
	return map[string]operation{
		"AttachInstances":                     serving((*request).attachInstances),
		"AttachLoadBalancerTargetGroups":      serving((*request).attachTargetGroups),
		"AttachLoadBalancers":                 serving((*request).attachBalancers),
		"CompleteLifecycleAction":             serving((*request).completeLifecycleAction),
		"CreateAutoScalingGroup":              serving((*request).createAutoScalingGroup),
		"CreateLaunchConfiguration":           serving((*request).createLaunchConfiguration),
		"CreateOrUpdateTags":                  serving((*request).createOrUpdateTags),
		"DescribeWarmPool":                    serving((*request).describeWarmPool),
		"DeleteWarmPool":                      serving((*request).deleteWarmPool),
		"DescribePolicies":                    serving((*request).describePolicies),
		"DescribeScheduledActions":            serving((*request).describeScheduledActions),
		"DetachInstances":                     serving((*request).detachInstances),
		"EnterStandby":                        serving((*request).enterStandby),
		"ExitStandby":                         serving((*request).exitStandby),
		"PutScalingPolicy":                    serving((*request).putScalingPolicy),
		"PutScheduledUpdateGroupAction":       serving((*request).putScheduledAction),
		"PutWarmPool":                         serving((*request).putWarmPool),
		"DeleteTags":                          serving((*request).deleteTags),
		"DescribeAutoScalingGroups":           serving((*request).describeAutoScalingGroups),
		"DescribeAutoScalingInstances":        serving((*request).describeAutoScalingInstances),
		"DescribeInstanceRefreshes":           serving((*request).describeInstanceRefreshes),
		"DescribeLifecycleHooks":              serving((*request).describeLifecycleHooks),
		"DescribeScalingActivities":           serving((*request).describeScalingActivities),
		"DescribeTags":                        serving((*request).describeTags),
		"PutLifecycleHook":                    serving((*request).putLifecycleHook),
		"ResumeProcesses":                     serving((*request).resumeProcesses),
		"SetDesiredCapacity":                  serving((*request).setDesiredCapacity),
		"SetInstanceHealth":                   serving((*request).setInstanceHealth),
		"SetInstanceProtection":               serving((*request).setInstanceProtection),
		"StartInstanceRefresh":                serving((*request).startInstanceRefresh),
		"SuspendProcesses":                    serving((*request).suspendProcesses),
		"TerminateInstanceInAutoScalingGroup": serving((*request).terminateInGroup),
		"UpdateAutoScalingGroup":              serving((*request).updateAutoScalingGroup),
	}
}

// recordPaging is the paging input of every describe operation of Auto Scaling.
type recordPaging struct {
	MaxRecords *int   `form:"MaxRecords"`
	NextToken  string `form:"NextToken"`
}

// records returns the page of a list that was requested. A page has usual
// elements, unless the request has another number, which is at most most.
func records[T any](all []T, p recordPaging, usual, most int, key func(T) string) ([]T, string, *Error) {
	size := usual
	if p.MaxRecords != nil {
		size = *p.MaxRecords
	}
	if size < 1 || size > most {
		return nil, "", validation("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: "+
			"Member must have value between 1 and %d", size, most)
	}
	part, next, ok := page(all, p.NextToken, size, key)
	if !ok {
		return nil, "", newError("InvalidNextToken", "The token '%s' is invalid", p.NextToken)
	}
	return part, next, nil
}

// recordFilter is Auto Scaling's form of a filter. Its values have no wildcards.
type recordFilter struct {
	Name   string   `form:"Name"`
	Values []string `form:"Values"`
}

func (f recordFilter) has(value string) bool { return slices.Contains(f.Values, value) }

// existing returns the group with that name or Auto Scaling's error.
func (c *Cloud) existing(name string) (*group, *Error) {
	if g := c.groupNamed(name); g != nil {
		return g, nil
	}
	if name == "" {
		return nil, validation("1 validation error detected: Value null at 'autoScalingGroupName' failed to satisfy " +
			"constraint: Member must not be null")
	}
	return nil, validation("AutoScalingGroup name not found - AutoScalingGroup %s not found", name)
}

// required is the error for a missing parameter.
func required(name string) *Error {
	return validation("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
}

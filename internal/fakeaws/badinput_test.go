package fakeaws

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Every operation refuses a wrong call with an error code of its service and never
// answers it as a success.
func TestBadInputIsRefused(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 1)
	for _, s := range []service{autoScalingService(), ec2Service(), stsService(), elbService()} {
		for action := range s.operations {
			unknown := "ValidationError"
			if s.name == "ec2" {
				unknown = "UnknownParameter"
			}
			w.refuses(s, action, "Colour=blue", unknown)
			if !mayBeBare(action) {
				w.refuses(s, action, "", "ValidationError", "MissingParameter", "TargetGroupNotFound", "LoadBalancerNotFound")
			}
			if s.name == "autoscaling" && !mayBeBare(action) && !strings.HasPrefix(action, "Create") {
				w.refuses(s, action, "AutoScalingGroupName=ghost", "ValidationError")
			}
			if s.name == "ec2" {
				w.refuses(s, action, "DryRun=maybe", "InvalidParameterValue")
			}
		}
	}
}

// mayBeBare tells whether an operation without parameters applies to everything.
func mayBeBare(action string) bool {
	return slices.Contains([]string{
		"DescribeAutoScalingGroups", "DescribeAutoScalingInstances", "DescribeScalingActivities", "DescribeTags", "DescribeAvailabilityZones",
		"DescribeImages", "DescribeInstances", "DescribeInstanceTypes", "DescribeLaunchTemplates", "DescribeLoadBalancers", "DescribeSubnets", "DescribeTargetGroups", "GetCallerIdentity",
	}, action)
}

// Operations of Auto Scaling refuse an unknown group.
func TestBadValuesAreRefused(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 1)
	w.settle()
	for call, code := range map[string]string{
		"DescribeInstanceRefreshes MaxRecords=0":                                             "ValidationError",
		"DescribeInstanceRefreshes MaxRecords=101":                                           "ValidationError",
		"DescribeInstanceRefreshes NextToken=xyz":                                            "InvalidNextToken",
		"DescribePolicies MaxRecords=0":                                                      "ValidationError",
		"DescribePolicies NextToken=xyz":                                                     "InvalidNextToken",
		"DescribeScheduledActions NextToken=xyz":                                             "InvalidNextToken",
		"DescribeScalingActivities NextToken=xyz":                                            "InvalidNextToken",
		"DescribeLifecycleHooks MaxRecords=5":                                                "ValidationError", // it has no paging
		"PutLifecycleHook LifecycleHookName=h":                                               "ValidationError",
		"PutLifecycleHook LifecycleHookName=h&LifecycleTransition=later":                     "ValidationError",
		"PutScalingPolicy PolicyType=TargetTrackingScaling":                                  "ValidationError",
		"PutScalingPolicy PolicyName=p&PolicyType=Guess":                                     "ValidationError",
		"PutScheduledUpdateGroupAction StartTime=2026-09-21T00:00:00Z&MinSize=1":             "ValidationError",
		"PutScheduledUpdateGroupAction ScheduledActionName=a&StartTime=tomorrow&MinSize=1":   "ValidationError",
		"PutScheduledUpdateGroupAction ScheduledActionName=a&StartTime=2026-09-21T00:00:00Z": "ValidationError",
		"PutWarmPool PoolState=Lukewarm":                                                     "ValidationError",
		"PutWarmPool MinSize=-1":                                                             "ValidationError",
		"SetDesiredCapacity DesiredCapacity=7":                                               "ValidationError",
		"SetDesiredCapacity DesiredCapacity=-1":                                              "ValidationError",
		"SuspendProcesses ScalingProcesses.member.1=Lunch":                                   "ValidationError",
		"UpdateAutoScalingGroup MinSize=7":                                                   "ValidationError",
	} {
		action, params, _ := strings.Cut(call, " ")
		w.refuses(autoScalingService(), action, "AutoScalingGroupName=nodes&"+params, code)
	}
}

// refuses fails the test unless the call is refused with one of the codes.
func (w *world) refuses(s service, action, params string, codes ...string) {
	w.t.Helper()
	status, text := w.post("/", signed("us-west-2", s.name), "", "Action="+action+"&Version="+s.version+"&"+params)
	for _, code := range codes {
		if status == http.StatusBadRequest && strings.Contains(text, "<Code>"+code+"</Code>") {
			return
		}
	}
	w.t.Errorf("%s %s: %d %s, want %v", action, params, status, text[:min(len(text), 400)], codes)
}

// What AWS's models say of a parameter is checked before anything else, in the words of each service.
func TestRulesOfTheModels(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct{ service, query, code, says string }{
		"a parameter is missing":           {"autoscaling", "Action=SetDesiredCapacity&AutoScalingGroupName=nodes", "ValidationError", "Value null at 'desiredCapacity' failed to satisfy constraint: Member must not be null"},
		"a parameter of EC2 is missing":    {"ec2", "Action=CreateTags&ResourceId.1=i-1", "MissingParameter", "The request must contain the parameter Tag"},
		"a size is missing":                {"autoscaling", "Action=CreateAutoScalingGroup&AutoScalingGroupName=nodes&MinSize=1", "ValidationError", "Value null at 'maxSize'"},
		"a value is none of the enum's":    {"autoscaling", "Action=PutWarmPool&AutoScalingGroupName=nodes&PoolState=Cold", "ValidationError", "Member must satisfy enum value set: [Stopped, Running, Hibernated]"},
		"a value of EC2 is none":           {"ec2", "Action=CreateLaunchTemplate&LaunchTemplateName=nodes&LaunchTemplateData.MetadataOptions.HttpTokens=maybe", "InvalidParameterValue", "Invalid value 'maybe' for LaunchTemplateData.MetadataOptions.HttpTokens"},
		"a value deep in a list is none":   {"ec2", "Action=CreateLaunchTemplate&LaunchTemplateName=nodes&LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeType=gp9", "InvalidParameterValue", "gp9"},
		"a name is too long":               {"autoscaling", "Action=DescribeLifecycleHooks&AutoScalingGroupName=" + strings.Repeat("x", 256), "ValidationError", "at 'autoScalingGroupName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		"an instance's id is too long":     {"autoscaling", "Action=SetInstanceHealth&HealthStatus=Healthy&InstanceId=" + strings.Repeat("x", 20), "ValidationError", "length less than or equal to 19"},
		"a description is too long":        {"ec2", "Action=CreateLaunchTemplateVersion&LaunchTemplateId=lt-1&LaunchTemplateData.KeyName=x&VersionDescription=" + strings.Repeat("x", 256), "InvalidParameterValue", "VersionDescription"},
		"what nobody knows comes first":    {"ec2", "Action=CreateTags&Colour=blue", "UnknownParameter", "Colour"},
		"an operation takes its own alone": {"autoscaling", "Action=DeleteWarmPool&AutoScalingGroupName=nodes&PoolState=Stopped", "ValidationError", "PoolState"},
	} {
		t.Run(name, func(t *testing.T) {
			s := services()[tt.service]
			_, body := w.post("/", signed("us-west-2", tt.service), "", tt.query+"&Version="+s.version)
			if !strings.Contains(body, "<Code>"+tt.code+"</Code>") || !strings.Contains(html.UnescapeString(body), tt.says) {
				t.Errorf("got %s, want %s: %s", body, tt.code, tt.says)
			}
		})
	}
}

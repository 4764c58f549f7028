package fakeaws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func (w *world) described() astypes.AutoScalingGroup {
	w.t.Helper()
	out, err := w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"nodes"}})
	w.ok(err)
	if len(out.AutoScalingGroups) != 1 {
		w.t.Fatalf("got %d groups", len(out.AutoScalingGroups))
	}
	return out.AutoScalingGroups[0]
}

// createInput is a group in two subnets with every supported setting.
func (w *world) createInput(templateID string) *autoscaling.CreateAutoScalingGroupInput {
	return &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MinSize: aws.Int32(1), MaxSize: aws.Int32(5), DesiredCapacity: aws.Int32(2),
		LaunchTemplate:    &astypes.LaunchTemplateSpecification{LaunchTemplateId: &templateID, Version: aws.String("$Latest")},
		VPCZoneIdentifier: aws.String(w.network.subnets[0].id + "," + w.network.subnets[2].id),
		DefaultCooldown:   aws.Int32(60), DefaultInstanceWarmup: aws.Int32(30), HealthCheckType: aws.String("ELB"),
		HealthCheckGracePeriod: aws.Int32(90), TerminationPolicies: []string{"OldestInstance", "Default"},
		NewInstancesProtectedFromScaleIn: aws.Bool(true), CapacityRebalance: aws.Bool(true),
		AvailabilityZoneDistribution: &astypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "balanced-only"},
		Tags:                         []astypes.Tag{{Key: aws.String("team"), Value: aws.String("blue"), PropagateAtLaunch: aws.Bool(true)}},
		LifecycleHookSpecificationList: []astypes.LifecycleHookSpecification{{
			LifecycleHookName: aws.String("drain"), LifecycleTransition: aws.String(hookTerminating), HeartbeatTimeout: aws.Int32(60),
		}},
	}
}

func TestGroupIsDescribedAsAskedFor(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	_, err := w.asg.CreateAutoScalingGroup(w.ctx(), w.createInput(template.ID))
	w.ok(err)
	w.settle()
	g := w.described()
	same(t, "sizes", fmt.Sprint(*g.MinSize, *g.MaxSize, *g.DesiredCapacity), "1 5 2")
	same(t, "template", fmt.Sprint(*g.LaunchTemplate.LaunchTemplateId, *g.LaunchTemplate.LaunchTemplateName, *g.LaunchTemplate.Version), template.ID+"nodes$Latest")
	same(t, "zones", g.AvailabilityZones, "[us-west-2a us-west-2c]")
	same(t, "subnets", *g.VPCZoneIdentifier, w.network.subnets[0].id+","+w.network.subnets[2].id)
	same(t, "times", fmt.Sprint(*g.DefaultCooldown, *g.DefaultInstanceWarmup, *g.HealthCheckGracePeriod), "60 30 90")
	same(t, "health check", *g.HealthCheckType, "ELB")
	same(t, "policies", g.TerminationPolicies, "[OldestInstance Default]")
	same(t, "protected", *g.NewInstancesProtectedFromScaleIn, true)
	same(t, "rebalance", *g.CapacityRebalance, true)
	same(t, "strategy", g.AvailabilityZoneDistribution.CapacityDistributionStrategy, "balanced-only")
	same(t, "created", g.CreatedTime.UTC(), start())
	same(t, "tag", fmt.Sprint(*g.Tags[0].Key, *g.Tags[0].Value, *g.Tags[0].PropagateAtLaunch, *g.Tags[0].ResourceId), "teambluetruenodes")
	same(t, "arn", strings.HasPrefix(*g.AutoScalingGroupARN, "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:"), true)

	same(t, "instances", len(g.Instances), 2)
	i := g.Instances[0]
	own := w.Instances()[0]
	same(t, "instance", fmt.Sprint(*i.InstanceId, *i.InstanceType, *i.AvailabilityZone, i.LifecycleState, *i.HealthStatus, *i.ProtectedFromScaleIn),
		fmt.Sprint(own.ID, "m5.xlarge", own.Zone, "InService", "Healthy", true))
	same(t, "version is a number", *i.LaunchTemplate.Version, "1")
}

func TestGroupByZoneIDs(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	in := w.createInput(template.ID)
	in.VPCZoneIdentifier, in.AvailabilityZoneIds = nil, []string{"usw2-az2"}
	_, err := w.asg.CreateAutoScalingGroup(w.ctx(), in)
	w.ok(err)
	g := w.described()
	same(t, "zones", g.AvailabilityZones, "[us-west-2b]")
	same(t, "zone ids", g.AvailabilityZoneIds, "[usw2-az2]")
}

func TestMixedInstancesPolicyIsKept(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	in := w.createInput(template.ID)
	in.LaunchTemplate = nil
	in.MixedInstancesPolicy = &astypes.MixedInstancesPolicy{
		LaunchTemplate: &astypes.LaunchTemplate{
			LaunchTemplateSpecification: &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes"), Version: aws.String("1")},
			Overrides:                   []astypes.LaunchTemplateOverrides{{InstanceType: aws.String("m6i.xlarge")}, {InstanceType: aws.String("m5.xlarge")}},
		},
		InstancesDistribution: &astypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(50)},
	}
	_, err := w.asg.CreateAutoScalingGroup(w.ctx(), in)
	w.ok(err)
	w.settle()
	g := w.described()
	same(t, "template of its own", g.LaunchTemplate == nil, true)
	spec := g.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification
	same(t, "template", *spec.LaunchTemplateId+" "+*spec.Version, template.ID+" 1")
	same(t, "overrides", *g.MixedInstancesPolicy.LaunchTemplate.Overrides[1].InstanceType, "m5.xlarge")
	same(t, "on demand", *g.MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity, 50)
	same(t, "type of the first override", w.Instances()[0].Type, "m6i.xlarge")

	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(template.ID, "1"))
	w.ok(err)
	g = w.described()
	same(t, "policy after it was replaced by a template", g.MixedInstancesPolicy == nil, true)
	same(t, "template", *g.LaunchTemplate.LaunchTemplateId, template.ID)
}

func TestGroupsAreFound(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	for i := range 120 {
		colour := []string{"blue", "red"}[i%2]
		w.ok(w.CreateGroup(GroupSpec{
			Name: fmt.Sprintf("g%03d", i), MaxSize: 1, LaunchTemplateID: template.ID, Tags: []Tag{{Key: "colour", Value: colour}, {Key: colour}},
		}))
	}
	for name, row := range map[string]struct {
		in   autoscaling.DescribeAutoScalingGroupsInput
		want string // number of groups on each page
	}{
		"a page has fifty groups":                          {autoscaling.DescribeAutoScalingGroupsInput{}, "[50 50 20]"},
		"a page has a hundred groups at most":              {autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100)}, "[100 20]"},
		"names select groups and unknown ones are omitted": {autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"g007", "none"}}, "[1]"},
		"a tag filter selects groups":                      {autoscaling.DescribeAutoScalingGroupsInput{Filters: groupFilter("tag:colour", "blue")}, "[50 10]"},
		"a filter matches any of its values":               {autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100), Filters: groupFilter("tag:colour", "blue", "red")}, "[100 20]"},
		"a tag-key filter selects groups":                  {autoscaling.DescribeAutoScalingGroupsInput{Filters: groupFilter("tag-key", "red"), MaxRecords: aws.Int32(100)}, "[60]"},
		"a tag-value filter selects groups":                {autoscaling.DescribeAutoScalingGroupsInput{Filters: groupFilter("tag-value", "green")}, "[0]"},
		"a group has to match all filters":                 {autoscaling.DescribeAutoScalingGroupsInput{Filters: append(groupFilter("tag-key", "red"), groupFilter("tag:colour", "blue")...)}, "[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(w.asg, &row.in)
			var sizes []int
			for pages.HasMorePages() {
				page, err := pages.NextPage(w.ctx())
				w.ok(err)
				sizes = append(sizes, len(page.AutoScalingGroups))
			}
			same(t, "pages", sizes, row.want)
		})
	}
}

func groupFilter(name string, values ...string) []astypes.Filter {
	return []astypes.Filter{{Name: aws.String(name), Values: values}}
}

func TestGroupsWithoutInstances(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 3)
	out, err := w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{IncludeInstances: aws.Bool(false)})
	w.ok(err)
	same(t, "instances", len(out.AutoScalingGroups[0].Instances), 0)
	same(t, "desired", *out.AutoScalingGroups[0].DesiredCapacity, 3)
}

func TestGroupInstancesAreFound(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	gone := w.inZone("a").ID
	w.terminate(gone, true)
	w.settle()
	out, err := w.asg.DescribeAutoScalingInstances(w.ctx(), &autoscaling.DescribeAutoScalingInstancesInput{})
	w.ok(err)
	same(t, "members", len(out.AutoScalingInstances), 2)
	same(t, "health", *out.AutoScalingInstances[0].HealthStatus, "HEALTHY")
	same(t, "group", *out.AutoScalingInstances[0].AutoScalingGroupName, "nodes")
	out, err = w.asg.DescribeAutoScalingInstances(w.ctx(), &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{gone}})
	w.ok(err)
	same(t, "members with the id of an instance that was terminated", len(out.AutoScalingInstances), 0)
}

// A row is an update of a group with min 2, max 6, desired 4.
func TestUpdateOfSizes(t *testing.T) {
	for name, row := range map[string]struct {
		min, max, desired *int32
		want              string // min max desired, or the error
	}{
		"an update without sizes changes none":                         {nil, nil, nil, "2 6 4"},
		"a maximum below the desired size lowers it":                   {nil, aws.Int32(3), nil, "2 3 3"},
		"a minimum above the desired size raises it":                   {aws.Int32(5), nil, nil, "5 6 5"},
		"the desired size changes alone":                               {nil, nil, aws.Int32(6), "2 6 6"},
		"the maximum and the desired size change together":             {nil, aws.Int32(9), aws.Int32(8), "2 9 8"},
		"all sizes change to zero":                                     {aws.Int32(0), aws.Int32(0), nil, "0 0 0"},
		"a desired size above the maximum is refused":                  {nil, nil, aws.Int32(7), "Desired capacity:7 must be between the specified min size:2 and max size:6"},
		"a desired size below the minimum is refused":                  {nil, nil, aws.Int32(1), "Desired capacity:1 must be between the specified min size:2 and max size:6"},
		"a maximum below the desired size of the same call is refused": {nil, aws.Int32(3), aws.Int32(4), "Desired capacity:4 must be between the specified min size:2 and max size:3"},
		"a maximum below the minimum is refused":                       {nil, aws.Int32(1), nil, "Max bound, 1, must be greater than or equal to min bound, 2"},
		"a negative size is refused":                                   {aws.Int32(-1), nil, nil, "must not be negative: -1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.group(2, 6, 4)
			_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
				AutoScalingGroupName: aws.String("nodes"), MinSize: row.min, MaxSize: row.max, DesiredCapacity: row.desired,
			})
			g := w.described()
			got := fmt.Sprint(*g.MinSize, *g.MaxSize, *g.DesiredCapacity)
			if err == nil {
				same(t, "sizes", got, row.want)
				return
			}
			w.refused(err, "ValidationError", 400, row.want)
			same(t, "sizes after the refusal", got, "2 6 4")
		})
	}
}

func TestUpdateAppliesAllOrNothing(t *testing.T) {
	w := newWorld(t)
	w.group(2, 6, 4)
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MaxSize: aws.Int32(9), TerminationPolicies: []string{"Youngest"},
	})
	w.refused(err, "ValidationError", 400, "Youngest")
	same(t, "maximum", *w.described().MaxSize, 6)
}

func TestGroupErrors(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	arm, _ := w.LatestImage("1.36", "arm64")
	none, err := w.CreateLaunchTemplate(TemplateSpec{Name: "none", ImageID: "ami-0123456789abcdef0", InstanceType: "m5.xlarge"})
	w.ok(err)
	other, err := w.CreateLaunchTemplate(TemplateSpec{Name: "other", ImageID: arm.ID, InstanceType: "m5.xlarge"})
	w.ok(err)
	typeless, err := w.CreateLaunchTemplate(TemplateSpec{Name: "typeless", ImageID: arm.ID})
	w.ok(err)
	w.ok(w.CreateGroup(GroupSpec{Name: "taken", MaxSize: 1, LaunchTemplateID: template.ID}))
	use := func(id, version string) func(*autoscaling.CreateAutoScalingGroupInput) {
		return func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LaunchTemplate = &astypes.LaunchTemplateSpecification{LaunchTemplateId: &id, Version: &version}
		}
	}
	for name, row := range map[string]struct {
		change     func(*autoscaling.CreateAutoScalingGroupInput)
		code, says string
	}{
		"the name is taken":                                         {func(in *autoscaling.CreateAutoScalingGroupInput) { in.AutoScalingGroupName = aws.String("taken") }, "AlreadyExists", "taken already exists"},
		"there is no launch template":                               {func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil }, "ValidationError", "Valid requests must contain either LaunchTemplate"},
		"the launch template is unknown":                            {use("lt-0123", "1"), "ValidationError", "You must use a valid fully-formed launch template. The specified launch template, with template ID lt-0123, does not exist."},
		"the template version is unknown":                           {use(template.ID, "9"), "ValidationError", "version 9"},
		"the image is unknown":                                      {use(none.ID, "1"), "ValidationError", "The image id '[ami-0123456789abcdef0]' does not exist"},
		"the instance type has another architecture than the image": {use(other.ID, "1"), "ValidationError", "architecture 'x86_64' of the specified instance type does not match the architecture 'arm64'"},
		"the template has no instance type":                         {use(typeless.ID, "1"), "ValidationError", "InstanceType"},
		"the zone is unknown": {func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.VPCZoneIdentifier, in.AvailabilityZones = nil, []string{"us-west-2z"}
		}, "ValidationError", "us-west-2z"},
		"the subnet is unknown":                 {func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = aws.String("subnet-0") }, "ValidationError", "subnet-0"},
		"the zones do not match the subnets":    {func(in *autoscaling.CreateAutoScalingGroupInput) { in.AvailabilityZones = []string{"us-west-2b"} }, "ValidationError", "do not match"},
		"there is no zone":                      {func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = nil }, "ValidationError", "At least one Availability Zone or VPC Subnet is required."},
		"the desired size is above the maximum": {func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacity = aws.Int32(6) }, "ValidationError", "Desired capacity:6 must be between the specified min size:1 and max size:5"},
		"the maximum is below the minimum":      {func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxSize = aws.Int32(0) }, "ValidationError", "Max bound, 0"},
		"the termination policy is unknown":     {func(in *autoscaling.CreateAutoScalingGroupInput) { in.TerminationPolicies = []string{"Youngest"} }, "ValidationError", "Youngest"},
		"the hook's heartbeat timeout is too long": {func(in *autoscaling.CreateAutoScalingGroupInput) {
			in.LifecycleHookSpecificationList[0].HeartbeatTimeout = aws.Int32(8000)
		}, "ValidationError", "between 30 and 7200"},
		"the target group is unknown":              {func(in *autoscaling.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{"arn"} }, "ValidationError", "Provided Target Groups may not be valid"},
		"the maximum instance lifetime is an hour": {func(in *autoscaling.CreateAutoScalingGroupInput) { in.MaxInstanceLifetime = aws.Int32(3600) }, "ValidationError", "MaxInstanceLifetime"},
		"the desired size is in vCPUs":             {func(in *autoscaling.CreateAutoScalingGroupInput) { in.DesiredCapacityType = aws.String("vcpu") }, "ValidationError", "vcpu"},
	} {
		t.Run(name, func(t *testing.T) {
			in := w.createInput(template.ID)
			row.change(in)
			_, err := w.asg.CreateAutoScalingGroup(w.ctx(), in)
			w.in(t).refused(err, row.code, 400, row.says)
		})
	}
	same(t, "groups after the refused calls", len(w.groups), 1)
	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("ghost")})
	w.refused(err, "ValidationError", 400, "AutoScalingGroup name not found - ")
	_, err = w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(101)})
	w.refused(err, "ValidationError", 400, "101")
	_, err = w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{NextToken: aws.String("bm8=")})
	w.refused(err, "InvalidNextToken", 400, "bm8=")
	_, err = w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{Filters: groupFilter("colour", "blue")})
	w.refused(err, "ValidationError", 400, "colour")
}

func TestBalancedOnlyWaitsForItsZone(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:         aws.String("nodes"),
		AvailabilityZoneDistribution: &astypes.AvailabilityZoneDistribution{CapacityDistributionStrategy: "balanced-only"},
	})
	w.ok(err)
	w.FailLaunches("us-west-2a", "full")
	w.setDesired(6)
	w.settle()
	if got := w.spread(); !slices.Contains([]string{"1 1 1", "1 2 1", "1 1 2", "1 2 2"}, got) {
		t.Errorf("spread %s: instances were launched in other zones than the one without capacity", got)
	}
	w.FailLaunches("us-west-2a", "")
	w.settle()
	same(t, "spread when the zone has capacity again", w.spread(), "2 2 2")
}

package fakeaws

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestInstanceIsDescribedAsLaunched(t *testing.T) {
	w := newWorld(t)
	image, _ := w.LatestImage("1.36", "x86_64")
	template, err := w.CreateLaunchTemplate(TemplateSpec{
		Name: "nodes", ImageID: image.ID, InstanceType: "m5.xlarge", InstanceTags: map[string]string{"from": "template", "both": "template"},
	})
	w.ok(err)
	w.ok(w.CreateGroup(GroupSpec{
		Name: "nodes", MaxSize: 1, DesiredCapacity: 1, Zones: []string{"us-west-2b"}, LaunchTemplateID: template.ID,
		Tags: []Tag{{Key: "both", Value: "group", PropagateAtLaunch: true}, {Key: "kept", Value: "back"}},
	}))
	w.settle()
	out, err := w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{})
	w.ok(err)
	got := out.Reservations[0].Instances[0]
	want := w.Instances()[0]
	same(t, "id", *got.InstanceId, want.ID)
	same(t, "image", *got.ImageId, image.ID)
	same(t, "state", got.State.Name, "running")
	same(t, "state code", *got.State.Code, 16)
	same(t, "type", got.InstanceType, "m5.xlarge")
	same(t, "architecture", got.Architecture, "x86_64")
	same(t, "zone", *got.Placement.AvailabilityZone, "us-west-2b")
	same(t, "launch time", got.LaunchTime.Equal(want.Launched), true)
	same(t, "name", *got.PrivateDnsName, "ip-10-0-64-4.us-west-2.compute.internal")
	same(t, "address", *got.PrivateIpAddress, "10.0.64.4")
	same(t, "subnet", *got.SubnetId, want.SubnetID)
	tags := map[string]string{}
	for _, t := range got.Tags {
		tags[*t.Key] = *t.Value
	}
	same(t, "tags", tags, map[string]string{
		"from": "template", "both": "group", "aws:autoscaling:groupName": "nodes",
		"aws:ec2launchtemplate:id": template.ID, "aws:ec2launchtemplate:version": "1",
	})
}

func TestInstancesAreFound(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	gone := w.inZone("a")
	w.terminate(gone.ID, true)
	w.settle()
	kept := w.inZone("b")
	_, err := w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{
		Resources: []string{kept.ID}, Tags: []ec2types.Tag{{Key: aws.String("colour"), Value: aws.String("blue")}},
	})
	w.ok(err)
	for name, row := range map[string]struct {
		in   ec2.DescribeInstancesInput
		want int
	}{
		"all, with the terminated":             {ec2.DescribeInstancesInput{}, 3},
		"by id":                                {ec2.DescribeInstancesInput{InstanceIds: []string{gone.ID, kept.ID}}, 2},
		"running":                              {ec2.DescribeInstancesInput{Filters: filters("instance-state-name", "pending", "running")}, 2},
		"by a tag":                             {ec2.DescribeInstancesInput{Filters: filters("tag:colour", "blue")}, 1},
		"by zone":                              {ec2.DescribeInstancesInput{Filters: filters("availability-zone", "us-west-2b", "us-west-2c")}, 2},
		"by two filters":                       {ec2.DescribeInstancesInput{Filters: append(filters("availability-zone", "*b"), filters("tag-key", "colour")...)}, 1},
		"by a name":                            {ec2.DescribeInstancesInput{Filters: filters("private-dns-name", kept.PrivateDNS)}, 1},
		"by the name of a terminated instance": {ec2.DescribeInstancesInput{Filters: filters("private-dns-name", gone.PrivateDNS)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := w.ec2.DescribeInstances(w.ctx(), &row.in)
			w.ok(err)
			same(t, "instances", len(out.Reservations), row.want)
		})
	}
}

func TestInstancesComeInPages(t *testing.T) {
	w := newWorld(t)
	w.group(0, 12, 12)
	pages := ec2.NewDescribeInstancesPaginator(w.ec2, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)})
	var ids, sizes []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.ctx())
		w.ok(err)
		sizes = append(sizes, fmt.Sprint(len(page.Reservations)))
		for _, r := range page.Reservations {
			ids = append(ids, *r.Instances[0].InstanceId)
		}
		w.setDesired(1) // the list changes between two pages
		w.settle()
	}
	slices.Sort(ids)
	same(t, "sizes of pages", sizes, "[5 5 2]")
	same(t, "different instances", len(slices.Compact(ids)), 12)
}

func TestTerminateInstances(t *testing.T) {
	w := newWorld(t)
	w.group(3, 6, 3)
	id := w.inZone("a").ID
	for _, want := range []string{"running shutting-down", "shutting-down shutting-down"} {
		out, err := w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		w.ok(err)
		change := out.TerminatingInstances[0]
		same(t, "before and after", fmt.Sprint(change.PreviousState.Name, " ", change.CurrentState.Name), want)
	}
	w.pass(10 * time.Second)
	out, err := w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	w.ok(err)
	same(t, "after the end", out.TerminatingInstances[0].CurrentState.Name, "terminated")
	described, err := w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	w.ok(err)
	same(t, "reason", *described.Reservations[0].Instances[0].StateReason.Code, "Client.UserInitiatedShutdown")
}

func TestTerminationProtectionHoldsInEC2Only(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 1)
	w.templates[0].versions[0].data.DisableAPITermination = aws.Bool(true)
	w.setDesired(2)
	w.settle()
	protected := w.inService()[1].ID
	_, err := w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{w.inService()[0].ID, protected}})
	w.refused(err, "OperationNotPermitted", 400, protected)
	same(t, "in service, neither of the two was terminated", len(w.inService()), 2)
	w.terminate(protected, true)
	w.settle()
	same(t, "in service after its group terminated it", len(w.inService()), 1)
}

func TestInstanceErrors(t *testing.T) {
	w := newWorld(t)
	w.group(1, 1, 1)
	describe := func(in ec2.DescribeInstancesInput) error {
		_, err := w.ec2.DescribeInstances(w.ctx(), &in)
		return err
	}
	w.refused(describe(ec2.DescribeInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}}), "InvalidInstanceID.NotFound", 400, "'i-0123456789abcdef0' does not exist")
	w.refused(describe(ec2.DescribeInstancesInput{InstanceIds: []string{"i-xyz"}}), "InvalidInstanceID.Malformed", 400, "i-xyz")
	w.refused(describe(ec2.DescribeInstancesInput{MaxResults: aws.Int32(4)}), "InvalidParameterValue", 400, "between 5 and 1000")
	w.refused(describe(ec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{w.Instances()[0].ID}}), "InvalidParameterCombination", 400, "MaxResults")
	w.refused(describe(ec2.DescribeInstancesInput{Filters: filters("colour", "blue")}), "InvalidParameterValue", 400, "colour")
	_, err := w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{
		Resources: []string{w.Instances()[0].ID, "i-0123456789abcdef0"}, Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	w.refused(err, "InvalidInstanceID.NotFound", 400, "does not exist")
	same(t, "tag of the one that exists", w.Instances()[0].Tags["a"], "")
	_, err = w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{
		Resources: []string{w.Instances()[0].ID}, Tags: []ec2types.Tag{{Key: aws.String("aws:a"), Value: aws.String("b")}},
	})
	w.refused(err, "InvalidParameterValue", 400, "reserved")
	_, err = w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{w.Instances()[0].ID}, DryRun: aws.Bool(true)})
	w.refused(err, "DryRunOperation", 412, "would have succeeded")
	same(t, "after a dry run", w.Instances()[0].State, StateRunning)
}

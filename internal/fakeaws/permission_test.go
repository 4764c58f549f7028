package fakeaws

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

const owned = "kubernetes.io/cluster/prod"

// restricted is a world with a group of the cluster prod, in which everybody has docs/iam/scoped-policy.json.
func restricted(t *testing.T) (*world, LaunchTemplate) {
	w := newWorld(t)
	template := w.group(0, 3, 1)
	w.SetTag("nodes", Tag{Key: owned, Value: "owned"})
	_, err := w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{Resources: []string{template.ID}, Tags: []ec2types.Tag{{Key: aws.String(owned), Value: aws.String("owned")}}})
	w.ok(err)
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "iam", "scoped-policy.json"))
	w.ok(err)
	w.ok(w.SetPolicy(document))
	return w, template
}

// SetTag tags a group.
func (w *world) SetTag(group string, tag Tag) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groupNamed(group).tags = append(w.groupNamed(group).tags, tag)
}

// asPeopleWriteThem is a version with tags, a role and a key pair.
func (w *world) asPeopleWriteThem(template, role string) string {
	w.t.Helper()
	out, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &template, SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/" + role)},
			KeyName:            aws.String("people"), SecurityGroupIds: []string{"sg-1"},
			TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "volume", Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}},
		},
	})
	w.ok(err)
	return fmt.Sprint(*out.LaunchTemplateVersion.VersionNumber)
}

func (w *world) tryRun(template, version string) error {
	_, err := w.ec2.RunInstances(w.ctx(), &ec2.RunInstancesInput{
		DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: &template, Version: &version},
	})
	return err
}

// follow points the group at a version, as an upgrade does.
func (w *world) follow(template, version string) error {
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(template, version))
	return err
}

func TestScopedPolicyAllowsAnUpgradeOfItsCluster(t *testing.T) {
	w, template := restricted(t)
	version := w.asPeopleWriteThem(template.ID, "prod-nodes")
	w.refused(w.tryRun(template.ID, version), "DryRunOperation", 412, "")
	w.ok(w.follow(template.ID, version))
	_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &w.inService()[0].ID, ShouldDecrementDesiredCapacity: aws.Bool(false),
	})
	w.ok(err)
}

// Each refusal names who, what and on which resource, in the words of each service.
func TestScopedPolicyAllowsNothingElse(t *testing.T) {
	w, template := restricted(t)
	const user = "arn:aws:iam::123456789012:user/sandbox is not authorized to perform: "
	other, err := w.CreateLaunchTemplate(TemplateSpec{Name: "others", ImageID: w.Images()[0].ID, InstanceType: "m5.xlarge"})
	w.ok(err)
	w.ok(w.CreateGroup(GroupSpec{Name: "others", LaunchTemplateID: other.ID}))
	_, err = w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(other.ID, w.Images()[0].ID))
	w.refused(err, "UnauthorizedOperation", 403, "You are not authorized to perform this operation. User: "+user+"ec2:CreateLaunchTemplateVersion on resource: "+
		"arn:aws:ec2:us-west-2:123456789012:launch-template/"+other.ID+" because no identity-based policy allows the ec2:CreateLaunchTemplateVersion action. Encoded")
	_, err = w.asg.SuspendProcesses(w.ctx(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("others")})
	w.refused(err, "AccessDenied", 403, "User: "+user+"autoscaling:SuspendProcesses on resource: arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:")
	_, err = w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(2)})
	w.refused(err, "AccessDenied", 403, "autoscaling:SetDesiredCapacity on resource: ")
	_, err = w.ssm.GetParameter(w.ctx(), &ssm.GetParameterInput{Name: aws.String("/mine")})
	w.refused(err, "AccessDeniedException", 400, "ssm:GetParameter on resource: arn:aws:ssm:us-west-2:123456789012:parameter/mine because")
	_, err = w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{Resources: []string{template.ID}, Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	w.refused(err, "UnauthorizedOperation", 403, "ec2:CreateTags on resource: ")
	_, err = w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.refused(err, "UnauthorizedOperation", 403, user+"ec2:DescribeSubnets because")

	foreign := w.asPeopleWriteThem(template.ID, "administrators")
	w.refused(w.tryRun(template.ID, foreign), "UnauthorizedOperation", 403, "iam:PassRole on resource: arn:aws:iam::123456789012:role/administrators")
	w.refused(w.follow(template.ID, foreign), "AccessDenied", 403, "You are not authorized to use launch template: "+template.ID)
}

// A policy says which parameters may stand in place of an image, too.
func TestScopedPolicyAllowsItsParameters(t *testing.T) {
	w, template := restricted(t)
	for _, name := range []string{"/golden/image", "/mine"} {
		w.PutImageParameter(name, w.Images()[0].ID)
	}
	for _, name := range []string{"/golden/image", "/golden/image:1", "arn:aws:ssm:us-west-2:123456789012:parameter/golden/image"} {
		_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, "resolve:ssm:"+name))
		w.ok(err)
		_, err = w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: []string{name}})
		w.ok(err)
	}
	_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, "resolve:ssm:/mine"))
	w.refused(err, "SsmAccessDenied", 403, "ssm:GetParameters on resource: arn:aws:ssm:us-west-2:123456789012:parameter/mine")
}

// Whoever watches the cloud is allowed everything.
func TestSparedKeyIsAllowedEverything(t *testing.T) {
	w := newWorld(t)
	w.cfg.SparedKey = "AKIDTEST"
	w.ok(w.SetPolicy([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}`)))
	_, err := w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.ok(err)
	w.as("AKIDOTHER")
	_, err = w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.refused(err, "UnauthorizedOperation", 403, "with an explicit deny in an identity-based policy")
	w.ok(w.SetPolicy(nil))
	_, err = w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.ok(err)
}

func TestPolicyWithWhatIsNotKnownChangesNothing(t *testing.T) {
	w := newWorld(t)
	err := w.SetPolicy([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceIp": "1"}}}]}`))
	if err == nil || !strings.Contains(err.Error(), "aws:SourceIp") {
		t.Errorf("got %v", err)
	}
	_, err = w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.ok(err)
}

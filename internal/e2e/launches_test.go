package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// A launch that EC2 refuses, or that it ends, fails the upgrade at the join limit with EC2's words; what can be known
// beforehand is refused.
func TestLaunchesThatEC2Refuses(t *testing.T) {
	w := newWorld(t, "--nodes", "1", "--zones", "1", "--boot", "0s")
	const key = "arn:aws:kms:us-west-2:123456789012:key/1"
	w.newTemplateVersion(&ec2types.RequestLaunchTemplateData{
		SecurityGroupIds: []string{"sg-0a1"},
		BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{volume("/dev/xvda", &ec2types.LaunchTemplateEbsBlockDeviceRequest{
			VolumeSize: aws.Int32(80), Encrypted: aws.Bool(true), KmsKeyId: aws.String(key),
		})},
	})
	template := &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: w.describe().LaunchTemplate.LaunchTemplateId, Version: aws.String("2")}
	_, err := w.scaling.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &w.group, LaunchTemplate: template})
	w.check(err)
	t.Run("a security group that is gone", func(t *testing.T) {
		w := w.with(t)
		w.fault(fakeaws.Fault{Name: fakeaws.FaultMissing, Resource: "sg-0a1"})
		w.nodelift(upgrade()...).has(t, 1, "The security group 'sg-0a1' does not exist")
		w.changedNothing()
		w.clearFaults()
	})
	for name, tc := range map[string]struct {
		fault fakeaws.Fault
		says  string
	}{
		"a key that may not be used": {fakeaws.Fault{Name: fakeaws.FaultMissing, Resource: key}, "Client.InternalError: Client error on launch"},
		"a full subnet":              {fakeaws.Fault{Name: fakeaws.FaultNoAddresses}, "There are not enough free addresses in subnet"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.with(t)
			w.fault(tc.fault)
			w.nodelift(upgrade("--join-timeout", "70s")...).has(t, 1, "Failed after", tc.says)
			w.clearFaults()
			w.isCleanWith(1)
			w.nodesRun(1, "v1.36.")
		})
	}
}

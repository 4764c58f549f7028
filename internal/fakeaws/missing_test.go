package fakeaws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// names makes version 2, which names one of each kind.
func (w *world) names(template string) {
	w.t.Helper()
	_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &template, SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			KeyName: aws.String("people"), Placement: &ec2types.LaunchTemplatePlacementRequest{GroupName: aws.String("near")},
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/nodes")},
			NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
				{DeviceIndex: aws.Int32(0), Groups: []string{"sg-1", "sg-2"}},
			},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{
				{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{
					VolumeSize: aws.Int32(80), KmsKeyId: aws.String("arn:aws:kms:us-west-2:123456789012:key/1"), Encrypted: aws.Bool(true)}},
				{DeviceName: aws.String("/dev/xvdb"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{SnapshotId: aws.String("snap-1")}},
			},
		},
	})
	w.ok(err)
}

// What a version names and is missing is refused when somebody tries a launch and when a group is pointed at
// it; a group that uses it already fails to launch, and says why.
func TestMissingPartOfATemplate(t *testing.T) {
	for resource, says := range map[string]string{
		"sg-2":   "The security group 'sg-2' does not exist",
		"people": "The key pair 'people' does not exist",
		"nodes":  "Value (nodes) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
		"near":   "The Placement Group 'near' is unknown",
		"snap-1": "The snapshot 'snap-1' does not exist",
	} {
		t.Run(resource, func(t *testing.T) {
			w := newWorld(t)
			template := w.group(0, 3, 1)
			w.names(template.ID)
			set := w.fault(Fault{Name: FaultMissing, Resource: resource})
			if err := w.tryRun(template.ID, "2"); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("the dry run says %v", err)
			}
			w.refused(w.follow(template.ID, "2"), "ValidationError", 400, "You must use a valid fully-formed launch template. "+says)
			w.ok(w.ClearFaults(set.ID))
			w.ok(w.follow(template.ID, "2"))
			w.fault(Fault{Name: FaultMissing, Resource: resource})
			w.setDesired(2)
			w.pass(0)
			if last := w.activities()[0]; !strings.HasPrefix(last, "Launching a new EC2 instance.  Status Reason: ") || !strings.Contains(last, says) ||
				!strings.HasSuffix(last, ". Launching EC2 instance failed.") {
				t.Errorf("last activity: %s", last)
			}
		})
	}
}

// A key that cannot be used shows only when the instance starts: it ends, and the group launches another.
func TestInstanceWithoutTheKeyOfItsVolumeEnds(t *testing.T) {
	w := newWorld(t)
	template := w.group(0, 3, 1)
	w.names(template.ID)
	w.fault(Fault{Name: FaultMissing, Resource: "arn:aws:kms:us-west-2:123456789012:key/1"})
	w.refused(w.tryRun(template.ID, "2"), "DryRunOperation", 412, "")
	w.ok(w.follow(template.ID, "2"))
	w.setDesired(2)
	w.settle()
	same(t, "in service", len(w.inService()), 1)
	var doomed Instance
	for _, i := range w.Instances() {
		if i.State == StateTerminated {
			doomed = i
		}
	}
	out, err := w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{InstanceIds: []string{doomed.ID}})
	w.ok(err)
	reason := out.Reservations[0].Instances[0].StateReason
	same(t, "reason", aws.ToString(reason.Code)+" "+aws.ToString(reason.Message), "Client.InternalError Client.InternalError: Client error on launch")
	want := "Launching a new EC2 instance: " + doomed.ID + ".  Status Reason: Instance became unhealthy while waiting for instance to be in " +
		"InService state. Termination Reason: Client.InternalError: Client error on launch"
	if all := strings.Join(w.activities(), "\n"); !strings.Contains(all, want) {
		t.Errorf("activities:\n%s", all)
	}
}

func TestLimitsOfLaunches(t *testing.T) {
	for name, tt := range map[string]struct {
		fault Fault
		says  string
	}{
		"a subnet without free addresses": {Fault{Name: FaultNoAddresses}, "There are not enough free addresses in subnet 'subnet-"},
		"the account's limit of vCPUs":    {Fault{Name: FaultVCPULimit, Limit: 7}, "than your current vCPU limit of 7 allows for the instance bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.group(0, 3, 1)
			set := w.fault(tt.fault)
			w.setDesired(2)
			w.pass(0)
			if last := w.activities()[0]; !strings.Contains(last, tt.says) || !strings.HasSuffix(last, ". Launching EC2 instance failed.") {
				t.Errorf("last activity: %s", last)
			}
			w.ok(w.ClearFaults(set.ID))
			w.settle()
			same(t, "in service", len(w.inService()), 2)
		})
	}
}

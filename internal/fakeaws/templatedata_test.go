package fakeaws

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// everything is launch template data with every supported member.
func everything() *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{
		ImageId: aws.String("ami-0123456789abcdef0"), InstanceType: "m5.xlarge", UserData: aws.String("I2Nsb3VkLWNvbmZpZwo="),
		KeyName: aws.String("key"), EbsOptimized: aws.Bool(true), DisableApiTermination: aws.Bool(false),
		DisableApiStop: aws.Bool(true), InstanceInitiatedShutdownBehavior: "terminate",
		SecurityGroupIds: []string{"sg-1", "sg-2"}, SecurityGroups: []string{"default"},
		IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:x"), Name: aws.String("nodes")},
		BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{
			{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{
				VolumeSize: aws.Int32(80), VolumeType: "gp3", Iops: aws.Int32(3000), Throughput: aws.Int32(125),
				Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true), KmsKeyId: aws.String("kms"), SnapshotId: aws.String("snap-1"),
			}},
			{DeviceName: aws.String("/dev/xvdb"), VirtualName: aws.String("ephemeral0"), NoDevice: aws.String("")},
		},
		NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			AssociatePublicIpAddress: aws.Bool(false), DeleteOnTermination: aws.Bool(true), Description: aws.String("first"),
			DeviceIndex: aws.Int32(0), NetworkCardIndex: aws.Int32(0), InterfaceType: aws.String("interface"), Groups: []string{"sg-3"},
		}},
		TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{
			{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("team"), Value: aws.String("blue & <green>")}}},
			{ResourceType: "volume", Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}},
		},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(2), HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", InstanceMetadataTags: "disabled",
		},
		Monitoring:            &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)},
		EnclaveOptions:        &ec2types.LaunchTemplateEnclaveOptionsRequest{Enabled: aws.Bool(false)},
		Placement:             &ec2types.LaunchTemplatePlacementRequest{Tenancy: "default", GroupName: aws.String("pg"), GroupId: aws.String("pg-1")},
		CreditSpecification:   &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")},
		CpuOptions:            &ec2types.LaunchTemplateCpuOptionsRequest{CoreCount: aws.Int32(2), ThreadsPerCore: aws.Int32(2)},
		PrivateDnsNameOptions: &ec2types.LaunchTemplatePrivateDnsNameOptionsRequest{HostnameType: "ip-name", EnableResourceNameDnsARecord: aws.Bool(true), EnableResourceNameDnsAAAARecord: aws.Bool(false)},
		MaintenanceOptions:    &ec2types.LaunchTemplateInstanceMaintenanceOptionsRequest{AutoRecovery: "default"},
		CapacityReservationSpecification: &ec2types.LaunchTemplateCapacityReservationSpecificationRequest{
			CapacityReservationPreference: "open",
		},
	}
}

// plain turns a value of the SDK into maps without what is nil or empty, so
// that a request's data compares with an answer's.
func plain(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return withoutEmpty(out)
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if v[key] = withoutEmpty(value); v[key] == nil {
				delete(v, key)
			}
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

func TestTemplateDataComesBackWhole(t *testing.T) {
	w := newWorld(t)
	_, err := w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: everything(), VersionDescription: aws.String("first"),
	})
	w.ok(err)
	got := w.versions(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("nodes")})
	if len(got) != 1 {
		t.Fatalf("got %d versions", len(got))
	}
	if diff := cmp.Diff(plain(t, everything()), plain(t, got[0].LaunchTemplateData)); diff != "" {
		t.Errorf("asked for (-), got (+):\n%s", diff)
	}
	same(t, "description", *got[0].VersionDescription, "first")
	same(t, "default", *got[0].DefaultVersion, true)
	same(t, "created", got[0].CreateTime.UTC(), start())
}

func TestSourceVersionKeepsWhatIsNotNamed(t *testing.T) {
	w := newWorld(t)
	made, err := w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: everything(),
	})
	w.ok(err)
	in := versionInput(*made.LaunchTemplate.LaunchTemplateId, "ami-0fedcba9876543210")
	in.LaunchTemplateData.SecurityGroupIds = []string{"sg-9"}
	out, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
	w.ok(err)
	want := everything()
	want.ImageId, want.SecurityGroupIds = aws.String("ami-0fedcba9876543210"), []string{"sg-9"}
	want.BlockDeviceMappings[0].Ebs.SnapshotId = nil // EC2's documentation of SourceVersion says so
	if diff := cmp.Diff(plain(t, want), plain(t, out.LaunchTemplateVersion.LaunchTemplateData)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	in.SourceVersion, in.ClientToken = nil, nil // the SDK filled the token in
	out, err = w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
	w.ok(err)
	if out.LaunchTemplateVersion.LaunchTemplateData.UserData != nil {
		t.Error("without a source version nothing is inherited, but the user data was")
	}
}

// Terraform and others compare versions: a list that was not set must be missing.
func TestTemplateDataHasNoEmptyLists(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	data := w.versions(&ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID})[0].LaunchTemplateData
	if data.NetworkInterfaces != nil || data.SecurityGroupIds != nil || data.BlockDeviceMappings != nil || data.TagSpecifications != nil {
		t.Errorf("empty lists came back: %+v", data)
	}
}

package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

const cluster = "eksworkshop-eksctl"

// made is a group with its launch template as a tool makes them, written by hand after its source.
type made struct {
	by, group, role string
	template        *ec2types.RequestLaunchTemplateData
	tags            map[string]string // of the group and of what it launches
	flags           []string          // what this group's upgrade takes
}

// eksctl's self-managed group of Amazon Linux 2023: pkg/cfn/builder/nodegroup.go, nodegroup_subnets.go
// and block_device_mapping.go, and pkg/nodebootstrap/al2023.go.
func eksctls(image string) made {
	const name = "eksctl-" + cluster + "-nodegroup-made"
	role := name + "-NodeInstanceRole-1A2B3C4D5E6F"
	tags := map[string]string{"Name": cluster + "-made-Node", "alpha.eksctl.io/nodegroup-name": "made"}
	return made{
		by: "eksctl", group: name + "-NodeGroup-1A2B3C4D5E6F", role: role,
		tags: map[string]string{"Name": cluster + "-made-Node", "kubernetes.io/cluster/" + cluster: "owned", "alpha.eksctl.io/nodegroup-name": "made"},
		template: &ec2types.RequestLaunchTemplateData{
			ImageId: &image, InstanceType: "m5.large", IamInstanceProfile: profile(role), UserData: encoded(nodeConfigs("made")),
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{
				volume("/dev/xvda", &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(80), Iops: aws.Int32(3000), Throughput: aws.Int32(125)}),
			},
			NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
				{DeviceIndex: aws.Int32(0), Groups: []string{"sg-0a1", "sg-0a2"}},
			},
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
				HttpPutResponseHopLimit: aws.Int32(2), HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired,
			},
			TagSpecifications: specifications(tags, "instance", "volume", "network-interface"),
		},
	}
}

// kops' nodes: upup/pkg/fi/cloudup/awsmodel/autoscalinggroup.go, and the template and the user data of
// tests/integration/update_cluster/minimal-gp3. kops is not EKS: an upgrade takes an image and --adopt.
func kopses(image, target string) made {
	tags := map[string]string{
		"KubernetesCluster": cluster, "Name": "nodes." + cluster, "k8s.io/role/node": "1", "kops.k8s.io/instancegroup": "nodes",
		"kubernetes.io/cluster/" + cluster: "owned", "aws-node-termination-handler/managed": "",
	}
	return made{
		by: "kops", group: "nodes." + cluster, role: "nodes." + cluster, tags: tags, flags: []string{"--adopt", "--image-id", target},
		template: &ec2types.RequestLaunchTemplateData{
			ImageId: &image, InstanceType: "t3.medium", KeyName: aws.String("kubernetes." + cluster + "-c4:a6:ed:9a"), UserData: encoded(nodeup),
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("nodes." + cluster)},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{
				volume("/dev/sda1", &ec2types.LaunchTemplateEbsBlockDeviceRequest{
					VolumeSize: aws.Int32(128), Iops: aws.Int32(3000), Throughput: aws.Int32(125), Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true),
				}),
			},
			NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
				{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true), DeleteOnTermination: aws.Bool(true), Groups: []string{"sg-0b1"}},
			},
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
				HttpEndpoint: ec2types.LaunchTemplateInstanceMetadataEndpointStateEnabled, HttpPutResponseHopLimit: aws.Int32(1),
				HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired,
			},
			Monitoring:        &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(false)},
			TagSpecifications: specifications(tags, "instance", "volume"),
		},
	}
}

// The group of terraform-aws-modules/eks: modules/self-managed-node-group/main.tf with its defaults, and
// the block devices of its example.
func terraforms(image string) made {
	role := "made-node-group-20261130101010101000000001"
	return made{
		by: "terraform-aws-modules/eks", group: "made-20261130101010101000000002", role: role,
		tags: map[string]string{"Name": "made", "kubernetes.io/cluster/" + cluster: "owned", "k8s.io/cluster/" + cluster: "owned"},
		template: &ec2types.RequestLaunchTemplateData{
			ImageId: &image, InstanceType: "m5.large", IamInstanceProfile: profile(role), UserData: encoded(nodeConfigs("terraform")),
			SecurityGroupIds: []string{"sg-0c1", "sg-0c2"},
			BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{
				volume("/dev/xvda", &ec2types.LaunchTemplateEbsBlockDeviceRequest{
					VolumeSize: aws.Int32(75), Iops: aws.Int32(3000), Throughput: aws.Int32(150), DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(true),
				}),
			},
			MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
				HttpEndpoint: ec2types.LaunchTemplateInstanceMetadataEndpointStateEnabled, HttpPutResponseHopLimit: aws.Int32(1),
				HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired,
			},
			Monitoring:        &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)},
			TagSpecifications: specifications(map[string]string{"Name": "made"}, "instance", "volume", "network-interface"),
		},
	}
}

func profile(name string) *ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest {
	return &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/" + name)}
}

func volume(device string, ebs *ec2types.LaunchTemplateEbsBlockDeviceRequest) ec2types.LaunchTemplateBlockDeviceMappingRequest {
	ebs.VolumeType = ec2types.VolumeTypeGp3
	return ec2types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: &device, Ebs: ebs}
}

func specifications(tags map[string]string, kinds ...ec2types.ResourceType) []ec2types.LaunchTemplateTagSpecificationRequest {
	var all []ec2types.LaunchTemplateTagSpecificationRequest
	for _, kind := range kinds {
		all = append(all, ec2types.LaunchTemplateTagSpecificationRequest{ResourceType: kind, Tags: tagsOf(tags)})
	}
	return all
}

func tagsOf(tags map[string]string) []ec2types.Tag {
	var all []ec2types.Tag
	for key, value := range tags {
		all = append(all, ec2types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return all
}

func encoded(text string) *string { return aws.String(base64.StdEncoding.EncodeToString([]byte(text))) }

// nodeConfigs is user data of several parts for Amazon Linux 2023.
func nodeConfigs(group string) string {
	return fmt.Sprintf(`MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: text/x-shellscript
Content-Type: charset="us-ascii"

#!/bin/bash
set -o errexit
echo "net.core.somaxconn = 4096" > /etc/sysctl.d/90-made.conf
sysctl --system

--//
Content-Type: application/node.eks.aws

---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    apiServerEndpoint: https://sandbox.invalid
    certificateAuthority: c2FuZGJveA==
    cidr: 10.100.0.0/16
    name: %[1]s
  kubelet:
    config:
      clusterDNS:
      - 10.100.0.10
    flags:
    - --node-labels=alpha.eksctl.io/cluster-name=%[1]s,alpha.eksctl.io/nodegroup-name=%[2]s

--//--
`, cluster, group)
}

// nodeup is the script in which kops starts nodeup, without what it downloads.
const nodeup = `#!/bin/bash
set -o errexit
set -o nounset
set -o pipefail

NODEUP_URL_AMD64=https://artifacts.k8s.io/binaries/kops/1.36.0/linux/amd64/nodeup
export AWS_REGION=us-west-2

cat > conf/kube_env.yaml << '__EOF_KUBE_ENV'
CloudProvider: aws
ClusterName: eksworkshop-eksctl
ConfigServer:
  servers:
  - https://kops-controller.internal.eksworkshop-eksctl:3988/
InstanceGroupName: nodes
InstanceGroupRole: Node
__EOF_KUBE_ENV

./nodeup --install-systemd-unit --conf=conf/kube_env.yaml --v=8
`

// makes makes a group of two nodes, and its launch template with the tag that docs/install.md asks for.
func (w *world) makes(m made) {
	w.t.Helper()
	created, err := w.machines().CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &m.group, LaunchTemplateData: m.template})
	w.check(err)
	id := created.LaunchTemplate.LaunchTemplateId
	_, err = w.machines().CreateTags(w.ctx(), &ec2.CreateTagsInput{Resources: []string{*id}, Tags: tagsOf(map[string]string{"kubernetes.io/cluster/" + cluster: "owned"})})
	w.check(err)
	subnets, err := w.machines().DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.check(err)
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &m.group, MinSize: aws.Int32(1), MaxSize: aws.Int32(2), DesiredCapacity: aws.Int32(2),
		LaunchTemplate:    &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: id, Version: aws.String("1")},
		VPCZoneIdentifier: subnets.Subnets[0].SubnetId,
	}
	for key, value := range m.tags {
		in.Tags = append(in.Tags, asgtypes.Tag{Key: aws.String(key), Value: aws.String(value), PropagateAtLaunch: aws.Bool(true)})
	}
	_, err = w.scaling.CreateAutoScalingGroup(w.ctx(), in)
	w.check(err)
	w.eventually("the nodes of "+m.group+" are Ready", func() bool { return len(w.readyNodesOf(m.group)) == 2 })
}

// readyNodesOf are the kubelets' versions of the group's nodes that are Ready.
func (w *world) readyNodesOf(group string) []string {
	var versions []string
	for _, n := range w.nodes() {
		for _, i := range w.instances() {
			if i.Group == group && i.Lifecycle == fakeaws.LifecycleInService && strings.HasSuffix(n.Spec.ProviderID, i.ID) && isReady(n) {
				versions = append(versions, n.Status.NodeInfo.KubeletVersion)
			}
		}
	}
	return versions
}

func isReady(n corev1.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

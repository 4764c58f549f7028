package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// Bad input that only a look at the world shows: one clear sentence, code 1, and
// nothing is changed.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	published := fakeaws.New(fakeaws.Config{Region: "us-west-2"})
	arm, _ := published.LatestImage("1.37", "arm64")
	bottle, ok := published.LatestImageOf("Bottlerocket", "", "1.37", "x86_64")
	if !ok {
		t.Fatal("there is no image of Bottlerocket")
	}
	for name, tc := range map[string]struct {
		line []string
		says string
	}{
		"no such group":               {[]string{"--name", "nope"}, "node group nope: not found; cluster eksworkshop-eksctl in us-west-2 has " + w.group},
		"no such cluster":             {[]string{"--cluster", "other"}, "no Auto Scaling group in us-west-2 is tagged kubernetes.io/cluster/other"},
		"a group of another cluster":  {[]string{"--cluster", "other", "--name", w.group}, "name another cluster than other"},
		"no such context":             {[]string{"--context", "other"}, `context "other" does not exist`},
		"newer than the API server":   {[]string{"--kubernetes-version", "1.38"}, "Kubernetes 1.38 is newer than the API server (1.37)"},
		"too old":                     {[]string{"--kubernetes-version", "1.33"}, "Kubernetes 1.33 is 4 minors older than the API server (1.37)"},
		"a release that is no more":   {[]string{"--release-version", "1.37.1-20200101"}, "1.37.1-20200101"},
		"no such image":               {[]string{"--image-id", "ami-0123456789abcdef0"}, "ami-0123456789abcdef0"},
		"an image for other machines": {[]string{"--image-id", arm.ID}, "arm64"},
		"AL2 beyond its end": {[]string{"--ami-family", "AmazonLinux2", "--kubernetes-version", "1.37"},
			"AmazonLinux2 ends with Kubernetes 1.32, so there is no image of it for 1.37; create a version of the group's launch template"},
		"user data of another family": {[]string{"--ami-family", "Bottlerocket"}, "new nodes would never join"},
		"an image of another family": {[]string{"--ami-family", "AmazonLinux2023", "--image-id", bottle.ID},
			"is of family Bottlerocket, but --ami-family is AmazonLinux2023"},
		"a release in another's form": {[]string{"--release-version", "1.62.0-7d1e94b2"}, "is not a release version of AmazonLinux2023; they look like 1.37.1-20260915"},
		"no such template version":    {[]string{"--launch-template-version", "99"}, "version 99 of launch template"},
	} {
		t.Run(name, func(t *testing.T) {
			w.with(t).nodelift(upgrade(tc.line...)...).has(t, 1, tc.says)
		})
	}
	t.Run("a family that nobody knows", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--ami-family", "Flatcar")...).has(t, 2, "give one of the image families AmazonLinux2023")
	})
	t.Run("a group that EKS manages", w.managedByEKS)
	t.Run("nodes of Karpenter", w.ownedByKarpenter)
	t.Run("a group that has nothing to do with the cluster", w.notInCluster)
	t.Run("a group with a launch configuration", w.launchConfiguration)
	t.Run("nodes that are not on AWS", w.notOnAWS)
	w.changedNothing()
}

func (w world) managedByEKS(t *testing.T) {
	w.t = t
	w.tag("eks:nodegroup-name", "managed")
	w.nodelift(upgrade("--kubernetes-version", "1.37")...).has(t, 1, "belongs to the EKS managed node group managed",
		"aws eks update-nodegroup-version --cluster-name eksworkshop-eksctl --nodegroup-name managed --kubernetes-version 1.37")
	w.untag("eks:nodegroup-name")
}

func (w world) ownedByKarpenter(t *testing.T) {
	w.t = t
	const label = "karpenter.sh/nodepool"
	node := w.nodes()[0]
	before := node.DeepCopy()
	node.Labels[label] = "pool"
	w.check(w.kube.Patch(w.ctx(), &node, client.MergeFrom(before)))
	w.nodelift(upgrade()...).has(t, 1, "belongs to Karpenter", "EC2NodeClass")
	w.nodelift(upgrade("--name", "pool")...).has(t, 1, "node pool pool belongs to Karpenter")
	labelled := node.DeepCopy()
	delete(node.Labels, label)
	w.check(w.kube.Patch(w.ctx(), &node, client.MergeFrom(labelled)))
}

func (w world) notInCluster(t *testing.T) {
	w.t = t
	group := w.describe()
	template := &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: group.LaunchTemplate.LaunchTemplateId, Version: aws.String("1")}
	_, err := w.scaling.CreateAutoScalingGroup(w.ctx(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("strangers"), MinSize: aws.Int32(0), MaxSize: aws.Int32(0),
		LaunchTemplate: template, AvailabilityZones: group.AvailabilityZones,
	})
	w.check(err)
	w.nodelift(upgrade("--name", "strangers")...).has(t, 1, "no tag says that it belongs to cluster eksworkshop-eksctl")
}

func (w world) launchConfiguration(t *testing.T) {
	w.t = t
	group := w.describe()
	config := aws.String("from-2019")
	_, err := w.scaling.CreateLaunchConfiguration(w.ctx(), &autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: config, ImageId: aws.String(w.published("AmazonLinux2023", "x86_64")), InstanceType: aws.String("m5.xlarge"),
	})
	w.check(err)
	_, err = w.scaling.CreateAutoScalingGroup(w.ctx(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("old"), MinSize: aws.Int32(0), MaxSize: aws.Int32(0), LaunchConfigurationName: config,
		AvailabilityZones: group.AvailabilityZones,
		Tags:              []asgtypes.Tag{{Key: aws.String("kubernetes.io/cluster/eksworkshop-eksctl"), Value: aws.String("owned"), PropagateAtLaunch: aws.Bool(false)}},
	})
	w.check(err)
	w.nodelift(upgrade("--name", "old")...).has(t, 1, "group old uses the launch configuration from-2019", "create a launch template from it")
}

// notOnAWS has a node under its name, but with the providerID of another cloud:
// that it is an instance of the group nobody can tell.
func (w world) notOnAWS(t *testing.T) {
	w.t = t
	before := w.nodes()[0]
	w.replaceNode(before, "gce://project/us-west2-a/"+before.Name)
	w.nodelift(upgrade()...).has(t, 1, "has instances without a matching node", before.Name+` has "gce://project/us-west2-a/`, "AWS cloud controller")
	w.replaceNode(before, before.Spec.ProviderID)
}

// replaceNode puts a node with another providerID, which cannot be changed, in
// the place of one.
func (w *world) replaceNode(node corev1.Node, providerID string) {
	w.t.Helper()
	w.check(w.kube.Delete(w.ctx(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node.Name}}))
	other := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels}, Spec: corev1.NodeSpec{ProviderID: providerID}}
	w.check(w.kube.Create(w.ctx(), other))
}

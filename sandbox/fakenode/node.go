package fakenode

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nodeOf is the Node as which an instance registers. Names, labels and
// versions are those of a self-managed EKS node.
func (c *Config) nodeOf(i fakeaws.Instance, image fakeaws.Image) *corev1.Node {
	size := sizeOf(i.Type)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: i.PrivateDNS, Labels: c.labels(i)},
		Spec:       corev1.NodeSpec{ProviderID: fmt.Sprintf("aws:///%s/%s", i.Zone, i.ID)},
		Status: corev1.NodeStatus{
			Capacity:    size.capacity(),
			Allocatable: size.allocatable(),
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: i.PrivateIP},
				{Type: corev1.NodeInternalDNS, Address: i.PrivateDNS},
				{Type: corev1.NodeHostName, Address: i.PrivateDNS},
			},
			NodeInfo: corev1.NodeSystemInfo{
				Architecture:            arch(i),
				OperatingSystem:         "linux",
				OSImage:                 "Amazon Linux 2023 (fake)",
				KernelVersion:           "6.12.40-63.114.amzn2023." + i.Arch,
				ContainerRuntimeVersion: "containerd://2.1.4",
				KubeletVersion:          kubeletVersion(image),
				SystemUUID:              strings.TrimPrefix(i.ID, "i-"),
			},
		},
	}
}

func (c *Config) labels(i fakeaws.Instance) map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:           i.PrivateDNS,
		corev1.LabelArchStable:         arch(i),
		corev1.LabelOSStable:           "linux",
		corev1.LabelInstanceTypeStable: i.Type,
		corev1.LabelTopologyZone:       i.Zone,
		corev1.LabelTopologyRegion:     c.Region,
		"topology.k8s.aws/zone-id":     i.ZoneID,
	}
	maps.Copy(labels, userDataLabels(i.UserData))
	if c.EKSLabels {
		maps.Copy(labels, map[string]string{
			"eks.amazonaws.com/nodegroup":                   i.Tags["alpha.eksctl.io/nodegroup-name"],
			"eks.amazonaws.com/nodegroup-image":             i.ImageID,
			"eks.amazonaws.com/capacityType":                "ON_DEMAND",
			"eks.amazonaws.com/sourceLaunchTemplateId":      i.LaunchTemplateID,
			"eks.amazonaws.com/sourceLaunchTemplateVersion": fmt.Sprint(i.LaunchTemplateVersion),
		})
	}
	return labels
}

// userDataLabels are the labels that a machine's user data hand the kubelet, in
// any of the forms in which bootstrap programs take them.
func userDataLabels(encoded string) map[string]string {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	labels := map[string]string{}
	for _, flag := range regexp.MustCompile(`--node-labels=([^\s"']+)`).FindAllSubmatch(text, -1) {
		for label := range strings.SplitSeq(string(flag[1]), ",") {
			key, value, _ := strings.Cut(label, "=")
			labels[key] = value
		}
	}
	return labels
}

// kubeletVersion is v1.36.2-eks-… for an image of release 1.36.2-20260915.
func kubeletVersion(image fakeaws.Image) string {
	patch, _, _ := strings.Cut(image.ReleaseVersion, "-")
	if patch == "" {
		patch = image.KubernetesVersion + ".0"
	}
	build := fnv.New32a()
	build.Write([]byte(patch))
	return fmt.Sprintf("v%s-eks-%07x", patch, build.Sum32()>>4)
}

// arch is how Kubernetes calls the instance's architecture.
func arch(i fakeaws.Instance) string {
	if i.Arch == "arm64" {
		return "arm64"
	}
	return "amd64"
}

// size is what a machine has.
type size struct{ cpus, gibibytes, pods, gpus int64 }

// sizeOf knows the instance types that the fake cloud rents out; others are as
// large as an m5.xlarge.
func sizeOf(instanceType string) size {
	known, ok := map[string]size{
		"t3.medium":   {cpus: 2, gibibytes: 4, pods: 17},
		"t3.large":    {cpus: 2, gibibytes: 8, pods: 35},
		"m5.large":    {cpus: 2, gibibytes: 8, pods: 29},
		"m5.2xlarge":  {cpus: 8, gibibytes: 32, pods: 58},
		"c5.xlarge":   {cpus: 4, gibibytes: 8, pods: 58},
		"r5.xlarge":   {cpus: 4, gibibytes: 32, pods: 58},
		"g4dn.xlarge": {cpus: 4, gibibytes: 16, pods: 29, gpus: 1},
	}[instanceType]
	if !ok {
		return size{cpus: 4, gibibytes: 16, pods: 58}
	}
	return known
}

func (s size) capacity() corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(s.cpus, resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(s.gibibytes<<30, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(s.pods, resource.DecimalSI),
		corev1.ResourceEphemeralStorage: resource.MustParse("80Gi"),
	}
	if s.gpus > 0 {
		list["nvidia.com/gpu"] = *resource.NewQuantity(s.gpus, resource.DecimalSI)
	}
	return list
}

// allocatable is what EKS's images leave to pods: of a 4-core machine 80 mCPU,
// and of its memory 255 MiB, 11 MiB for each pod and 100 MiB before eviction.
func (s size) allocatable() corev1.ResourceList {
	list := s.capacity()
	list[corev1.ResourceCPU] = *resource.NewMilliQuantity(s.cpus*1000-80, resource.DecimalSI)
	reserved := 255 + 11*s.pods + 100
	list[corev1.ResourceMemory] = *resource.NewQuantity(s.gibibytes<<30-reserved<<20, resource.BinarySI)
	list[corev1.ResourceEphemeralStorage] = resource.MustParse("71Gi")
	return list
}

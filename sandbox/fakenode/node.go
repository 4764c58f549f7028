package fakenode

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nodeOf is the Node that an instance registers. Name, labels and versions are
// those of a self-managed EKS node.
func (c *Config) nodeOf(i fakeaws.Instance, image fakeaws.Image) *corev1.Node {
	size, system := sizeOf(i.Type).under(image), systemOf(i, image)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: i.PrivateDNS, Labels: c.labels(i, system)},
		Spec:       corev1.NodeSpec{ProviderID: fmt.Sprintf("aws:///%s/%s", i.Zone, i.ID)},
		Status: corev1.NodeStatus{
			Capacity:    size.capacity(),
			Allocatable: size.allocatable(),
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: i.PrivateIP},
				{Type: corev1.NodeInternalDNS, Address: i.PrivateDNS},
				{Type: corev1.NodeHostName, Address: i.PrivateDNS},
			},
			NodeInfo: system,
		},
	}
}

func (c *Config) labels(i fakeaws.Instance, system corev1.NodeSystemInfo) map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:           i.PrivateDNS,
		corev1.LabelArchStable:         system.Architecture,
		corev1.LabelOSStable:           system.OperatingSystem,
		corev1.LabelInstanceTypeStable: i.Type,
		corev1.LabelTopologyZone:       i.Zone,
		corev1.LabelTopologyRegion:     c.Region,
		"topology.k8s.aws/zone-id":     i.ZoneID,
	}
	if system.OperatingSystem == "windows" { // the kubelet uses the first three numbers
		build := strings.Split(system.KernelVersion, ".")
		labels[corev1.LabelWindowsBuild] = strings.Join(build[:3], ".")
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

// userDataLabels are the node labels in an instance's user data, in each of the
// forms that bootstrap programs accept.
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
	for _, setting := range regexp.MustCompile(`(?m)^"([^"]+)" = "([^"]*)"$`).FindAllSubmatch(labelSettings(text), -1) {
		labels[string(setting[1])] = string(setting[2])
	}
	return labels
}

// labelSettings is the table of labels in Bottlerocket's settings.
func labelSettings(text []byte) []byte {
	_, table, _ := bytes.Cut(text, []byte("[settings.kubernetes.node-labels]\n"))
	table, _, _ = bytes.Cut(table, []byte("\n["))
	return table
}

// size is the capacity of an instance.
type size struct{ cpus, gibibytes, pods, gpus, neurons int64 }

// sizeOf is the size of the instance types that the fake AWS launches; others are
// as large as an m5.xlarge.
func sizeOf(instanceType string) size {
	known, ok := map[string]size{
		"t3.medium":   {cpus: 2, gibibytes: 4, pods: 17},
		"t3.large":    {cpus: 2, gibibytes: 8, pods: 35},
		"m5.large":    {cpus: 2, gibibytes: 8, pods: 29},
		"m5.2xlarge":  {cpus: 8, gibibytes: 32, pods: 58},
		"c5.xlarge":   {cpus: 4, gibibytes: 8, pods: 58},
		"r5.xlarge":   {cpus: 4, gibibytes: 32, pods: 58},
		"g4dn.xlarge": {cpus: 4, gibibytes: 16, pods: 29, gpus: 1},
		"g5g.xlarge":  {cpus: 4, gibibytes: 8, pods: 58, gpus: 1},
		"inf2.xlarge": {cpus: 4, gibibytes: 16, pods: 58, neurons: 1},
	}[instanceType]
	if !ok {
		return size{cpus: 4, gibibytes: 16, pods: 58}
	}
	return known
}

// under is what an instance with an image offers: devices need drivers.
func (s size) under(image fakeaws.Image) size {
	if !strings.Contains(image.Variant, "nvidia") && image.Variant != "gpu" {
		s.gpus = 0
	}
	if image.Variant != "neuron" && image.Variant != "gpu" {
		s.neurons = 0
	}
	return s
}

func (s size) capacity() corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(s.cpus, resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(s.gibibytes<<30, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(s.pods, resource.DecimalSI),
		corev1.ResourceEphemeralStorage: resource.MustParse("80Gi"),
	}
	for name, devices := range map[corev1.ResourceName]int64{"nvidia.com/gpu": s.gpus, "aws.amazon.com/neuron": s.neurons} {
		if devices > 0 {
			list[name] = *resource.NewQuantity(devices, resource.DecimalSI)
		}
	}
	return list
}

// allocatable is what EKS's images leave for pods. They reserve 80 mCPU of a
// 4-core instance; of the memory 255 MiB, 11 MiB per pod, and 100 MiB below which
// the kubelet evicts pods.
func (s size) allocatable() corev1.ResourceList {
	list := s.capacity()
	list[corev1.ResourceCPU] = *resource.NewMilliQuantity(s.cpus*1000-80, resource.DecimalSI)
	reserved := 255 + 11*s.pods + 100
	list[corev1.ResourceMemory] = *resource.NewQuantity(s.gibibytes<<30-reserved<<20, resource.BinarySI)
	list[corev1.ResourceEphemeralStorage] = resource.MustParse("71Gi")
	return list
}

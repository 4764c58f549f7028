package aws

import (
	"regexp"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// ByNodes is what the nodes that run an image tell about it. EC2 says their architecture, and the kubelet
// the operating system, which is enough for the families that have one image for it:
//
//	Amazon Linux 2023.8.20260915
//	Bottlerocket OS 1.62.0 (aws-k8s-1.36-nvidia)
//
// Windows Server 2022 Datacenter may be Core or Full, and Ubuntu 24.04.1 LTS may be Pro: their family is
// not known.
func (s *Images) ByNodes(id string, instances []upgrade.Instance, nodes []upgrade.Node) upgrade.Image {
	var told []upgrade.Image
	archs := map[string]string{} // by instance
	for _, i := range instances {
		if i.Image == id {
			archs[i.ID] = i.Arch
			told = append(told, upgrade.Image{Arch: i.Arch})
		}
	}
	for _, node := range nodes {
		if arch, runs := archs[node.Instance()]; runs {
			told = append(told, toldBy(node, arch))
		}
	}
	image := upgrade.Image{
		ID: id, Arch: agreed(told, func(i upgrade.Image) string { return i.Arch }),
		Version: agreed(told, func(i upgrade.Image) string { return i.Version }),
	}
	variant := agreed(told, func(i upgrade.Image) string { return i.Variant })
	if variant != "" { // a node with a GPU must not get a standard image
		image.Family = agreed(told, func(i upgrade.Image) string { return i.Family })
	}
	if variant != standard {
		image.Variant = variant
	}
	return image
}

// toldBy is what one node tells. Its variant is standard where it tells a family and nothing else.
func toldBy(node upgrade.Node, arch string) upgrade.Image {
	image := upgrade.Image{Arch: arch}
	if minor := regexp.MustCompile(`^v([0-9]+\.[0-9]+)\.`).FindStringSubmatch(node.Kubelet); minor != nil {
		image.Version = minor[1]
	}
	device := ""
	for _, resource := range node.ExtendedResources {
		switch {
		case strings.HasPrefix(resource, "nvidia.com/"):
			device = "nvidia"
		case strings.HasPrefix(resource, "aws.amazon.com/neuron"):
			device = "neuron"
		}
	}
	switch os := node.OS; {
	case strings.HasPrefix(os, "Amazon Linux 2023"):
		image.Family, image.Variant = amazonLinux2023().name, device
	case os == "Amazon Linux 2" && device != "":
		image.Family, image.Variant = amazonLinux2().name, "gpu"
	case os == "Amazon Linux 2":
		image.Family = amazonLinux2().name
	default:
		if found := regexp.MustCompile(`^Bottlerocket OS \S+ \(aws-k8s-[0-9]+\.[0-9]+(?:-([a-z0-9-]+))?\)$`).FindStringSubmatch(os); found != nil {
			image.Family, image.Variant = bottlerocket().name, found[1]
		}
	}
	if image.Family != "" && image.Variant == "" {
		image.Variant = standard
	}
	return image
}

// agreed is what all say who say something, "" if they disagree.
func agreed(told []upgrade.Image, what func(upgrade.Image) string) string {
	var said []string
	for _, image := range told {
		if s := what(image); s != "" && !slices.Contains(said, s) {
			said = append(said, s)
		}
	}
	if len(said) != 1 {
		return ""
	}
	return said[0]
}

package fakenode

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
	corev1 "k8s.io/api/core/v1"
)

// systemOf is what the kubelet of an instance reports about its operating
// system, which depends on the image. The kubelet of an unknown image reports
// what that of Amazon Linux 2023 does.
func systemOf(i fakeaws.Instance, image fakeaws.Image) corev1.NodeSystemInfo {
	info := corev1.NodeSystemInfo{
		Architecture:            arch(i),
		OperatingSystem:         "linux",
		OSImage:                 "Amazon Linux 2023 (fake)",
		KernelVersion:           "6.12.40-63.114.amzn2023." + i.Arch,
		ContainerRuntimeVersion: "containerd://2.1.4",
		KubeletVersion:          kubeletVersion(image),
		SystemUUID:              strings.TrimPrefix(i.ID, "i-"),
	}
	switch family := image.Family; {
	case family == "AmazonLinux2":
		info.OSImage, info.KernelVersion = "Amazon Linux 2", "5.10.245-241.976.amzn2."+i.Arch
		info.ContainerRuntimeVersion = "containerd://1.7.29"
	case family == "Bottlerocket":
		version, _, _ := strings.Cut(image.ReleaseVersion, "-")
		variant := strings.TrimSuffix("aws-k8s-"+image.KubernetesVersion+"-"+image.Variant, "-")
		info.OSImage = fmt.Sprintf("Bottlerocket OS %s (%s)", version, variant)
		info.KernelVersion, info.ContainerRuntimeVersion = "6.12.40", "containerd://2.1.4+bottlerocket"
	case strings.HasPrefix(family, "WindowsServer"):
		year := strings.TrimPrefix(family, "WindowsServer")[:len("2022")]
		info.OperatingSystem, info.OSImage = "windows", "Windows Server "+year+" Datacenter"
		info.KernelVersion = map[string]string{"2019": "10.0.17763.7792", "2022": "10.0.20348.4171", "2025": "10.0.26100.6584"}[year]
	case strings.HasPrefix(family, "Ubuntu"):
		number := family[len(family)-len("2404"):]
		info.OSImage = "Ubuntu " + number[:2] + "." + number[2:] + " LTS"
		info.KernelVersion = "6.8.0-1036-aws"
	}
	return info
}

// kubeletVersion is v1.36.2-eks-… for an image with 1.36.2.
func kubeletVersion(image fakeaws.Image) string {
	patch := image.KubeletVersion
	if patch == "" {
		patch = image.KubernetesVersion + ".0"
	}
	build := fnv.New32a()
	build.Write([]byte(patch))
	return fmt.Sprintf("v%s-eks-%07x", patch, build.Sum32()>>4)
}

// arch is Kubernetes' name of the instance's architecture.
func arch(i fakeaws.Instance) string {
	if i.Arch == "arm64" {
		return "arm64"
	}
	return "amd64"
}

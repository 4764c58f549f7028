package fakenode

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

func instance() fakeaws.Instance {
	return fakeaws.Instance{
		ID: "i-0123456789abcdef0", Zone: "us-west-2b", ZoneID: "usw2-az2", Type: "m5.xlarge", Arch: "x86_64", ImageID: "ami-1",
		PrivateDNS: "ip-10-0-64-4.us-west-2.compute.internal", PrivateIP: "10.0.64.4",
		LaunchTemplateID: "lt-1", LaunchTemplateVersion: 3,
		Tags:     map[string]string{"alpha.eksctl.io/nodegroup-name": "workers"},
		UserData: base64.StdEncoding.EncodeToString([]byte("flags:\n  - --node-labels=team=a,tier=web\n  - --max-pods=58\n")),
	}
}

func TestNodeLabels(t *testing.T) {
	conf := Config{Region: "us-west-2"}
	plain := map[string]string{
		"kubernetes.io/hostname":           "ip-10-0-64-4.us-west-2.compute.internal",
		"kubernetes.io/arch":               "amd64",
		"kubernetes.io/os":                 "linux",
		"node.kubernetes.io/instance-type": "m5.xlarge",
		"topology.kubernetes.io/zone":      "us-west-2b",
		"topology.kubernetes.io/region":    "us-west-2",
		"topology.k8s.aws/zone-id":         "usw2-az2",
		"team":                             "a",
		"tier":                             "web",
	}
	if diff := cmp.Diff(plain, conf.nodeOf(instance(), fakeaws.Image{}).Labels); diff != "" {
		t.Errorf("labels of a self-managed node (-want +got):\n%s", diff)
	}
	conf.EKSLabels = true
	for key, value := range map[string]string{
		"eks.amazonaws.com/nodegroup":                   "workers",
		"eks.amazonaws.com/nodegroup-image":             "ami-1",
		"eks.amazonaws.com/capacityType":                "ON_DEMAND",
		"eks.amazonaws.com/sourceLaunchTemplateId":      "lt-1",
		"eks.amazonaws.com/sourceLaunchTemplateVersion": "3",
	} {
		plain[key] = value
	}
	if diff := cmp.Diff(plain, conf.nodeOf(instance(), fakeaws.Image{}).Labels); diff != "" {
		t.Errorf("labels with EKS's (-want +got):\n%s", diff)
	}
}

func TestNodeStatus(t *testing.T) {
	image := fakeaws.Image{KubernetesVersion: "1.36", KubeletVersion: "1.36.2"}
	node := (&Config{Region: "us-west-2"}).nodeOf(instance(), image)
	if want := "aws:///us-west-2b/i-0123456789abcdef0"; node.Spec.ProviderID != want {
		t.Errorf("provider id %s, want %s", node.Spec.ProviderID, want)
	}
	if version := node.Status.NodeInfo.KubeletVersion; !regexp.MustCompile(`^v1\.36\.2-eks-[0-9a-f]{7}$`).MatchString(version) {
		t.Errorf("kubelet version %s", version)
	}
	got := map[string]string{}
	for name, quantity := range node.Status.Allocatable {
		got[string(name)] = quantity.String()
	}
	want := map[string]string{"cpu": "3920m", "memory": "15391Mi", "pods": "58", "ephemeral-storage": "71Gi"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("allocatable (-want +got):\n%s", diff)
	}
}

func TestFate(t *testing.T) {
	for name, test := range map[string]struct {
		image fakeaws.Image
		known bool
		want  fate
	}{
		"sound":         {fakeaws.Image{}, true, joins},
		"broken":        {fakeaws.Image{Broken: true}, true, neverSeen},
		"unknown image": {fakeaws.Image{}, false, neverSeen},
		"no user data":  {fakeaws.Image{Family: "Bottlerocket"}, true, neverSeen},
	} {
		if got := fateOf(fakeaws.Instance{}, test.image, test.known); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestNodesOfEachFamily(t *testing.T) {
	for family, want := range map[string]struct{ release, os, image, kernel string }{
		"AmazonLinux2023":                {"1.36.2-20260915", "linux", "Amazon Linux 2023 (fake)", "6.12.40-63.114.amzn2023.arm64"},
		"AmazonLinux2":                   {"1.32.9-20251112", "linux", "Amazon Linux 2", "5.10.245-241.976.amzn2.arm64"},
		"Bottlerocket":                   {"1.62.0-7d1e94b2", "linux", "Bottlerocket OS 1.62.0 (aws-k8s-1.36)", "6.12.40"},
		"WindowsServer2022CoreContainer": {"1.36-2026.09.15", "windows", "Windows Server 2022 Datacenter", "10.0.20348.4171"},
		"Ubuntu2404":                     {"20260915", "linux", "Ubuntu 24.04 LTS", "6.8.0-1036-aws"},
		"":                               {"", "linux", "Amazon Linux 2023 (fake)", "6.12.40-63.114.amzn2023.arm64"},
	} {
		t.Run(family, func(t *testing.T) {
			i := instance()
			i.Arch = "arm64"
			node := (&Config{Region: "us-west-2"}).nodeOf(i, fakeaws.Image{
				Family: family, KubernetesVersion: "1.36", KubeletVersion: "1.36.2", ReleaseVersion: want.release,
			})
			info := node.Status.NodeInfo
			got := []string{info.Architecture, info.OperatingSystem, info.OSImage, info.KernelVersion, node.Labels["kubernetes.io/os"], node.Labels["kubernetes.io/arch"]}
			if diff := cmp.Diff([]string{"arm64", want.os, want.image, want.kernel, want.os, "arm64"}, got); diff != "" {
				t.Error(diff)
			}
			if build := node.Labels["node.kubernetes.io/windows-build"]; (want.os == "windows") != (build == "10.0.20348") {
				t.Errorf("Windows build %q", build)
			}
		})
	}
}

// A node offers a device if its image has the drivers.
func TestDevices(t *testing.T) {
	for kind, variants := range map[string]map[string]string{
		"g4dn.xlarge": {"": "", "nvidia": "nvidia.com/gpu", "nvidia-fips": "nvidia.com/gpu", "gpu": "nvidia.com/gpu", "neuron": ""},
		"inf2.xlarge": {"": "", "nvidia": "", "gpu": "aws.amazon.com/neuron", "neuron": "aws.amazon.com/neuron"},
	} {
		for variant, want := range variants {
			i := instance()
			i.Type = kind
			got := ""
			for name := range (&Config{}).nodeOf(i, fakeaws.Image{Variant: variant}).Status.Allocatable {
				if strings.Contains(string(name), ".com/") {
					got = string(name)
				}
			}
			if got != want {
				t.Errorf("a %s with variant %q offers %q, want %q", kind, variant, got, want)
			}
		}
	}
}

func TestLabelsInBottlerocketsSettings(t *testing.T) {
	settings := "[settings.kubernetes]\n\"cluster-name\" = \"c\"\n[settings.kubernetes.node-labels]\n\"team\" = \"a\"\n\"x.io/tier\" = \"web\"\n[settings.host]\n\"a\" = \"b\"\n"
	got := userDataLabels(base64.StdEncoding.EncodeToString([]byte(settings)))
	if diff := cmp.Diff(map[string]string{"team": "a", "x.io/tier": "web"}, got); diff != "" {
		t.Error(diff)
	}
}

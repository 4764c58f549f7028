package fakenode

import (
	"encoding/base64"
	"regexp"
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
	image := fakeaws.Image{KubernetesVersion: "1.36", ReleaseVersion: "1.36.2-20260915"}
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
	} {
		if got := fateOf(test.image, test.known); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

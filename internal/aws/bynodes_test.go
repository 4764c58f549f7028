package aws_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Where EC2 does not describe the image of the nodes, the nodes tell what it is.
func TestByNodes(t *testing.T) {
	w := newWorld(t)
	const image = "ami-0123456789abcdef0"
	node := func(instance, os string, devices ...string) upgrade.Node {
		return upgrade.Node{Provider: "aws:///us-west-2a/" + instance, OS: os, Kubelet: "v1.36.2-eks-1234567", ExtendedResources: devices}
	}
	instances := []upgrade.Instance{
		{ID: "i-1", Image: image, Arch: "arm64"}, {ID: "i-2", Image: image, Arch: "arm64"}, {ID: "i-3", Image: "ami-other", Arch: "x86_64"},
	}
	other := node("i-3", "Ubuntu 24.04.1 LTS") // runs another image
	known := func(family, variant string) upgrade.Image {
		return upgrade.Image{ID: image, Arch: "arm64", Family: family, Variant: variant, Version: "1.36"}
	}
	for name, row := range map[string]struct {
		nodes []upgrade.Node
		want  upgrade.Image
	}{
		"Amazon Linux 2023":                    {[]upgrade.Node{node("i-1", "Amazon Linux 2023.8.20260915"), other}, known("AmazonLinux2023", "")},
		"Amazon Linux 2023 with GPUs":          {[]upgrade.Node{node("i-1", "Amazon Linux 2023", "nvidia.com/gpu")}, known("AmazonLinux2023", "nvidia")},
		"Amazon Linux 2023 with Neuron":        {[]upgrade.Node{node("i-1", "Amazon Linux 2023", "aws.amazon.com/neuroncore")}, known("AmazonLinux2023", "neuron")},
		"Amazon Linux 2":                       {[]upgrade.Node{node("i-1", "Amazon Linux 2"), node("i-2", "Amazon Linux 2")}, known("AmazonLinux2", "")},
		"Amazon Linux 2 with GPUs":             {[]upgrade.Node{node("i-1", "Amazon Linux 2", "nvidia.com/gpu")}, known("AmazonLinux2", "gpu")},
		"Bottlerocket":                         {[]upgrade.Node{node("i-1", "Bottlerocket OS 1.62.0 (aws-k8s-1.36)")}, known("Bottlerocket", "")},
		"Bottlerocket with a variant":          {[]upgrade.Node{node("i-1", "Bottlerocket OS 1.62.0 (aws-k8s-1.36-nvidia-fips)")}, known("Bottlerocket", "nvidia-fips")},
		"Windows may be Core or Full":          {[]upgrade.Node{node("i-1", "Windows Server 2022 Datacenter")}, known("", "")},
		"Ubuntu may be Pro":                    {[]upgrade.Node{node("i-1", "Ubuntu 24.04.1 LTS")}, known("", "")},
		"an image for ECS is of no family":     {[]upgrade.Node{node("i-1", "Bottlerocket OS 1.62.0 (aws-ecs-2)")}, known("", "")},
		"nodes that disagree about devices":    {[]upgrade.Node{node("i-1", "Amazon Linux 2023"), node("i-2", "Amazon Linux 2023", "nvidia.com/gpu")}, known("", "")},
		"nodes that disagree about a family":   {[]upgrade.Node{node("i-1", "Amazon Linux 2023"), node("i-2", "Amazon Linux 2")}, known("", "")},
		"without nodes the architecture stays": {nil, upgrade.Image{ID: image, Arch: "arm64"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.aws.Images.ByNodes(image, instances, row.nodes); got != row.want {
				t.Errorf("got  %+v\nwant %+v", got, row.want)
			}
		})
	}
}

// What the nodes tell is enough to find the target, for every family of which they tell enough.
func TestResolveByNodes(t *testing.T) {
	w := newWorld(t)
	for os, of := range map[string][2]string{
		"Amazon Linux 2023": {"AmazonLinux2023", ""}, "Bottlerocket OS 1.62.0 (aws-k8s-1.36-nvidia)": {"Bottlerocket", "nvidia"},
	} {
		image := published(w, of[0], of[1], "1.36", "x86_64")
		w.HideImage(image.ID, true)
		if _, err := w.aws.Images.Image(context.Background(), image.ID); !errors.Is(err, upgrade.ErrNotFound) {
			t.Fatalf("a private image: %v", err)
		}
		told := w.aws.Images.ByNodes(image.ID, []upgrade.Instance{{ID: "i-1", Image: image.ID, Arch: "x86_64"}},
			[]upgrade.Node{{Provider: "aws:///us-west-2a/i-1", OS: os, Kubelet: "v1.36.2"}})
		got, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Version: "1.37"}, told)
		if want := published(w, of[0], of[1], "1.37", "x86_64"); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", os, got, err, want)
		}
	}
	windows := w.aws.Images.ByNodes("ami-1", []upgrade.Instance{{ID: "i-1", Image: "ami-1", Arch: "x86_64"}},
		[]upgrade.Node{{Provider: "aws:///us-west-2a/i-1", OS: "Windows Server 2022 Datacenter", Kubelet: "v1.36.2"}})
	_, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Version: "1.37"}, windows)
	if err == nil {
		t.Error("a Windows whose option is not known has a target")
	}
	target := upgrade.Target{Version: "1.37", Family: "WindowsServer2022CoreContainer"}
	if got, err := w.aws.Images.Resolve(context.Background(), target, windows); err != nil || got.Family != target.Family {
		t.Errorf("with its family: %+v, %v", got, err)
	}
}

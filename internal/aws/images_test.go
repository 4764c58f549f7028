package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// present is the image of the nodes, 1.36 for x86_64.
func present(w *world) upgrade.Image {
	w.t.Helper()
	image, err := w.aws.Images.Image(context.Background(), w.image.ID)
	must(w.t, err)
	return image
}

func TestImage(t *testing.T) {
	w := newWorld(t)
	want := upgrade.Image{
		ID: w.image.ID, Name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20260915", Arch: "x86_64",
		Family: "AmazonLinux2023", Version: "1.36", Release: "1.36.2-20260915",
	}
	if got := present(w); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, id := range []string{"ami-00000000000000000", "no-image"} {
		if _, err := w.aws.Images.Image(context.Background(), id); !errors.Is(err, upgrade.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestImagesWhoseFamilyIsNotKnown(t *testing.T) {
	w := newWorld(t)
	for name, image := range map[string]fakeaws.Image{
		"a copy under Amazon's name":      {Name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20260915"},
		"an image of Amazon's, not EKS's": {Name: "al2023-ami-2023.9.20260915.0-kernel-6.12-x86_64", OwnerAlias: "amazon"},
		"an image that somebody built":    {Name: "golden-42"},
	} {
		t.Run(name, func(t *testing.T) {
			added, err := w.AddImage(image)
			must(t, err)
			got, err := w.aws.Images.Image(context.Background(), added.ID)
			if err != nil || got.Family != "" || got.Version != "" {
				t.Errorf("got %+v, %v", got, err)
			}
			_, err = w.aws.Images.Resolve(context.Background(), upgrade.Target{Version: "1.37"}, got)
			for _, part := range []string{added.ID, image.Name, "AmazonLinux2023", "--image-id"} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not name %s", err, part)
				}
			}
			if got, err = w.aws.Images.Resolve(context.Background(), upgrade.Target{Image: newImage(w)}, got); err != nil || got.Version != "1.37" {
				t.Errorf("by id: %+v, %v", got, err)
			}
		})
	}
}

// In other partitions the publishers have other accounts, and their images may have no alias. An account
// of another partition with the same digits is a stranger.
func TestPublishersOfAPartition(t *testing.T) {
	ctx := context.Background()
	for region, stranger := range map[string]string{
		"cn-north-1": "099720109477", "us-gov-west-1": "837727238323", "us-west-2": "513442679011", "eusc-de-east-1": "099720109477",
	} {
		t.Run(region, func(t *testing.T) {
			w := newWorldIn(t, region)
			for _, family := range []string{"AmazonLinux2023", "Bottlerocket", "Ubuntu2404", "WindowsServer2025CoreContainer"} {
				present := published(w, family, "", "1.36", "x86_64")
				if got, err := w.aws.Images.Resolve(ctx, upgrade.Target{Version: "1.37"}, present); err != nil || got.Family != family || got.Version != "1.37" {
					t.Errorf("%s to 1.37: %+v, %v", family, got, err)
				}
				if got, err := w.aws.Images.Resolve(ctx, upgrade.Target{Release: present.Release}, present); err != nil || got != present {
					t.Errorf("%s to %s: %+v, %v", family, present.Release, got, err)
				}
			}
			fake, err := w.AddImage(fakeaws.Image{Name: "ubuntu-eks/k8s_1.37/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261001", Owner: stranger})
			must(t, err)
			if read, err := w.aws.Images.Image(ctx, fake.ID); err != nil || read.Family != "" {
				t.Errorf("an image of a stranger is %+v, %v", read, err)
			}
		})
	}
}

func TestResolveImage(t *testing.T) {
	w := newWorld(t)
	arm, _ := w.LatestImage("1.37", "arm64")
	older := func(release, arch string) string {
		for _, image := range w.Images() {
			if image.Family == "AmazonLinux2023" && image.Variant == "" && image.ReleaseVersion == release && image.Arch == arch {
				return image.ID
			}
		}
		t.Fatalf("no release %s", release)
		return ""
	}
	x86 := present(w)
	graviton := x86
	graviton.Arch = "arm64"
	tests := map[string]struct {
		target  upgrade.Target
		present upgrade.Image
		want    string
		says    string // of the error
		missing bool   // it is upgrade.ErrNotFound
	}{
		"the newest of a version":             {target: upgrade.Target{Version: "1.37"}, present: x86, want: newImage(w)},
		"the newest of a version for arm64":   {target: upgrade.Target{Version: "1.37"}, present: graviton, want: arm.ID},
		"the newest of the version it has":    {target: upgrade.Target{Version: "1.36"}, present: x86, want: w.image.ID},
		"a release":                           {target: upgrade.Target{Release: "1.36.2-20260818"}, present: x86, want: older("1.36.2-20260818", "x86_64")},
		"a release for arm64":                 {target: upgrade.Target{Release: "1.35.5-20260818"}, present: graviton, want: older("1.35.5-20260818", "arm64")},
		"an image":                            {target: upgrade.Target{Image: newImage(w)}, present: x86, want: newImage(w)},
		"an image for nodes of unknown image": {target: upgrade.Target{Image: newImage(w)}, want: newImage(w)},
		"a version that is not published": {target: upgrade.Target{Version: "1.99"}, present: x86, missing: true,
			says: "image of AmazonLinux2023 with Kubernetes 1.99 for x86_64: not found in us-west-2, none is published"},
		"a release that is not published": {target: upgrade.Target{Release: "1.37.1-20200101"}, present: x86, missing: true, says: "1.37.1-20200101"},
		"a release of another patch":      {target: upgrade.Target{Release: "1.37.9-20260915"}, present: x86, missing: true, says: "release 1.37.1-20260915"},
		"a version for nodes whose image is gone": {target: upgrade.Target{Version: "1.37"}, present: upgrade.Image{ID: "ami-0gone"},
			says: "image ami-0gone of the nodes does not exist any more"},
		"what is no release":           {target: upgrade.Target{Release: "latest"}, present: x86, says: "1.37.1-20260915"},
		"an image that does not exist": {target: upgrade.Target{Image: "ami-00000000000000000"}, present: x86, missing: true, says: "ami-00000000000000000"},
		"an image of another architecture": {target: upgrade.Target{Image: arm.ID}, present: x86,
			says: "image " + arm.ID + " (" + arm.Name + ") is for arm64, but the nodes are x86_64"},
		"no target": {target: upgrade.Target{}, present: x86, says: "names no version"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := w.aws.Images.Resolve(context.Background(), tt.target, tt.present)
			if tt.says == "" {
				must(t, err)
				if got.ID != tt.want {
					t.Errorf("got %s (%s), want %s", got.ID, got.Name, tt.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, upgrade.ErrNotFound) != tt.missing {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// published is an image as the product reads it.
func published(w *world, family, variant, minor, arch string) upgrade.Image {
	w.t.Helper()
	image, ok := w.LatestImageOf(family, variant, minor, arch)
	if !ok {
		w.t.Fatalf("no image of %s %s with %s for %s", family, variant, minor, arch)
	}
	read, err := w.aws.Images.Image(context.Background(), image.ID)
	must(w.t, err)
	return read
}

// Releases of operating systems, and variants, that came after this was written.
func TestFamiliesOfNextYear(t *testing.T) {
	w := newWorld(t)
	for name, of := range map[string]struct{ family, before, after, target string }{
		"an Ubuntu with a name of its own": {"Ubuntu2804", "ubuntu-eks/k8s_1.40/images/hvm-ssd-gp4/ubuntu-zebra-28.04-amd64-server-20280915",
			"ubuntu-eks/k8s_1.40/images/hvm-ssd-gp4/ubuntu-zebra-28.04-amd64-server-20281001", "20281001"},
		"an Ubuntu Pro": {"UbuntuPro2804", "ubuntu-eks-pro/k8s_1.40/images/hvm-ssd-gp3/ubuntu-zebra-28.04-amd64-server-20280915",
			"ubuntu-eks-pro/k8s_1.40/images/hvm-ssd-gp3/ubuntu-zebra-28.04-amd64-server-20281001.1", "20281001.1"},
		"a server of Windows": {"WindowsServer2028CoreContainer", "Windows_Server-2028-English-Core-EKS_Optimized-1.40-2028.09.15",
			"Windows_Server-2028-English-Core-EKS_Optimized-1.41-2028.10.01", "1.41-2028.10.01"},
		"a driver of NVIDIA": {"Bottlerocket", "bottlerocket-aws-k8s-1.40-nvidia-700-fips-x86_64-v1.80.0-7d1e94b2",
			"bottlerocket-aws-k8s-1.40-nvidia-700-fips-x86_64-v1.81.0-c29d60b7", "1.81.0-c29d60b7"},
		"an accelerator": {"AmazonLinux2023", "amazon-eks-node-al2023-x86_64-photon-1.40-v20280915",
			"amazon-eks-node-al2023-x86_64-photon-1.40-v20281001", "1.40.3-20281001"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, image := range []string{of.before, of.after} {
				_, err := w.AddImage(fakeaws.Image{Name: image, OwnerAlias: "amazon", Description: "(k8s: 1.40.3, containerd: 2.1.*)"})
				must(t, err)
			}
			find := func(name string) upgrade.Image {
				for _, image := range w.Images() {
					if image.Name == name {
						read, err := w.aws.Images.Image(context.Background(), image.ID)
						must(t, err)
						return read
					}
				}
				return upgrade.Image{}
			}
			present := find(of.before)
			got, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Release: of.target}, present)
			if err != nil || present.Family != of.family || got != find(of.after) || got.Release != of.target {
				t.Errorf("from %+v to %+v: %v", present, got, err)
			}
			if !aws.IsFamily(of.family) {
				t.Errorf("%s cannot be asked for", of.family)
			}
		})
	}
	for _, name := range []string{"Ubuntu", "Ubuntu26", "UbuntuPro260410", "WindowsServer2025", "AmazonLinux", ""} {
		if aws.IsFamily(name) {
			t.Errorf("%q is a family", name)
		}
	}
}

func TestEveryFamilyMovesOn(t *testing.T) {
	w := newWorld(t)
	for _, of := range []struct{ family, variant, arch, release, older string }{
		{"AmazonLinux2023", "", "x86_64", "1.37.1-20260915", "1.36.2-20260818"},
		{"AmazonLinux2023", "", "arm64", "1.37.1-20260915", "1.36.2-20260818"},
		{"AmazonLinux2023", "nvidia", "x86_64", "1.37.1-20260915", "1.36.2-20260818"},
		{"AmazonLinux2023", "nvidia", "arm64", "1.37.1-20260915", "1.36.2-20260818"},
		{"AmazonLinux2023", "neuron", "x86_64", "1.37.1-20260915", "1.36.2-20260818"},
		{"Bottlerocket", "", "x86_64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "", "arm64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "nvidia", "x86_64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "nvidia", "arm64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "fips", "x86_64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "nvidia-595", "x86_64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"Bottlerocket", "nvidia-fips", "arm64", "1.62.0-7d1e94b2", "1.61.0-c29d60b7"},
		{"WindowsServer2019CoreContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"WindowsServer2019FullContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"WindowsServer2022CoreContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"WindowsServer2022FullContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"WindowsServer2025CoreContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"WindowsServer2025FullContainer", "", "x86_64", "1.37-2026.09.15", "1.36-2026.08.18"},
		{"Ubuntu2204", "", "x86_64", "20260915", "20260818"},
		{"Ubuntu2404", "", "x86_64", "20260915", "20260818"},
		{"Ubuntu2404", "", "arm64", "20260915", "20260818"},
		{"UbuntuPro2204", "", "arm64", "20260915", "20260818"},
		{"UbuntuPro2404", "", "x86_64", "20260915", "20260818"},
		{"Ubuntu2604", "", "x86_64", "20260915", "20260818"},
		{"UbuntuPro2604", "", "arm64", "20260915", "20260818"},
	} {
		t.Run(strings.Join([]string{of.family, of.variant, of.arch}, " "), func(t *testing.T) {
			present := published(w, of.family, of.variant, "1.36", of.arch)
			if present.Family != of.family || present.Version != "1.36" {
				t.Fatalf("the present image is read as %+v", present)
			}
			want := published(w, of.family, of.variant, "1.37", of.arch)
			if got, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Version: "1.37"}, present); err != nil || got != want || got.Release != of.release {
				t.Errorf("to 1.37: %+v, %v, want %+v of release %s", got, err, want, of.release)
			}
			got, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Release: of.older}, present)
			if err != nil || got.Release != of.older || got.Version != "1.36" || got.Arch != of.arch {
				t.Errorf("to release %s: %+v, %v", of.older, got, err)
			}
		})
	}
}

func TestAnotherFamily(t *testing.T) {
	w := newWorld(t)
	old, next, gpu := published(w, "AmazonLinux2", "", "1.31", "x86_64"), published(w, "AmazonLinux2", "", "1.32", "x86_64"), published(w, "AmazonLinux2", "gpu", "1.32", "x86_64")
	golden, err := w.AddImage(fakeaws.Image{Name: "golden-42"})
	must(t, err)
	read := func(id string) upgrade.Image {
		image, err := w.aws.Images.Image(context.Background(), id)
		must(t, err)
		return image
	}
	x86 := present(w)
	latest, _ := w.LatestImage("1.37", "x86_64")
	bottle := published(w, "Bottlerocket", "", "1.37", "x86_64")
	nvidia := published(w, "Bottlerocket", "nvidia", "1.37", "x86_64")
	windows := published(w, "WindowsServer2022CoreContainer", "", "1.36", "x86_64")
	for name, tt := range map[string]struct {
		target  upgrade.Target
		present upgrade.Image
		want    string
		says    []string
	}{
		"AL2 has images up to 1.32":       {target: upgrade.Target{Version: "1.32"}, present: old, want: next.ID},
		"AL2 finds a release":             {target: upgrade.Target{Release: "1.32.9-20251002"}, present: old, want: imageNamed(w, "amazon-eks-node-1.32-v20251002")},
		"AL2 ends at 1.32":                {target: upgrade.Target{Version: "1.33"}, present: next, says: []string{"AmazonLinux2 ends with Kubernetes 1.32", "1.33", "AmazonLinux2023", "--launch-template-version"}},
		"a release of AL2 beyond the end": {target: upgrade.Target{Release: "1.33.1-20250519"}, present: next, says: []string{"AmazonLinux2 ends with Kubernetes 1.32"}},
		"another family":                  {target: upgrade.Target{Version: "1.37", Family: "Bottlerocket"}, present: x86, want: bottle.ID},
		"another family, same variant":    {target: upgrade.Target{Version: "1.37", Family: "Bottlerocket"}, present: published(w, "AmazonLinux2023", "nvidia", "1.36", "x86_64"), want: nvidia.ID},
		"a release of another family":     {target: upgrade.Target{Release: "1.61.0-c29d60b7", Family: "Bottlerocket"}, present: x86, want: imageNamed(w, "bottlerocket-aws-k8s-1.36-x86_64-v1.61.0-c29d60b7")},
		"a variant that it lacks":         {target: upgrade.Target{Version: "1.37", Family: "AmazonLinux2023"}, present: gpu, says: []string{"AmazonLinux2023 has no variant gpu", "nvidia for x86_64", "--image-id"}},
		"an architecture that it lacks":   {target: upgrade.Target{Version: "1.37", Family: "WindowsServer2022CoreContainer"}, present: published(w, "AmazonLinux2023", "", "1.36", "arm64"), says: []string{"no variant standard for arm64"}},
		"a family that nobody knows":      {target: upgrade.Target{Version: "1.37", Family: "Flatcar"}, present: x86, says: []string{`"Flatcar" is not known`, "Bottlerocket", "Ubuntu2404", "WindowsServer2025CoreContainer"}},
		"what people built has a family":  {target: upgrade.Target{Version: "1.37", Family: "AmazonLinux2023"}, present: read(golden.ID), want: latest.ID},
		"a release in another's form":     {target: upgrade.Target{Release: "1.37.1-20260915"}, present: windows, says: []string{"not a release version of WindowsServer2022CoreContainer", "1.37-2026.09.15"}},
		"a release without Kubernetes":    {target: upgrade.Target{Release: "20260915", Family: "Ubuntu2404"}, present: read(golden.ID), says: []string{"does not say which Kubernetes", "--image-id"}},
		"a release that is gone":          {target: upgrade.Target{Release: "1.36-2020.01.01"}, present: windows, says: []string{"WindowsServer2022CoreContainer with Kubernetes 1.36, release 1.36-2020.01.01, for x86_64: not found"}},
		"an image of another family":      {target: upgrade.Target{Image: bottle.ID, Family: "AmazonLinux2023"}, present: x86, says: []string{"is of family Bottlerocket", "--ami-family is AmazonLinux2023"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.aws.Images.Resolve(context.Background(), tt.target, tt.present)
			if tt.want != "" && (err != nil || got.ID != tt.want) {
				t.Errorf("got %+v, %v, want %s", got, err, tt.want)
			}
			for _, part := range tt.says {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not say %q", err, part)
				}
			}
		})
	}
	got, err := w.aws.Images.Resolve(context.Background(), upgrade.Target{Image: golden.ID, Family: "Bottlerocket"}, x86)
	if err != nil || got.Family != "Bottlerocket" || got.Version != "" {
		t.Errorf("an image that people built, of a family: %+v, %v", got, err)
	}
}

func imageNamed(w *world, name string) string {
	w.t.Helper()
	for _, image := range w.Images() {
		if image.Name == name {
			return image.ID
		}
	}
	w.t.Fatalf("no image %s", name)
	return ""
}

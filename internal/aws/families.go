package aws

import (
	"fmt"
	"strings"
)

// family is an operating system that is published as images for EKS nodes. Its templates
// contain {minor} for 1.36, {patch} for 1.36.2, and {build} for what tells its images of
// one minor from each other.
type family struct {
	// name is eksctl's.
	name string
	// build is the form of {build}, a regular expression.
	build string
	// release is how the publisher writes a release version, and like an
	// example of one.
	release, like string
	editions      []edition
	// last is the minor of its last images, 0 if there is no end; instead is
	// the family that people are to move to then.
	last    int
	instead string
}

// edition is what a family publishes for one architecture and purpose.
type edition struct {
	arch    string // as EC2 spells it
	variant string // standard, nvidia, neuron, …
	image   string // the names of its images
	newest  string // the public parameter with the id of a minor's newest image
}

// standard is the variant without anything special.
const standard = "standard"

func families() []family {
	all := []family{amazonLinux2023(), amazonLinux2(), bottlerocket()}
	for _, server := range []string{"2019", "2022", "2025"} {
		all = append(all, windows(server, "Core"), windows(server, "Full"))
	}
	for _, release := range []ubuntuRelease{
		{"20.04", "focal", "hvm-ssd", "ebs-gp2"}, {"22.04", "jammy", "hvm-ssd", "ebs-gp2"}, {"24.04", "noble", "hvm-ssd-gp3", "ebs-gp3"},
	} {
		all = append(all, release.family("Ubuntu", "eks"), release.family("UbuntuPro", "eks-pro"))
	}
	return all
}

// date is {build} of images that have no number of their own.
const date = `[0-9]{8}`

// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
func amazonLinux2023() family {
	f := family{name: "AmazonLinux2023", build: date, release: "{patch}-{build}", like: "1.37.1-20260915"}
	for _, of := range [][2]string{
		{"x86_64", standard}, {"arm64", standard}, {"x86_64", "nvidia"}, {"arm64", "nvidia"}, {"x86_64", "neuron"},
	} {
		f.editions = append(f.editions, edition{
			arch: of[0], variant: of[1],
			image:  fmt.Sprintf("amazon-eks-node-al2023-%s-%s-{minor}-v{build}", of[0], of[1]),
			newest: fmt.Sprintf("/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/%s/%s/recommended/image_id", of[0], of[1]),
		})
	}
	return f
}

// amazonLinux2 has one image for all accelerators, of NVIDIA and of AWS.
func amazonLinux2() family {
	f := family{
		name: "AmazonLinux2", build: date, release: "{patch}-{build}", like: "1.32.9-20251112",
		last: 32, instead: "AmazonLinux2023",
	}
	for _, of := range []struct{ arch, variant, image, path string }{
		{"x86_64", standard, "amazon-eks-node", "amazon-linux-2"},
		{"arm64", standard, "amazon-eks-arm64-node", "amazon-linux-2-arm64"},
		{"x86_64", "gpu", "amazon-eks-gpu-node", "amazon-linux-2-gpu"},
	} {
		f.editions = append(f.editions, edition{
			arch: of.arch, variant: of.variant,
			image:  of.image + "-{minor}-v{build}",
			newest: "/aws/service/eks/optimized-ami/{minor}/" + of.path + "/recommended/image_id",
		})
	}
	return f
}

// bottlerocket has versions of its own, whichever Kubernetes is in it.
// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id-bottlerocket.html
func bottlerocket() family {
	f := family{
		name: "Bottlerocket", build: `[0-9]+\.[0-9]+\.[0-9]+-[0-9a-f]{7,8}`, release: "{build}", like: "1.62.0-7d1e94b2",
	}
	for _, arch := range []string{"x86_64", "arm64"} {
		for _, variant := range []string{standard, "nvidia", "fips", "nvidia-fips"} {
			of := strings.TrimSuffix("aws-k8s-{minor}-"+variant, "-"+standard)
			f.editions = append(f.editions, edition{
				arch: arch, variant: variant,
				image:  "bottlerocket-" + of + "-" + strings.Replace(arch, "arm64", "aarch64", 1) + "-v{build}",
				newest: "/aws/service/bottlerocket/" + of + "/" + arch + "/latest/image_id",
			})
		}
	}
	return f
}

// windows is one version of Windows Server with one installation option.
// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-windows-ami-id.html
func windows(server, option string) family {
	image := fmt.Sprintf("Windows_Server-%s-English-%s-EKS_Optimized-{minor}", server, option)
	return family{
		name:  "WindowsServer" + server + option + "Container",
		build: `[0-9]{4}[.-][0-9]{2}[.-][0-9]{2}`, release: "{minor}-{build}", like: "1.37-2026.09.15",
		editions: []edition{{
			arch: "x86_64", variant: standard,
			image: image + "-{build}", newest: "/aws/service/ami-windows-latest/" + image + "/image_id",
		}},
	}
}

// ubuntuRelease is a long-term release of Ubuntu and the disk of its images.
type ubuntuRelease struct{ number, name, disk, volume string }

// https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images
func (r ubuntuRelease) family(name, product string) family {
	f := family{
		name:  name + strings.Replace(r.number, ".", "", 1),
		build: date + `(?:\.[0-9]+)?`, release: "{build}", like: "20260915",
	}
	for _, arch := range []string{"x86_64", "arm64"} {
		ours := strings.Replace(arch, "x86_64", "amd64", 1)
		f.editions = append(f.editions, edition{
			arch: arch, variant: standard,
			image: fmt.Sprintf("ubuntu-%s/k8s_{minor}/images/%s/ubuntu-%s-%s-%s-server-{build}", product, r.disk, r.name, r.number, ours),
			newest: fmt.Sprintf("/aws/service/canonical/ubuntu/%s/%s/{minor}/stable/current/%s/hvm/%s/ami-id",
				product, r.number, ours, r.volume),
		})
	}
	return f
}

package aws

import (
	"fmt"
	"regexp"
	"strings"
)

// family is an operating system that is published as images for EKS nodes. Its templates
// contain {minor} for 1.36, {patch} for 1.36.2, {build} for what tells its images of one
// minor from each other, {variant} for the variant ({-variant}: with a hyphen, and nothing
// for the standard one), and {any} for what only its publisher knows, such as the word for a
// release of Ubuntu.
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

// hasVariants reports whether the names of its images say which variant they are.
func (e edition) hasVariants() bool { return strings.Contains(e.image, "variant}") }

// standard is the variant without anything special.
const standard = "standard"

// families are those that do not change with each release of their operating system.
func families() []family { return []family{amazonLinux2023(), amazonLinux2(), bottlerocket()} }

// series are the families of an operating system that has one for each of its releases. A release
// that comes after this was written is read from names as the others are.
type series struct {
	name  string // the form of a family's name, with groups for what make needs
	image string // the beginning of its images' names, with the same groups
	make  func(groups []string) family
	known []string // names of families that people are told of
}

func everySeries() []series {
	return []series{
		{
			name:  `^WindowsServer([0-9]{4})(Core|Full)Container$`,
			image: `^Windows_Server-([0-9]{4})-English-(Core|Full)-EKS_Optimized-`,
			make:  func(groups []string) family { return windows(groups[0], groups[1]) },
			known: []string{
				"WindowsServer2019CoreContainer", "WindowsServer2019FullContainer", "WindowsServer2022CoreContainer",
				"WindowsServer2022FullContainer", "WindowsServer2025CoreContainer", "WindowsServer2025FullContainer",
			},
		},
		{
			name:  `^Ubuntu(Pro)?([0-9]{2})([0-9]{2})$`,
			image: `^ubuntu-eks(-pro)?/k8s_[^/]+/images/[^/]+/ubuntu-[a-z]+-([0-9]{2})\.([0-9]{2})-`,
			make:  func(groups []string) family { return ubuntu(groups[0] != "", groups[1], groups[2]) },
			known: []string{
				"Ubuntu2004", "UbuntuPro2004", "Ubuntu2204", "UbuntuPro2204", "Ubuntu2404", "UbuntuPro2404", "Ubuntu2604", "UbuntuPro2604",
			},
		},
	}
}

// read returns the family that a text is of, by its name or by the name of an image.
func (s series) read(form, text string) (family, bool) {
	groups := regexp.MustCompile(form).FindStringSubmatch(text)
	if groups == nil {
		return family{}, false
	}
	return s.make(groups[1:]), true
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
			image:  "amazon-eks-node-al2023-" + of[0] + "-{variant}-{minor}-v{build}",
			newest: "/aws/service/eks/optimized-ami/{minor}/amazon-linux-2023/" + of[0] + "/{variant}/recommended/image_id",
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

// bottlerocket has versions of its own, whichever Kubernetes is in it. Since the autumn of 2026 it also
// has variants for one driver of NVIDIA, such as nvidia-595.
// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id-bottlerocket.html
func bottlerocket() family {
	f := family{
		name: "Bottlerocket", build: `[0-9]+\.[0-9]+\.[0-9]+-[0-9a-f]{7,8}`, release: "{build}", like: "1.62.0-7d1e94b2",
	}
	for _, arch := range []string{"x86_64", "arm64"} {
		for _, variant := range []string{standard, "nvidia", "fips", "nvidia-fips"} {
			f.editions = append(f.editions, edition{
				arch: arch, variant: variant,
				image:  "bottlerocket-aws-k8s-{minor}{-variant}-" + strings.Replace(arch, "arm64", "aarch64", 1) + "-v{build}",
				newest: "/aws/service/bottlerocket/aws-k8s-{minor}{-variant}/" + arch + "/latest/image_id",
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

// ubuntu is a long-term release of Ubuntu: 24 and 04 are 24.04. Its images have a disk of type gp3 since
// then.
// https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images
func ubuntu(pro bool, year, month string) family {
	name, product, volume := "Ubuntu", "eks", "ebs-gp3"
	if pro {
		name, product = "UbuntuPro", "eks-pro"
	}
	if year < "24" {
		volume = "ebs-gp2"
	}
	number := year + "." + month
	f := family{name: name + year + month, build: date + `(?:\.[0-9]+)?`, release: "{build}", like: "20260915"}
	for _, arch := range []string{"x86_64", "arm64"} {
		ours := strings.Replace(arch, "x86_64", "amd64", 1)
		f.editions = append(f.editions, edition{
			arch: arch, variant: standard,
			image: fmt.Sprintf("ubuntu-%s/k8s_{minor}/images/hvm-ssd{any}/ubuntu-{any}-%s-%s-server-{build}", product, number, ours),
			newest: fmt.Sprintf("/aws/service/canonical/ubuntu/%s/%s/{minor}/stable/current/%s/hvm/%s/ami-id",
				product, number, ours, volume),
		})
	}
	return f
}

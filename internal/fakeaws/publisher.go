package fakeaws

import (
	"fmt"
	"strings"
	"time"
)

// publisher is a series of published images: one operating system, architecture
// and variant. In the names, descriptions and parameters {minor} stands for 1.36,
// {patch} for 1.36.2, {date} for 20260915, {dotted} for 2026.09.15 and {os} for
// the version of Bottlerocket.
type publisher struct {
	family, variant, arch string
	owner, alias          string
	name, description     string
	release               string
	newest, each          string      // paths of the parameters of the newest image of a minor and of every image, or ""
	members               [][2]string // parameters below these paths, with {id}, {name} and {release}; the path itself is ""
	windows               bool
}

// publication is one published image.
type publication struct {
	newest, each string
	members      [][2]string
	windows      bool
}

// The accounts of the publishers in most regions.
const (
	eksOwner          = "602401143452"
	bottlerocketOwner = "092701018921"
	windowsOwner      = "801119661308"
	canonicalOwner    = "099720109477"
)

// ownerIn is the account of a publisher in the partition of a region.
func ownerIn(region, owner string) string {
	for prefix, owners := range map[string]map[string]string{
		"cn-":     {eksOwner: "918309763551", canonicalOwner: "837727238323"},
		"us-gov-": {eksOwner: "013241004608", canonicalOwner: "513442679011"},
	} {
		if other := owners[owner]; other != "" && strings.HasPrefix(region, prefix) {
			return other
		}
	}
	return owner
}

// round is one day on which all publishers publish for a minor version.
type round struct{ patch, date string }

// lastOfAmazonLinux2 are the last rounds of Amazon Linux 2, which has no images
// for later minor versions.
func lastOfAmazonLinux2() []round {
	return []round{{"1.31.13", "20251002"}, {"1.31.13", "20251112"}, {"1.32.9", "20251002"}, {"1.32.9", "20251112"}}
}

// rounds are the rounds of the newest four minor versions, oldest first.
func rounds() [][]round {
	return [][]round{
		{{"1.34.6", "20260721"}, {"1.34.7", "20260818"}, {"1.34.7", "20260915"}},
		{{"1.35.4", "20260721"}, {"1.35.5", "20260818"}, {"1.35.5", "20260915"}},
		{{"1.36.1", "20260721"}, {"1.36.2", "20260818"}, {"1.36.2", "20260915"}},
		{{"1.37.0", "20260818"}, {"1.37.1", "20260901"}, {"1.37.1", "20260915"}},
	}
}

// bottlerocketVersion is the version of Bottlerocket on a day.
func bottlerocketVersion(date string) string {
	return map[string]string{
		"20260721": "1.60.1-4c0f3a5e", "20260818": "1.61.0-c29d60b7",
		"20260901": "1.61.1-08a7d3f4", "20260915": "1.62.0-7d1e94b2",
	}[date]
}

func publishedImages(region string) []*Image {
	var all []*Image
	for _, r := range lastOfAmazonLinux2() {
		for _, p := range amazonLinux2() {
			all = append(all, p.publish(region, r))
		}
	}
	for _, minor := range rounds() {
		for _, r := range minor {
			for _, p := range publishers() {
				all = append(all, p.publish(region, r))
			}
		}
	}
	return all
}

func (p publisher) publish(region string, r round) *Image {
	minor := r.patch[:strings.LastIndexByte(r.patch, '.')]
	created, _ := time.Parse("20060102", r.date)
	fill := strings.NewReplacer("{minor}", minor, "{patch}", r.patch, "{date}", r.date,
		"{dotted}", created.Format("2006.01.02"), "{os}", bottlerocketVersion(r.date)).Replace
	name, release := fill(p.name), fill(p.release)
	id := stableID("ami", region+"/"+name)
	owner := ownerIn(region, p.owner)
	if owner != p.owner {
		p.owner, p.alias = owner, ""
	}
	image := &Image{
		ID: id, Name: name, Description: fill(p.description), Owner: p.owner, OwnerAlias: p.alias,
		Arch: p.arch, Family: p.family, Variant: p.variant,
		KubernetesVersion: minor, KubeletVersion: r.patch, ReleaseVersion: release,
		Created:   created.Add(21 * time.Hour),
		published: &publication{newest: fill(p.newest), each: fill(p.each), windows: p.windows},
	}
	image.Devices = p.volumes(image)
	value := strings.NewReplacer("{id}", id, "{name}", name, "{release}", release).Replace
	for _, m := range p.members {
		image.published.members = append(image.published.members, [2]string{m[0], value(m[1])})
	}
	return image
}

func publishers() []publisher {
	var all []publisher
	for _, list := range [][]publisher{amazonLinux(), bottlerocket(), windows(), ubuntu()} {
		all = append(all, list...)
	}
	return all
}

func amazonLinux() []publisher {
	var all []publisher
	for _, of := range [][2]string{
		{"x86_64", "standard"}, {"arm64", "standard"}, {"x86_64", "nvidia"}, {"arm64", "nvidia"}, {"x86_64", "neuron"},
	} {
		all = append(all, publisher{
			family: "AmazonLinux2023", variant: strings.TrimPrefix(of[1], "standard"), arch: of[0],
			name:        fmt.Sprintf("amazon-eks-node-al2023-%s-%s-{minor}-v{date}", of[0], of[1]),
			description: "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: {patch}, containerd: 2.1.*)",
		}.byEKS("amazon-linux-2023/"+of[0]+"/"+of[1]))
	}
	return all
}

func amazonLinux2() []publisher {
	var all []publisher
	for _, of := range []struct{ arch, variant, image, folder string }{
		{"x86_64", "", "amazon-eks-node", "amazon-linux-2"},
		{"arm64", "", "amazon-eks-arm64-node", "amazon-linux-2-arm64"},
		{"x86_64", "gpu", "amazon-eks-gpu-node", "amazon-linux-2-gpu"},
	} {
		all = append(all, publisher{
			family: "AmazonLinux2", variant: of.variant, arch: of.arch, name: of.image + "-{minor}-v{date}",
			description: "EKS Kubernetes Worker AMI with AmazonLinux2 image, (k8s: {patch}, containerd: 1.7.*)",
		}.byEKS(of.folder))
	}
	return all
}

// byEKS is a publisher of EKS itself, with the parameters below one path.
func (p publisher) byEKS(folder string) publisher {
	folder = "/aws/service/eks/optimized-ami/{minor}/" + folder
	p.owner, p.alias, p.release = eksOwner, "amazon", "{patch}-{date}"
	p.newest, p.each = folder+"/recommended", folder+"/"+p.name
	p.members = [][2]string{
		{"", `{"schema_version":"2","image_id":"{id}","image_name":"{name}","release_version":"{release}"}`},
		{"/image_id", "{id}"}, {"/image_name", "{name}"}, {"/release_version", "{release}"},
	}
	return p
}

func bottlerocket() []publisher {
	var all []publisher
	for _, arch := range []string{"x86_64", "arm64"} {
		for _, variant := range []string{"", "nvidia", "nvidia-595", "fips", "nvidia-fips"} {
			of := "aws-k8s-{minor}"
			if variant != "" {
				of += "-" + variant
			}
			folder := "/aws/service/bottlerocket/" + of + "/" + arch
			all = append(all, publisher{
				family: "Bottlerocket", variant: variant, arch: arch, owner: bottlerocketOwner, alias: "amazon",
				name:        "bottlerocket-" + of + "-" + strings.Replace(arch, "arm64", "aarch64", 1) + "-v{os}",
				description: "bottlerocket-" + of + "-" + strings.Replace(arch, "arm64", "aarch64", 1) + "-v{os}",
				release:     "{os}",
				newest:      folder + "/latest", each: folder + "/{os}",
				members: [][2]string{{"/image_id", "{id}"}, {"/image_version", "{release}"}},
			})
		}
	}
	return all
}

func windows() []publisher {
	var all []publisher
	for _, server := range []string{"2019", "2022", "2025"} {
		for _, option := range []string{"Core", "Full"} {
			latest := fmt.Sprintf("Windows_Server-%s-English-%s-EKS_Optimized-{minor}", server, option)
			all = append(all, publisher{
				family: "WindowsServer" + server + option + "Container", arch: "x86_64", owner: windowsOwner, alias: "amazon",
				name:        latest + "-{dotted}",
				description: fmt.Sprintf("Microsoft Windows Server %s %s Locale English AMI provided by Amazon for EKS {minor}", server, option),
				release:     "{minor}-{dotted}",
				newest:      "/aws/service/ami-windows-latest/" + latest,
				members:     [][2]string{{"/image_id", "{id}"}},
				windows:     true,
			})
		}
	}
	return all
}

func ubuntu() []publisher {
	var all []publisher
	for _, product := range []struct{ path, family string }{{"eks", "Ubuntu"}, {"eks-pro", "UbuntuPro"}} {
		for _, of := range []struct{ release, name, disk, volume string }{
			{"22.04", "jammy", "hvm-ssd", "ebs-gp2"}, {"24.04", "noble", "hvm-ssd-gp3", "ebs-gp3"},
			{"26.04", "resolute", "hvm-ssd-gp3", "ebs-gp3"},
		} {
			for _, arch := range []string{"x86_64", "arm64"} {
				deb := strings.Replace(arch, "x86_64", "amd64", 1)
				folder := fmt.Sprintf("/aws/service/canonical/ubuntu/%s/%s/{minor}/stable/", product.path, of.release)
				rest := "/" + deb + "/hvm/" + of.volume
				all = append(all, publisher{
					family: product.family + strings.Replace(of.release, ".", "", 1), arch: arch, owner: canonicalOwner, alias: "amazon",
					name:        fmt.Sprintf("ubuntu-%s/k8s_{minor}/images/%s/ubuntu-%s-%s-%s-server-{date}", product.path, of.disk, of.name, of.release, deb),
					description: fmt.Sprintf("Canonical, Ubuntu EKS Node OS (k8s_{minor}), %s LTS, %s %s image build on {date}", of.release, deb, of.name),
					release:     "{date}",
					newest:      folder + "current" + rest, each: folder + "{date}" + rest,
					members: [][2]string{{"/ami-id", "{id}"}},
				})
			}
		}
	}
	return all
}

package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// A group of another image family and architecture stays what it is: the target
// is looked up in its own family, in its own words.
func TestBottlerocket(t *testing.T) {
	w := newWorld(t, "--ami-family", "Bottlerocket", "--arch", "arm64")
	w.nodelift(upgrade()...).has(t, 0, "Successful after", "Bottlerocket", "1.62.0-7d1e94b2")
	w.nodesRun(3, "v1.37.")
	w.systems("arm64", "Bottlerocket OS 1.62.0 (aws-k8s-1.37)")
	w.isClean()
	t.Run("a release keeps the version of Kubernetes", func(t *testing.T) {
		w := w.with(t)
		w.nodelift(upgrade("--release-version", "1.61.1-08a7d3f4")...).has(t, 0, "Successful after")
		w.nodesRun(3, "v1.37.")
		w.systems("arm64", "Bottlerocket OS 1.61.1 (aws-k8s-1.37)")
		w.isClean()
	})
	t.Run("its user data are for no other family", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--ami-family", "AmazonLinux2023")...).has(t, 1, "contain TOML settings of Bottlerocket, but image ami-",
			"never join; create a version of the launch template with an image and user data for AmazonLinux2023")
	})
	t.Run("of an image that people built that is a warning", func(t *testing.T) {
		w := w.with(t)
		w.nodelift(upgrade("--image-id", w.build("AmazonLinux2023", "arm64"), "--ami-family", "AmazonLinux2023", "--dry-run")...).has(t, 0,
			"contain TOML settings of Bottlerocket, but image ami-", "whose nodes join with a NodeConfig for nodeadm: new nodes would never join")
	})
}

// Each family goes on in its own images: to a version, to a release, and to
// another family that reads the same user data.
func TestFamilies(t *testing.T) {
	for _, of := range []struct {
		family, variant, arch     string
		newest, release           string // of 1.37
		os                        string
		next, nextOS, nextRelease string // another family, if there is one
	}{
		{"WindowsServer2022CoreContainer", "standard", "x86_64", "1.37-2026.09.15", "1.37-2026.09.01", "Windows Server 2022 Datacenter",
			"WindowsServer2025FullContainer", "Windows Server 2025 Datacenter", "1.37-2026.09.15"},
		{"Ubuntu2204", "standard", "arm64", "20260915", "20260901", "Ubuntu 22.04 LTS", "UbuntuPro2404", "Ubuntu 24.04 LTS", "20260915"},
		{"AmazonLinux2023", "nvidia", "x86_64", "1.37.1-20260915", "1.37.1-20260901", "Amazon Linux 2023 (fake)", "", "", ""},
		{"AmazonLinux2023", "neuron", "x86_64", "1.37.1-20260915", "", "Amazon Linux 2023 (fake)", "", "", ""},
		{"Bottlerocket", "nvidia-fips", "arm64", "1.62.0-7d1e94b2", "", "", "", "", ""},
	} {
		t.Run(of.family+" "+of.variant, func(t *testing.T) {
			w := newWorld(t, "--ami-family", of.family, "--ami-variant", of.variant, "--arch", of.arch, "--nodes", "1", "--zones", "1")
			variant := strings.TrimPrefix(of.variant, "standard")
			for _, step := range []struct{ flag, value, family, release, os string }{
				{"--kubernetes-version", "1.37", of.family, of.newest, of.os},
				{"--release-version", of.release, of.family, of.release, of.os},
				{"--ami-family", of.next, of.next, of.nextRelease, of.nextOS},
			} {
				if step.value == "" {
					continue
				}
				w.nodelift(upgrade(step.flag, step.value)...).has(t, 0, "Successful after", " -> ami-", "("+step.family+" "+step.release)
				w.nodesRun(1, "v1.37.")
				w.isCleanWith(1)
				w.imageIs(step.family, variant, step.release)
				if step.os != "" {
					w.systems(map[string]string{"x86_64": "amd64", "arm64": "arm64"}[of.arch], step.os)
				}
			}
		})
	}
}

// Amazon Linux 2 ends at 1.32: what it cannot become is refused by name, and the
// way out works.
func TestAmazonLinux2(t *testing.T) {
	w := newWorld(t, "--ami-family", "AmazonLinux2", "--kubernetes-version", "1.32", "--nodes", "1", "--zones", "1")
	for _, tc := range []struct {
		line []string
		says string
	}{
		{nil, "AmazonLinux2 ends with Kubernetes 1.32, so there is no image of it for 1.37; create a version of the group's launch template " +
			"with an image and user data for AmazonLinux2023 and name it with --launch-template-version"},
		{[]string{"--kubernetes-version", "1.34"}, "AmazonLinux2 ends with Kubernetes 1.32, so there is no image of it for 1.34"},
		{[]string{"--release-version", "1.34.7-20260915"}, "AmazonLinux2 ends with Kubernetes 1.32, so there is no image of it for 1.34"},
		{[]string{"--ami-family", "AmazonLinux2023"}, "contain a script that runs /etc/eks/bootstrap.sh, but image ami-"},
	} {
		w.nodelift(upgrade(tc.line...)...).has(t, 1, tc.says, "nothing was changed")
	}
	w.changedNothing()
	w.nodesRun(1, "v1.32.")

	w.newTemplateVersion(&ec2types.RequestLaunchTemplateData{
		ImageId:  aws.String(w.published("AmazonLinux2023", "x86_64")),
		UserData: encoded(nodeConfigs("nodegroup")),
	})
	w.nodelift(upgrade("--launch-template-version", "2")...).has(t, 0, "Successful after")
	w.nodesRun(1, "v1.37.")
	w.systems("amd64", "Amazon Linux 2023 (fake)")
	w.isCleanWith(1)
}

// An image that people built says nothing of its family: a version is refused
// until they name the family, its id works.
func TestImageThatPeopleBuilt(t *testing.T) {
	w := newWorld(t, "--nodes", "1", "--zones", "1")
	golden := w.build("AmazonLinux2023", "x86_64")
	w.nodelift(upgrade("--image-id", golden, "--ami-family", "Bottlerocket", "--dry-run")...).has(t, 0,
		"contain a NodeConfig for nodeadm, but image "+golden, "whose nodes join with TOML settings of Bottlerocket: new nodes would never join")
	w.nodelift(upgrade("--image-id", golden)...).has(t, 0, "Successful after")
	w.nodesRun(1, "v1.37.")
	for _, target := range [][]string{nil, {"--kubernetes-version", "1.37"}, {"--release-version", "1.37.1-20260915"}} {
		w.nodelift(upgrade(target...)...).has(t, 1, "image "+golden+` of the nodes ("golden") belongs to no known image family`,
			"--image-id", "--ami-family (AmazonLinux2023, AmazonLinux2, Bottlerocket, ", "nothing was changed")
	}
	w.nodelift(upgrade("--ami-family", "AmazonLinux2023", "--release-version", "1.37.1-20260901")...).has(t, 0, "Successful after", "AmazonLinux2023 1.37.1-20260901")
	w.nodelift(upgrade("--image-id", golden)...).has(t, 0, "Successful after", golden)
	w.isCleanWith(1)
}

// A plain image on machines with a GPU is warned of, and fails as the warning
// says.
func TestDriversAreMissing(t *testing.T) {
	w := newWorld(t, "--ami-variant", "nvidia", "--nodes", "1", "--zones", "1")
	w.eventually("the node offers its GPU", func() bool {
		nodes := w.nodes()
		return len(nodes) == 1 && nodes[0].Status.Allocatable.Name("nvidia.com/gpu", resource.DecimalSI).Value() == 1
	})
	w.nodelift(upgrade("--image-id", w.published("AmazonLinux2023", "x86_64"), "--join-timeout", "8s")...).has(t, 1,
		"has drivers for NVIDIA, and the name of the new image ami-", "without drivers the upgrade would wait for 8s and fail",
		"NodeCreationFailure", "does not offer nvidia.com/gpu")
	w.nodesRun(1, "v1.36.")
	w.isCleanWith(1)
}

// systems checks what the nodes say that they run on.
func (w *world) systems(arch, image string) {
	w.t.Helper()
	for _, node := range w.nodes() {
		if info := node.Status.NodeInfo; info.Architecture != arch || info.OSImage != image {
			w.t.Errorf("node %s is %s on %s, want %s on %s", node.Name, info.OSImage, info.Architecture, image, arch)
		}
	}
}

// imageIs fails the test unless the group's instances run a published image.
func (w *world) imageIs(family, variant, release string) {
	w.t.Helper()
	for _, i := range w.describe().Instances {
		image, _ := fakeaws.New(fakeaws.Config{Region: "us-west-2"}).Image(aws.ToString(i.ImageId))
		if image.Family != family || image.Variant != variant || image.ReleaseVersion != release {
			w.t.Errorf("%s runs %s, want %s %s %s", aws.ToString(i.InstanceId), image.Name, family, variant, release)
		}
	}
}

// published is the newest image of a family with Kubernetes 1.37.
func (w *world) published(family, arch string) string {
	w.t.Helper()
	image, ok := fakeaws.New(fakeaws.Config{Region: "us-west-2"}).LatestImageOf(family, "", "1.37", arch)
	if !ok {
		w.t.Fatalf("there is no image of %s for %s", family, arch)
	}
	return image.ID
}

// image is the newest image of a family for x86_64 with a version of Kubernetes.
func (w *world) image(family, version string) string {
	w.t.Helper()
	image, ok := fakeaws.New(fakeaws.Config{Region: "us-west-2"}).LatestImageOf(family, "", version, "x86_64")
	if !ok {
		w.t.Fatalf("there is no image of %s with %s", family, version)
	}
	return image.ID
}

// build makes an image of one's own, golden, from the newest of a family.
func (w *world) build(family, arch string) string {
	w.t.Helper()
	made, err := w.machines().CopyImage(w.ctx(), &ec2.CopyImageInput{
		SourceImageId: aws.String(w.published(family, arch)), SourceRegion: aws.String("us-west-2"), Name: aws.String("golden"),
	})
	w.check(err)
	return aws.ToString(made.ImageId)
}

// newTemplateVersion makes a version of the group's launch template from the
// first one.
func (w *world) newTemplateVersion(data *ec2types.RequestLaunchTemplateData) {
	w.t.Helper()
	_, err := w.machines().CreateLaunchTemplateVersion(w.ctx(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: w.describe().LaunchTemplate.LaunchTemplateId, SourceVersion: aws.String("1"), LaunchTemplateData: data,
	})
	w.check(err)
}

// machines is EC2.
func (w *world) machines() *ec2.Client {
	return ec2.New(ec2.Options{
		Region: "us-west-2", BaseEndpoint: &w.aws, Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
}

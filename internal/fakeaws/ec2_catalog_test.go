package fakeaws

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func TestImagesAreFound(t *testing.T) {
	w := newWorld(t)
	newest, _ := w.LatestImage("1.36", "x86_64")
	own, err := w.AddImage(Image{Name: "golden-7", Arch: "arm64"})
	w.ok(err)
	for name, row := range map[string]struct {
		in   ec2.DescribeImagesInput
		want int
	}{
		"an id selects an image":                             {ec2.DescribeImagesInput{ImageIds: []string{newest.ID}}, 1},
		"the owner amazon selects all published images":      {ec2.DescribeImagesInput{Owners: []string{"amazon"}}, 12*len(publishers()) + 12},
		"an account selects its images":                      {ec2.DescribeImagesInput{Owners: []string{eksOwner}}, 12*5 + 12},
		"the owner self selects the account's own images":    {ec2.DescribeImagesInput{Owners: []string{"self"}}, 1},
		"an image of another owner is not the account's own": {ec2.DescribeImagesInput{Owners: []string{"self"}, ImageIds: []string{newest.ID}}, 0},
		"a name pattern selects images":                      {ec2.DescribeImagesInput{Filters: filters("name", "amazon-eks-node-al2023-x86_64-standard-1.36-v*")}, 3},
		"an architecture and an owner select images":         {ec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: filters("architecture", "arm64")}, 12*13 + 4},
		"without parameters all images are described":        {ec2.DescribeImagesInput{}, 12*len(publishers()) + 13},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := w.ec2.DescribeImages(w.ctx(), &row.in)
			w.ok(err)
			same(t, "images", len(out.Images), row.want)
		})
	}
	out, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{newest.ID, own.ID}})
	w.ok(err)
	same(t, "name", *out.Images[0].Name, "amazon-eks-node-al2023-x86_64-standard-1.36-v20260915")
	same(t, "description", strings.Contains(*out.Images[0].Description, "k8s: 1.36.2"), true)
	same(t, "state", out.Images[0].State, "available")
	same(t, "created", *out.Images[0].CreationDate, "2026-09-15T21:00:00.000Z")
	same(t, "the other's architecture", out.Images[1].Architecture, "arm64")
	same(t, "the other's owner", *out.Images[1].OwnerId, "123456789012")
	_, err = w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{"ami-0123456789abcdef0"}})
	w.refused(err, "InvalidAMIID.NotFound", 400, "'[ami-0123456789abcdef0]' does not exist")
	_, err = w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{"ami-xyz"}})
	w.refused(err, "InvalidAMIID.Malformed", 400, "ami-xyz")
}

func TestImagesSayWhatTheyRun(t *testing.T) {
	w := newWorld(t)
	for _, minor := range []string{"1.34", "1.35", "1.36", "1.37"} {
		for _, arch := range []string{"x86_64", "arm64"} {
			image, found := w.LatestImage(minor, arch)
			if !found || image.KubernetesVersion != minor || image.Arch != arch || !strings.HasPrefix(image.ReleaseVersion, minor+".") {
				t.Errorf("newest image of %s on %s: %v %+v", minor, arch, found, image)
			}
			again, _ := w.Image(image.ID)
			same(t, "by id", again, image)
		}
	}
	_, found := w.LatestImage("1.33", "x86_64")
	same(t, "a minor without images", found, false)
	_, found = w.Image("ami-none")
	same(t, "an unknown image", found, false)
	newest, _ := w.LatestImage("1.36", "x86_64")
	same(t, "release", newest.ReleaseVersion, "1.36.2-20260915")
	same(t, "broken", w.BreakImage(newest.ID, true), true)
	broken, _ := w.Image(newest.ID)
	same(t, "broken", broken.Broken, true)
	same(t, "breaking an unknown image", w.BreakImage("ami-none", true), false)
	if _, err := w.AddImage(Image{ID: newest.ID}); err == nil {
		t.Error("an id was taken twice")
	}
}

func TestFamiliesOfImages(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]struct{ family, variant, arch, owner, release, os string }{
		"amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260915":                             {"AmazonLinux2023", "nvidia", "x86_64", eksOwner, "1.36.2-20260915", "Linux/UNIX"},
		"amazon-eks-node-al2023-x86_64-neuron-1.36-v20260915":                             {"AmazonLinux2023", "neuron", "x86_64", eksOwner, "1.36.2-20260915", "Linux/UNIX"},
		"amazon-eks-gpu-node-1.32-v20251112":                                              {"AmazonLinux2", "gpu", "x86_64", eksOwner, "1.32.9-20251112", "Linux/UNIX"},
		"bottlerocket-aws-k8s-1.36-aarch64-v1.62.0-7d1e94b2":                              {"Bottlerocket", "", "arm64", bottlerocketOwner, "1.62.0-7d1e94b2", "Linux/UNIX"},
		"bottlerocket-aws-k8s-1.36-nvidia-fips-x86_64-v1.62.0-7d1e94b2":                   {"Bottlerocket", "nvidia-fips", "x86_64", bottlerocketOwner, "1.62.0-7d1e94b2", "Linux/UNIX"},
		"Windows_Server-2025-English-Core-EKS_Optimized-1.36-2026.09.15":                  {"WindowsServer2025CoreContainer", "", "x86_64", windowsOwner, "1.36-2026.09.15", "Windows"},
		"Windows_Server-2019-English-Full-EKS_Optimized-1.36-2026.09.15":                  {"WindowsServer2019FullContainer", "", "x86_64", windowsOwner, "1.36-2026.09.15", "Windows"},
		"ubuntu-eks/k8s_1.36/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260915": {"Ubuntu2404", "", "arm64", canonicalOwner, "20260915", "Linux/UNIX"},
		"ubuntu-eks-pro/k8s_1.36/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260915": {"UbuntuPro2204", "", "x86_64", canonicalOwner, "20260915", "Linux/UNIX"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{Owners: []string{want.owner}, Filters: filters("name", name)})
			w.ok(err)
			same(t, "images", len(out.Images), 1)
			same(t, "architecture", out.Images[0].Architecture, want.arch)
			same(t, "platform", *out.Images[0].PlatformDetails, want.os)
			minor := regexp.MustCompile(`1\.3[0-9]`).FindString(name)
			newest, _ := w.LatestImageOf(want.family, want.variant, minor, want.arch)
			same(t, "newest", newest.ID, *out.Images[0].ImageId)
			same(t, "release", newest.ReleaseVersion, want.release)
			same(t, "kubelet", newest.KubeletVersion, map[string]string{"1.32": "1.32.9", "1.36": "1.36.2"}[minor])
		})
	}
}

func TestSubnetsZonesAndTypes(t *testing.T) {
	w := newWorld(t)
	w.group(3, 3, 3)
	subnets, err := w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{Filters: filters("availability-zone", "us-west-2c")})
	w.ok(err)
	same(t, "subnets in a zone", len(subnets.Subnets), 1)
	same(t, "its addresses", *subnets.Subnets[0].AvailableIpAddressCount, subnetAddresses-1)
	same(t, "its range", *subnets.Subnets[0].CidrBlock, "10.0.128.0/18")
	same(t, "its zone id", *subnets.Subnets[0].AvailabilityZoneId, "usw2-az3")
	_, err = w.ec2.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0"}})
	w.refused(err, "InvalidSubnetID.NotFound", 400, "subnet-0")

	zones, err := w.ec2.DescribeAvailabilityZones(w.ctx(), &ec2.DescribeAvailabilityZonesInput{})
	w.ok(err)
	same(t, "zones", len(zones.AvailabilityZones), 3)
	same(t, "first", *zones.AvailabilityZones[0].ZoneName+" "+*zones.AvailabilityZones[0].ZoneId, "us-west-2a usw2-az1")
	_, err = w.ec2.DescribeAvailabilityZones(w.ctx(), &ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-west-2z"}})
	w.refused(err, "InvalidParameterValue", 400, "us-west-2z")

	types, err := w.ec2.DescribeInstanceTypes(w.ctx(), &ec2.DescribeInstanceTypesInput{InstanceTypes: toTypes("m5.xlarge", "g4dn.xlarge", "m7g.xlarge")})
	w.ok(err)
	m5, g4, m7 := types.InstanceTypes[0], types.InstanceTypes[1], types.InstanceTypes[2]
	same(t, "cpus", *m5.VCpuInfo.DefaultVCpus, 4)
	same(t, "memory", *m5.MemoryInfo.SizeInMiB, 16384)
	same(t, "pods", *m5.NetworkInfo.MaximumNetworkInterfaces*(*m5.NetworkInfo.Ipv4AddressesPerInterface-1)+2, 58)
	same(t, "architecture", m7.ProcessorInfo.SupportedArchitectures, "[arm64]")
	same(t, "GPUs", *g4.GpuInfo.Gpus[0].Count, 1)
	same(t, "no GPUs", m5.GpuInfo == nil, true)
	_, err = w.ec2.DescribeInstanceTypes(w.ctx(), &ec2.DescribeInstanceTypesInput{InstanceTypes: toTypes("m1.huge")})
	w.refused(err, "InvalidInstanceType", 400, "m1.huge")
	arm, err := w.ec2.DescribeInstanceTypes(w.ctx(), &ec2.DescribeInstanceTypesInput{
		Filters: filters("processor-info.supported-architecture", "arm64"), MaxResults: aws.Int32(100),
	})
	w.ok(err)
	same(t, "types for arm64", len(arm.InstanceTypes), 3)
}

// A copy of an image belongs to the account and is not published. Its instances
// behave like those of the original.
func TestCopyImage(t *testing.T) {
	w := newWorld(t)
	source, _ := w.LatestImage("1.36", "x86_64")
	in := &ec2.CopyImageInput{SourceImageId: &source.ID, SourceRegion: aws.String("us-west-2"), Name: aws.String("golden"), ClientToken: aws.String("once")}
	made, err := w.ec2.CopyImage(w.ctx(), in)
	w.ok(err)
	again, err := w.ec2.CopyImage(w.ctx(), in)
	w.ok(err)
	same(t, "the same request again", *again.ImageId, *made.ImageId)
	out, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{Owners: []string{"self"}})
	w.ok(err)
	same(t, "its id", *out.Images[0].ImageId, *made.ImageId)
	same(t, "its name", *out.Images[0].Name, "golden")
	same(t, "nobody's alias", aws.ToString(out.Images[0].ImageOwnerAlias), "")
	image, _ := w.Image(*made.ImageId)
	same(t, "kubelet", image.KubeletVersion, source.KubeletVersion)
	newest, _ := w.LatestImage("1.36", "x86_64")
	same(t, "the newest published image", newest.ID, source.ID)
	_, err = w.ec2.CopyImage(w.ctx(), &ec2.CopyImageInput{SourceImageId: aws.String("ami-0123456789abcdef0"), SourceRegion: aws.String("us-west-2"), Name: aws.String("x")})
	w.refused(err, "InvalidAMIID.NotFound", 400, "ami-0123456789abcdef0")
	_, err = w.ec2.DeregisterImage(w.ctx(), &ec2.DeregisterImageInput{ImageId: &source.ID})
	w.refused(err, "InvalidAMIID.NotFound", 400, source.ID) // it belongs to another account
	_, err = w.ec2.DeregisterImage(w.ctx(), &ec2.DeregisterImageInput{ImageId: made.ImageId})
	w.ok(err)
	if _, there := w.Image(*made.ImageId); there {
		t.Error("the image is still there")
	}
}

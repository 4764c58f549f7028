package aws

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// familyAL2023 is eksctl's name for the one family that is known so far.
const familyAL2023 = "AmazonLinux2023"

// knownFamilies is for people.
const knownFamilies = familyAL2023 + " (standard, x86_64 and arm64)"

// parameterPath is the public parameter with the image for a version (the
// recommended one) or for a release, of the family and architecture of the
// present nodes.
func parameterPath(target upgrade.Target, present upgrade.Image) (string, error) {
	if present.Family != familyAL2023 && present.Name == "" {
		return "", fmt.Errorf("image %s of the nodes does not exist any more, so nobody knows its family; "+
			"name the new image with --image-id", present.ID)
	}
	if present.Family != familyAL2023 {
		return "", fmt.Errorf("image %s of the nodes (%q) is of no family whose new versions are known; known is %s, "+
			"and for all others --image-id works", present.ID, present.Name, knownFamilies)
	}
	folder := func(version string) string {
		return fmt.Sprintf("/aws/service/eks/optimized-ami/%s/amazon-linux-2023/%s/standard", version, present.Arch)
	}
	if target.Release != "" {
		version, date, err := splitRelease(target.Release)
		if err != nil {
			return "", err
		}
		name := fmt.Sprintf("amazon-eks-node-al2023-%s-standard-%s-v%s", present.Arch, version, date)
		return folder(version) + "/" + name + "/image_id", nil
	}
	if target.Version == "" {
		return "", errors.New("the target names no version, no release and no image")
	}
	return folder(target.Version) + "/recommended/image_id", nil
}

// splitRelease takes a release version apart: 1.37.1-20260915 is of Kubernetes
// 1.37 and of that day.
func splitRelease(release string) (version, date string, err error) {
	parts := regexp.MustCompile(`^([0-9]+\.[0-9]+)\.[0-9]+-([0-9]{8})$`).FindStringSubmatch(release)
	if parts == nil {
		return "", "", fmt.Errorf("%q is no release version; they look like 1.37.1-20260915", release)
	}
	return parts[1], parts[2], nil
}

// imageFrom reads what Amazon's names and descriptions say, for example
//
//	amazon-eks-node-al2023-x86_64-standard-1.37-v20260915
//	EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.37.1, containerd: 2.1.*)
//
// The other variants of the family (nvidia, neuron) are families of their own:
// a node with a GPU must not end on a standard image.
func imageFrom(raw types.Image) upgrade.Image {
	image := upgrade.Image{ID: sdk.ToString(raw.ImageId), Name: sdk.ToString(raw.Name), Arch: string(raw.Architecture)}
	if sdk.ToString(raw.ImageOwnerAlias) != "amazon" {
		return image
	}
	standard := regexp.MustCompile(`^amazon-eks-node-al2023-(?:x86_64|arm64)-standard-([0-9]+\.[0-9]+)-v([0-9]{8})$`)
	parts := standard.FindStringSubmatch(image.Name)
	if parts == nil {
		return image
	}
	image.Family, image.Version = familyAL2023, parts[1]
	patch := regexp.MustCompile(`k8s: ([0-9]+\.[0-9]+\.[0-9]+)`).FindStringSubmatch(sdk.ToString(raw.Description))
	if patch != nil && strings.HasPrefix(patch[1], image.Version+".") {
		image.Release = patch[1] + "-" + parts[2]
	}
	return image
}

package aws

import (
	"regexp"
	"strings"
)

// partition is a part of AWS with accounts of its own: the same twelve digits are somebody else's in
// another partition.
type partition struct {
	name   string
	prefix string // of the names of its regions, and of no others
	// publishers are the accounts that publish images for EKS there: Canonical, and EKS where its images
	// may lack the alias amazon.
	publishers []string
}

// partitions are all but aws, which has all other regions. A test compares them with the SDK's.
//
// Canonical's accounts are those of https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images.
// EKS's are those of its image registries (amazon-eks-ami, nodeadm); it is an assumption that they own
// its machine images, too, as eksctl takes for granted. In the others, no publisher but amazon is known.
func partitions() []partition {
	return []partition{
		{"aws-cn", "cn-", []string{"837727238323", "918309763551", "961992271922"}},
		{"aws-us-gov", "us-gov-", []string{"513442679011", "013241004608", "151742754352"}},
		{"aws-eusc", "eusc-", nil},
		{"aws-iso", "us-iso-", nil},
		{"aws-iso-b", "us-isob-", nil},
		{"aws-iso-e", "eu-isoe-", nil},
		{"aws-iso-f", "us-isof-", nil},
	}
}

// IsRegion reports whether a name has the form of a region's, as us-west-2 and eusc-de-east-1 have. Which
// regions exist is more than any version of the SDK knows.
func IsRegion(name string) bool {
	return regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`).MatchString(name)
}

// partitionOf is the partition that a region belongs to.
func partitionOf(region string) partition {
	for _, p := range partitions() {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{name: "aws", publishers: []string{"099720109477", "602401143452"}}
}

// Publishers are the owners of images for EKS in a region whose names can be trusted: Amazon under its
// alias, and accounts.
func Publishers(region string) []string {
	return append([]string{"amazon"}, partitionOf(region).publishers...)
}

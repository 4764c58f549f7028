package fakeaws

import "strings"

// partition is the first part of ARNs after arn:, which the region decides.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func (c *Cloud) partition() string {
	for prefix, partition := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"} {
		if strings.HasPrefix(c.cfg.Region, prefix) {
			return partition
		}
	}
	return "aws"
}

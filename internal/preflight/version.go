package preflight

import "k8s.io/apimachinery/pkg/util/version"

// maxSkew is how many minors a kubelet may be older than its API server
// (Kubernetes' version skew policy).
const maxSkew = 3

// parseMinor reads what a person types for a Kubernetes version: 1.37 and nothing more.
func parseMinor(text string) (*version.Version, bool) {
	minor, ok := parseServer(text)
	return minor, ok && minor.String() == text
}

// parseServer reads the minor of what an API server or a kubelet says: v1.37.1-eks-1234567.
func parseServer(text string) (*version.Version, bool) {
	minor, err := version.ParseMajorMinor(text)
	return minor, err == nil
}

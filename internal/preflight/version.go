package preflight

import (
	"regexp"
	"strconv"
)

// minor is a minor version of Kubernetes: {1, 37}.
type minor struct{ major, minor int }

// maxSkew is how many minors a kubelet may be older than its API server
// (Kubernetes' version skew policy).
const maxSkew = 3

// parseMinor reads what a person types for a Kubernetes version: 1.37.
func parseMinor(text string) (minor, bool) {
	return match(`^([0-9]+)\.([0-9]+)$`, text)
}

// parseServer reads what an API server or a kubelet says: v1.37.1-eks-1234567.
func parseServer(text string) (minor, bool) {
	return match(`^v?([0-9]+)\.([0-9]+)`, text)
}

func match(pattern, text string) (minor, bool) {
	parts := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if parts == nil {
		return minor{}, false
	}
	major, errMajor := strconv.Atoi(parts[1])
	low, errMinor := strconv.Atoi(parts[2])
	return minor{major, low}, errMajor == nil && errMinor == nil
}

func (m minor) String() string { return strconv.Itoa(m.major) + "." + strconv.Itoa(m.minor) }

// older is by how many minors m is older than other; negative if it is newer.
// Another major version is out of reach either way.
func (m minor) older(other minor) int {
	const far = 1000
	return (other.major-m.major)*far + other.minor - m.minor
}

package v1alpha1

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The longest slug that stands before the hash in a NodeGroup's name. Names of
// Leases and updates are made from it, so it leaves room.
const slugLimit = 40

// NodeGroupName returns the name of the NodeGroup for an Auto Scaling group: a
// slug of the group's name, for people, and a short hash of region and group,
// because names of groups are not DNS names and are unique in a region only.
// The same group always has the same name.
func NodeGroupName(region, group string) string {
	sum := sha256.Sum256([]byte(region + "/" + group))
	hash := hex.EncodeToString(sum[:4])
	if s := slug(group); s != "" {
		return s + "-" + hash
	}
	return "group-" + hash
}

// The longest slug in the name of an update, which people read out to each other.
const shortLimit = 20

// ShortName is what names of the updates of a node group begin with: a slug of what
// its tags call it, else of its Auto Scaling group's name. Several node groups may have
// the same one.
func (g *NodeGroup) ShortName() string {
	for _, name := range []string{g.Spec.NodegroupName, g.Spec.AutoScalingGroup, g.Name} {
		if s := slug(name); s != "" {
			return strings.TrimRight(s[:min(len(s), shortLimit)], "-")
		}
	}
	return "group"
}

// slug keeps letters and digits in lower case and joins what they stand
// between with single dashes.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	s := strings.Join(words, "-")
	if len(s) > slugLimit {
		s = strings.TrimRight(s[:slugLimit], "-")
	}
	return s
}

package v1alpha1

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// slugLimit is the most characters of the slug in a NodeGroup's name. Names of Leases and
// updates begin with that name, so it has to leave room for them.
const slugLimit = 40

// NodeGroupName returns the name of the NodeGroup for an Auto Scaling group: a slug of the
// group's name, for people, and a short hash of region and group name, because group names
// are not DNS names and are unique only within a region. The same group always gets the
// same name.
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

// slug keeps the letters and digits of a name in lower case, and puts a dash wherever other
// characters were.
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

package preflight

import (
	"fmt"
	"slices"
	"strings"
)

// imageOwner refuses an image of an account that nobody has allowed: whoever may write an update could
// boot any public image as a node, with the nodes' role. Allowed are this account, the publishers of
// images for EKS, the owner of the present image, and those that the NodeGroup names.
func imageOwner(f Facts) []Finding {
	owner := f.Needs.Owner
	allowed := append([]string{f.Has.Owner}, f.ImageOwners...)
	if owner == "" || slices.Contains(allowed, owner) || f.Needs.OwnerAlias != "" && slices.Contains(allowed, f.Needs.OwnerAlias) {
		return nil
	}
	who := "account " + owner
	if f.Needs.OwnerAlias != "" {
		who += " (" + f.Needs.OwnerAlias + ")"
	}
	return one(Finding{
		Rule: "ImageOfOtherOwner",
		What: fmt.Sprintf("image %s belongs to %s", name(f.Target.Image), who),
		Why:  "only images of these owners may become nodes of group " + f.Group.Name + ": " + strings.Join(known(allowed), ", "),
		Next: fmt.Sprintf("if you trust that owner, allow it in the NodeGroup: kubectl patch nodegroup %s --type merge --patch '{\"spec\":{\"imageOwners\":[\"%s\"]}}', "+
			"or with --image-owners at the first upgrade of the group", f.NodeGroup, owner),
	})
}

// known are owners without those that are not known, each once.
func known(owners []string) []string {
	var all []string
	for _, o := range owners {
		if o != "" && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}

package preflight

import "testing"

func TestImagesOfOtherOwners(t *testing.T) {
	owned := func(owner, alias string) func(*Facts) {
		return func(f *Facts) {
			f.NodeGroup, f.ImageOwners = "workers-4f9a", []string{"111122223333", "amazon", "444455556666"}
			f.Has, f.Needs = linux("ami-136", 20), linux("ami-137", 20)
			f.Has.Owner, f.Needs.Owner, f.Needs.OwnerAlias = "111122223333", owner, alias
		}
	}
	check(t, map[string]scenario{
		"An image of this account is right.":                   {change: owned("111122223333", "")},
		"One that a publisher owns is right, by its alias.":    {change: owned("602401143452", "amazon")},
		"One of an account that the NodeGroup names is right.": {change: owned("444455556666", "")},
		"One of the owner of the present image is right.": {change: func(f *Facts) {
			owned("777788889999", "")(f)
			f.Has.Owner = "777788889999"
		}},
		"An image that EC2 does not describe is not refused here.": {change: func(f *Facts) { f.ImageOwners = []string{"111122223333"} }},
		"One of anybody else is refused, with what allows it.": {change: owned("999900001111", "aws-marketplace"), refusals: []string{
			"ImageOfOtherOwner: image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) belongs to account 999900001111 " +
				"(aws-marketplace): only images of these owners may become nodes of group workers: 111122223333, amazon, 444455556666; if you " +
				"trust that owner, allow it in the NodeGroup: kubectl patch nodegroup workers-4f9a --type merge --patch " +
				"'{\"spec\":{\"imageOwners\":[\"999900001111\"]}}', or with --image-owners at the first upgrade of the group"}},
	})
}

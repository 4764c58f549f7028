package find

import (
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// RightAccount is an error if the Auto Scaling group of a node group is known to be in another account
// than the caller, an ARN: what has its name there is not meant.
func RightAccount(group *v1alpha1.NodeGroup, caller string) error {
	there, here := upgrade.AccountOf(group.Status.AutoScalingGroupARN), upgrade.AccountOf(caller)
	if group.Status.AutoScalingGroupARN == "" || there.ID == here.ID && there.Partition == here.Partition {
		return nil
	}
	return fmt.Errorf("the Auto Scaling group %s of node group %s is in %s, and the AWS credentials in use are for account %s (%s); select a profile of account %s with --profile or AWS_PROFILE",
		group.Spec.AutoScalingGroup, group.Name, there, here.ID, caller, there.ID)
}

// RightRegion is an error if a region was given that is not that of a node group.
func RightRegion(group *v1alpha1.NodeGroup, given string) error {
	if given == "" || given == group.Spec.Region {
		return nil
	}
	return fmt.Errorf("node group %s is in region %s, not in %s; leave out --region", group.Name, group.Spec.Region, given)
}

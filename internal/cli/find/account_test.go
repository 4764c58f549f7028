package find

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

func TestRightAccount(t *testing.T) {
	const arn = "arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:uuid:autoScalingGroupName/workers"
	for name, tc := range map[string]struct{ noted, caller, says string }{
		"The account of the group is right.":                    {noted: arn, caller: "arn:aws:sts::111122223333:assumed-role/upgrades/ann"},
		"A group that was not noted may be anywhere.":           {caller: "arn:aws:iam::444455556666:user/ann"},
		"Another account is refused, and both are named.":       {arn, "arn:aws:iam::444455556666:user/ann", "is in account 111122223333 (us-west-2), and the AWS credentials in use are for account 444455556666"},
		"The same number in another partition is not the same.": {arn, "arn:aws-cn:iam::111122223333:user/ann", "is in account 111122223333"},
	} {
		t.Run(name, func(t *testing.T) {
			group := &v1alpha1.NodeGroup{Status: v1alpha1.NodeGroupStatus{AutoScalingGroupARN: tc.noted}}
			err := RightAccount(group, tc.caller)
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

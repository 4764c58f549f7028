package aws

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestExplain(t *testing.T) {
	api := func(code, message string) error {
		return &smithy.OperationError{
			ServiceID: "Auto Scaling", OperationName: "UpdateAutoScalingGroup",
			Err: &smithy.GenericAPIError{Code: code, Message: message},
		}
	}
	tests := map[string]struct {
		err  error
		want string
		kind error
	}{
		"throttling is later": {
			err:  api("Throttling", "Rate exceeded"),
			want: "resize group nodes: AWS asks to retry later (Throttling)",
		},
		"EC2's throttling is later": {
			err:  api("RequestLimitExceeded", "Request limit exceeded."),
			want: "resize group nodes: AWS asks to retry later (RequestLimitExceeded)",
		},
		"a busy group is later": {
			err:  api("ScalingActivityInProgress", "Scaling activity 12 is in progress"),
			want: "resize group nodes: AWS asks to retry later (ScalingActivityInProgress)",
		},
		"contention is later": {
			err:  api("ResourceContention", "You already have a pending update"),
			want: "resize group nodes: AWS asks to retry later (ResourceContention)",
		},
		"an action that AWS names is the one that is missing": {
			err: api("AccessDenied", "User: arn:aws:sts::123456789012:assumed-role/ops/ann is not authorized to perform: "+
				"ec2:RunInstances on resource: arn:aws:ec2:us-west-2:123456789012:launch-template/lt-1 because no policy allows it"),
			want: "resize group nodes: ec2:RunInstances on arn:aws:ec2:us-west-2:123456789012:launch-template/lt-1 is not allowed for " +
				"arn:aws:sts::123456789012:assumed-role/ops/ann: no policy allows it",
			kind: upgrade.ErrForbidden,
		},
		"a policy of the organization that denies it is named": {
			err: api("AccessDenied", "User: arn:aws:sts::123456789012:assumed-role/ops/ann is not authorized to perform: "+
				"autoscaling:UpdateAutoScalingGroup on resource: arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:*:autoScalingGroupName/nodes with an explicit deny in a service control policy"),
			want: "autoscaling:UpdateAutoScalingGroup on group nodes is not allowed for arn:aws:sts::123456789012:assumed-role/ops/ann: " +
				"an explicit deny in a service control policy",
			kind: upgrade.ErrForbidden,
		},
		"a role that may not be passed is named": {
			err: api("UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "+
				"iam:PassRole on resource: arn:aws:iam::123456789012:role/other because no identity-based policy allows the iam:PassRole action. Encoded authorization failure message: x"),
			want: "resize group nodes: iam:PassRole on arn:aws:iam::123456789012:role/other is not allowed for arn:aws:iam::123456789012:user/ann: no identity-based policy allows it",
			kind: upgrade.ErrForbidden,
		},
		"a resource of the call that is not what it is about is named beside it": {
			err:  api("AccessDenied", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: autoscaling:UpdateAutoScalingGroup on resource: arn:aws:autoscaling:other"),
			want: "autoscaling:UpdateAutoScalingGroup on group nodes (arn:aws:autoscaling:other) is not allowed for arn:aws:iam::123456789012:user/ann",
			kind: upgrade.ErrForbidden,
		},
		"Auto Scaling does not say what a launch template takes": {
			err: api("AccessDenied", "You are not authorized to use launch template: lt-1"),
			want: "autoscaling:UpdateAutoScalingGroup on group nodes is not allowed for these credentials: AWS says \"You are not authorized " +
				"to use launch template: lt-1\", which also takes ec2:RunInstances, for a version with tags ec2:CreateTags, and for one with " +
				"an instance profile iam:PassRole",
			kind: upgrade.ErrForbidden,
		},
		"a thing of the group that is not found is not the group": {
			err:  api("ValidationError", "The security group sg-1 not found in VPC vpc-1."),
			want: "resize group nodes: The security group sg-1 not found in VPC vpc-1 (ValidationError)",
			kind: upgrade.ErrRefused,
		},
		"a quota is no throttling": {
			err:  api("VersionLimitExceeded", "You have reached the maximum number of versions."),
			want: "resize group nodes: You have reached the maximum number of versions (VersionLimitExceeded)",
			kind: upgrade.ErrRefused,
		},
		"a refusal without a name is the operation's": {
			err:  api("UnauthorizedOperation", "You are not authorized to perform this operation."),
			want: "autoscaling:UpdateAutoScalingGroup on group nodes is not allowed for these credentials",
			kind: upgrade.ErrForbidden,
		},
		"Auto Scaling says not found in words": {
			err:  api("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup nodes not found"),
			want: "resize group nodes: AutoScalingGroup name not found - AutoScalingGroup nodes not found (ValidationError)",
			kind: upgrade.ErrNotFound,
		},
		"other bad input is AWS's sentence": {
			err:  api("ValidationError", "Desired capacity:5 must be between the specified min size:0 and max size:4."),
			want: "resize group nodes: Desired capacity:5 must be between the specified min size:0 and max size:4 (ValidationError)",
			kind: upgrade.ErrRefused,
		},
		"a network that is down": {
			err: fmt.Errorf("operation error: %w", &url.Error{Op: "Post", URL: "https://autoscaling.us-west-2.amazonaws.com/",
				Err: errors.New("connection refused")}),
			want: "resize group nodes: AWS does not answer at https://autoscaling.us-west-2.amazonaws.com/: connection refused (check the region, the network and its proxy)",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := explain(tt.err, "resize", "group nodes")
			if got.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, kind := range []error{upgrade.ErrCredentials, upgrade.ErrForbidden, upgrade.ErrNotFound, upgrade.ErrRefused} {
				if errors.Is(got, kind) != (kind == tt.kind) {
					t.Errorf("is %q: %v", kind, errors.Is(got, kind))
				}
			}
			if !errors.Is(got, tt.err) {
				t.Error("the SDK's own error is lost")
			}
		})
	}
	if explain(nil, "resize", "group nodes") != nil {
		t.Error("no error became one")
	}
}

package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nodelift/nodelift/internal/upgrade"
)

var _ upgrade.Identity = (*Cloud)(nil)

// Identity is the AWS identity that makes the calls.
type Identity struct {
	Account string // twelve digits
	ARN     string
}

// Identity asks AWS whose credentials these are. It needs no permission.
func (c *Cloud) Identity(ctx context.Context) (Identity, error) {
	out, err := c.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, explain(err, "ask who we are in", "AWS")
	}
	return Identity{Account: sdk.ToString(out.Account), ARN: sdk.ToString(out.Arn)}, nil
}

// Caller is the identity as the engine sees it.
func (c *Cloud) Caller(ctx context.Context) (upgrade.Caller, error) {
	who, err := c.Identity(ctx)
	if err != nil {
		return upgrade.Caller{}, err
	}
	account := upgrade.AccountOf(who.ARN)
	account.Region = c.Region
	return upgrade.Caller{ARN: who.ARN, Account: account}, nil
}

package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Cloud is one account in one region.
type Cloud struct {
	Region    string
	Groups    *Groups
	Templates *Templates
	Images    *Images
	Balancers *Balancers
	// Calls counts what was asked of AWS.
	Calls *Calls

	identity *sts.Client
}

// New returns the cloud that the options name. It makes no call, so it does not notice
// credentials that are not valid.
func New(ctx context.Context, o Options) (*Cloud, error) {
	calls := newCalls()
	cfg, err := o.load(ctx, calls)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().Round(0) }
	}
	compute, scaling := ec2.NewFromConfig(cfg), autoscaling.NewFromConfig(cfg)
	groups := newGroups(cfg.Region, scaling, compute, o.Now)
	return &Cloud{
		Region:    cfg.Region,
		Groups:    groups,
		Templates: newTemplates(compute, groups),
		Images:    &Images{region: cfg.Region, compute: compute, parameters: ssm.NewFromConfig(cfg)},
		Balancers: &Balancers{targets: elbv2.NewFromConfig(cfg), classic: elb.NewFromConfig(cfg)},
		Calls:     calls,
		identity:  sts.NewFromConfig(cfg),
	}, nil
}

package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// Options say which account and region to work in. The zero value takes both
// from the environment and the shared configuration, as the aws command does.
type Options struct {
	Region  string
	Profile string
	// Version of Nodelift, for the user agent.
	Version string
	// Now returns the time; nil means the wall clock, which does not stop while a laptop
	// sleeps.
	Now func() time.Time
	// Transport sends the requests; nil means the network, as the environment configures it.
	Transport http.RoundTripper
}

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

// load reads the SDK's configuration and adds how calls are identified, repeated and
// counted, and credentials that can be renewed.
func (o Options) load(ctx context.Context, calls *Calls) (sdk.Config, error) {
	cfg, err := o.read(ctx)
	if err != nil {
		return sdk.Config{}, err
	}
	if cfg.Region == "" {
		return sdk.Config{}, errors.New("no AWS region is set; set one with --region or AWS_REGION")
	}
	renewed := &credentials{read: o.read, current: cfg.Credentials}
	cfg.Credentials = renewed
	cfg.RetryMode = sdk.RetryModeAdaptive
	cfg.HTTPClient = transport{cfg.HTTPClient}
	cfg.APIOptions = append(cfg.APIOptions,
		middleware.AddUserAgentKeyValue("nodelift", o.Version), calls.count, fence, renewed.watch)
	return cfg, nil
}

// client sends requests. To the one for the network, the SDK adds AWS_CA_BUNDLE.
func (o Options) client() sdk.HTTPClient {
	if o.Transport != nil {
		return &http.Client{Transport: o.Transport, Timeout: readTimeout}
	}
	return awshttp.NewBuildableClient().WithReadTimeout(readTimeout)
}

func (o Options) read(ctx context.Context) (sdk.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(o.client()),
		config.WithLogger(logging.Nop{}), // what is worth saying comes back as an error
	}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sdk.Config{}, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, nil
}

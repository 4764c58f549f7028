package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// Options say which account and region to work in. The zero value takes both
// from the environment and the shared configuration, as the aws command does.
type Options struct {
	Region  string
	Profile string
	// RoleARN is a role to assume with the credentials that were found, "" for none.
	RoleARN string
	// MFACode asks a person for a code of an MFA device; nil means that nobody can be asked. An error
	// may say with [Advise] what to do.
	MFACode func(device string) (string, error)
	// RequestTimeout is how long one request may take; 0 means as long as AWS sends something at least
	// every minute.
	RequestTimeout time.Duration
	// Version of Nodelift, for the user agent.
	Version string
	// Now returns the time; nil means the wall clock, which does not stop while a laptop
	// sleeps.
	Now func() time.Time
	// Transport sends the requests; nil means the network, as the environment configures it.
	Transport http.RoundTripper
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
	renewed := &credentials{read: o.read, current: cfg.Credentials, named: o.Profile != "", login: loginOf(cfg, o.Profile != "")}
	cfg.Credentials = renewed
	cfg.RetryMode = sdk.RetryModeAdaptive
	cfg.HTTPClient = transport{cfg.HTTPClient}
	cfg.APIOptions = append(cfg.APIOptions,
		middleware.AddUserAgentKeyValue("nodelift", o.Version), calls.count, fence, renewed.watch)
	return cfg, nil
}

func (o Options) read(ctx context.Context) (sdk.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(o.client()),
		config.WithLogger(logging.Nop{}), // what is worth saying comes back as an error
		config.WithAssumeRoleCredentialOptions(o.assume),
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
	if o.RoleARN != "" {
		role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.RoleARN, o.assume)
		cfg.Credentials = sdk.NewCredentialsCache(role)
	}
	return cfg, nil
}

// client sends requests. To the one for the network, the SDK adds AWS_CA_BUNDLE.
func (o Options) client() sdk.HTTPClient {
	if o.Transport != nil {
		return &http.Client{Transport: o.Transport, Timeout: cmp.Or(o.RequestTimeout, readTimeout)}
	}
	return awshttp.NewBuildableClient().WithTimeout(o.RequestTimeout).WithReadTimeout(max(o.RequestTimeout, readTimeout))
}

// roleSession is how long a session of a role lasts unless the profile says otherwise. Every role allows
// it, also one that is assumed by another. The SDK's own quarter of an hour is shorter than most
// upgrades, and with MFA somebody has to give a code for each session.
const roleSession = time.Hour

func (o Options) assume(role *stscreds.AssumeRoleOptions) {
	role.Duration = cmp.Or(role.Duration, roleSession)
	role.RoleSessionName = cmp.Or(role.RoleSessionName, "nodelift")
	device := sdk.ToString(role.SerialNumber)
	role.TokenProvider = func() (string, error) {
		if o.MFACode != nil {
			return o.MFACode(device)
		}
		profile := cmp.Or(o.Profile, os.Getenv("AWS_PROFILE"), "default")
		return "", Advise(fmt.Errorf("a code of the MFA device %s is needed, and nobody can be asked for it here", device),
			fmt.Sprintf(`run: eval "$(aws configure export-credentials --profile %s --format env)", and then this command without --profile`, profile))
	}
}

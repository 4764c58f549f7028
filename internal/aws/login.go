package aws

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// anyLogin is what to do where no credentials are configured at all.
const anyLogin = "log in (aws sso login, or aws configure) or name a profile with --profile"

// loginOf returns what people have to do for working credentials, by where the SDK takes them from: it
// asks the same places in the same order. named is whether people have named a profile.
func loginOf(cfg sdk.Config, named bool) string {
	var environment config.EnvConfig
	var profile config.SharedConfig
	for _, source := range cfg.ConfigSources {
		switch source := source.(type) {
		case config.EnvConfig:
			environment = source
		case config.SharedConfig:
			profile = source
		}
	}
	if !named && environment.Credentials.HasKeys() {
		return "set new keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN and run the command again, or unset them and name a profile with --profile"
	}
	if !named && environment.WebIdentityTokenFilePath != "" {
		return fmt.Sprintf("the trust policy of %s has to allow this service account (docs/install.md)", environment.RoleARN)
	}
	for profile.Source != nil { // the profile whose role is assumed has no credentials of its own
		profile = *profile.Source
	}
	container := environment.ContainerCredentialsRelativePath + environment.ContainerCredentialsEndpoint
	return loginTo(profile, container != "")
}

// loginTo is what to do for the credentials of a profile that assumes no other's.
func loginTo(profile config.SharedConfig, inContainer bool) string {
	switch name := profile.Profile; {
	case profile.Credentials.HasKeys():
		return "put working keys into profile " + name + ", run: aws configure --profile " + name
	case profile.CredentialSource != "" || profile.WebIdentityTokenFile != "":
		return "look at profile " + name + " of the AWS configuration"
	case profile.SSOSessionName != "" || profile.SSOStartURL != "":
		return "run: aws sso login --profile " + name
	case profile.LoginSession != "":
		return "run: aws login --profile " + name
	case profile.CredentialProcess != "":
		return "look at credential_process of profile " + name + ", which runs: " + profile.CredentialProcess
	case inContainer:
		return "look at the Pod Identity association of this service account (docs/install.md), or the task's role"
	}
	return anyLogin
}

// advised is an error about credentials, with what people have to do.
type advised struct {
	error
	advice string
}

func (a *advised) Unwrap() error { return a.error }

// Advise adds to an error about credentials what people have to do, unless it says so already.
func Advise(err error, advice string) error {
	if err == nil || errors.As(err, new(*advised)) {
		return err
	}
	return &advised{err, advice}
}

// withAdvice adds to a sentence about credentials what its cause advises.
func withAdvice(sentence string, err error) string {
	login := anyLogin
	var known *advised
	if errors.As(err, &known) {
		login = known.advice
	}
	if advice := adviceOn(err, login); advice != "" {
		return sentence + "; " + advice
	}
	return sentence
}

// adviceOn is what to do after AWS has refused credentials or has not handed out any. To log in again
// helps against few of the reasons. Codes and sentences are from
// https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html,
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
func adviceOn(err error, login string) string {
	const clock = "set the clock of this machine"
	says := func(text string) bool { return strings.Contains(message(err), text) }
	is := func(codes ...string) bool { return slices.Contains(codes, code(err)) }
	switch {
	case code(err) == "" && errors.As(err, new(*url.Error)):
		return "" // it says itself what to look at
	case is("RequestTimeTooSkewed", "RequestInTheFuture"), says("Signature expired"), says("Signature not yet current"):
		return clock
	case says("Credential should be scoped to"):
		return "give the region of that address with --region, or correct AWS_ENDPOINT_URL"
	case is("SignatureDoesNotMatch", "InvalidSignatureException"):
		return "the secret key is not that of the access key, or a proxy changes requests; " + login
	case is("IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"):
		return "look for a proxy that changes requests"
	case is("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"):
		return "the access key was deleted or is inactive, belongs to another partition of AWS, or the region is not enabled in its account; " + login
	case is("RequestExpired"): // EC2's, for a session that has ended and for a wrong clock
		return login + "; if that does not help, " + clock
	case says("MultiFactorAuthentication failed"):
		return "wait for the device's next code and run the command again"
	case is("AccessDenied") && says("AssumeRole"):
		return "the trust policy of the role has to allow that, and mostly a policy of the caller, too"
	case is("InvalidIdentityToken", "InvalidIdentityTokenException"):
		return "IAM needs an identity provider for the cluster's OIDC issuer (docs/install.md)"
	}
	return login
}

// whyNoCredentials says what was wrong with the credentials that were found, or that there
// are none. The SDK asks for the machine's own role last, which people without one have
// never heard of.
func whyNoCredentials(err error) string {
	if strings.Contains(err.Error(), "no EC2 IMDS role found") {
		return "none in the environment, none in the shared files, and this machine has no role"
	}
	if code(err) == "" && !errors.As(err, new(*url.Error)) {
		if _, why, found := strings.Cut(err.Error(), "failed to refresh cached credentials, "); found {
			return why
		}
	}
	return strings.TrimSpace(lastWords(err))
}

// refusesCredentials knows the codes for credentials that have run out, and for those that never were
// valid or were not understood.
func refusesCredentials(err error) bool {
	return !isNotShared(err) && slices.Contains([]string{
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture",
		"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException",
	}, code(err))
}

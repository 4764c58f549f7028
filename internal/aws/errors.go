package aws

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// failure is an error of AWS in one sentence for people. It unwraps to the kind of error
// that callers branch on, and to the SDK's error.
type failure struct {
	sentence string
	kind     error
	cause    error
}

func (f *failure) Error() string   { return f.sentence }
func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }

// explain says what was being done to which thing ("resize", "group nodes") when the SDK
// returned err, and why it failed. Nil stays nil.
func explain(err error, doing, thing string) error {
	if err == nil {
		return nil
	}
	doing = doing + " " + thing
	switch code := code(err); {
	case errors.Is(err, upgrade.ErrCredentialsChanged):
		return fmt.Errorf("%s: %w", doing, upgrade.ErrCredentialsChanged)
	case errors.Is(err, upgrade.ErrCredentials):
		return failed(err, upgrade.ErrCredentials, "%s: no usable AWS credentials: %s", doing, withAdvice(whyNoCredentials(err), err))
	case isSilent(err):
		return failed(err, err, "%s: %s", doing, lastWords(err))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, upgrade.ErrFenced):
		return fmt.Errorf("%s: %w", doing, err)
	case refusesCredentials(err):
		return failed(err, upgrade.ErrCredentials, "%s: AWS refuses the credentials: %s", doing, withAdvice(lastWords(err), err))
	case isForbidden(code), code == validationError && strings.Contains(message(err), notAuthorized):
		return failed(err, upgrade.ErrForbidden, "%s", forbidden(err, doing, thing))
	case isNotFound(code, message(err)):
		return failed(err, upgrade.ErrNotFound, "%s: %s", doing, lastWords(err))
	case isLater(err):
		return failed(err, err, "%s: AWS asks to retry later (%s)", doing, code)
	}
	if isRefused(code(err)) {
		return failed(err, upgrade.ErrRefused, "%s: %s", doing, lastWords(err))
	}
	return failed(err, err, "%s: %s", doing, lastWords(err))
}

func failed(cause, kind error, format string, args ...any) error {
	return &failure{sentence: fmt.Sprintf(format, args...), kind: kind, cause: cause}
}

// notOffered is what a note says of a call that isNotOffered.
const notOffered = "the AWS at this endpoint does not have the call"

// isNotOffered knows the answer to a call that the service at an endpoint does not have: AWS's own, in a region
// that lags behind, or one that is not in AWS's form at all, by which other services that stand in for AWS say so.
func isNotOffered(err error) bool {
	var unreadable *xml.SyntaxError
	return slices.Contains([]string{"InvalidAction", "UnknownOperationException"}, code(err)) || errors.As(err, &unreadable)
}

// code returns the code of AWS's answer, "" for an error that is not one.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

// lastWords returns an error without the SDK's chain of prefixes: AWS's message with its
// code, or the network's error.
func lastWords(err error) string {
	if code := code(err); code != "" {
		return strings.TrimRight(message(err), ". ") + " (" + code + ")"
	}
	var network *url.Error
	if isSilent(err) && errors.As(err, &network) {
		return "AWS did not answer in time at " + network.URL + " (check the region, the network and its proxy; --request-timeout)"
	}
	if errors.As(err, &network) && errors.As(err, new(*tls.CertificateVerificationError)) {
		return "the certificate of " + network.URL + " is not trusted: " + network.Err.Error() +
			" (if it is your company's, of a proxy, name a file with its authority in AWS_CA_BUNDLE)"
	}
	if errors.As(err, &network) {
		return "AWS does not answer at " + network.URL + ": " + network.Err.Error() + " (check the region, the network and its proxy)"
	}
	return err.Error()
}

// isSilent knows a call whose answer did not come in time.
func isSilent(err error) bool {
	var network *url.Error
	return errors.As(err, &network) && network.Timeout() && !errors.Is(err, context.Canceled)
}

func isForbidden(code string) bool {
	return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "SsmAccessDenied"}, code)
}

// notAuthorized is what every service says of a missing permission. Auto Scaling quotes EC2 with it in a
// ValidationError.
const notAuthorized = "is not authorized to perform"

// validationError is Auto Scaling's code for a request that it does not accept, whatever the reason.
const validationError = "ValidationError"

// isNotFound knows the codes of EC2 and SSM, which contain NotFound, and Auto Scaling's
// ValidationError, which says it only in its message. That of a group with a security group that is
// not found is another one: the group exists. EC2 says AuthFailure of an image that is private.
func isNotFound(code, message string) bool {
	if code == "AuthFailure" {
		return strings.HasPrefix(message, "Not authorized for images")
	}
	if code == validationError {
		return regexp.MustCompile(`^(AutoScalingGroup( name)?|Group .*|Instance Id) not found\b`).MatchString(message)
	}
	return strings.Contains(code, "NotFound") || code == "InvalidAMIID.Malformed" || code == "InvalidAMIID.Unavailable"
}

// isRefused knows the codes of requests that AWS would refuse again: what they ask for is wrong, or not
// supported, or above a quota. What is throttled or busy is not among them (isLater).
func isRefused(code string) bool {
	for _, prefix := range []string{"Invalid", "Missing", "Malformed", "Unsupported", "Validation", "SsmInvalidParameter", "IdempotentParameterMismatch", "OptInRequired"} {
		if strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return strings.HasSuffix(code, "LimitExceeded")
}

// isLater knows errors that pass by themselves: throttling, and a group that is busy.
func isLater(err error) bool {
	busy := []string{"ResourceContention", "ScalingActivityInProgress", "IdempotentCallInProgress"}
	throttles := retry.IsErrorThrottles(retry.DefaultThrottles)
	return slices.Contains(busy, code(err)) || throttles.IsErrorThrottle(err).Bool()
}

// forbidden says which action is not allowed, on what, and for whom. It is mostly that of the operation on
// the thing. But a launch also takes the permission to pass a role, or to use a subnet: AWS then names that
// action and that resource.
func forbidden(err error, doing, thing string) string {
	action, on, own := operation(err), thing, operation(err)
	named := regexp.MustCompile(`not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)(?: on resource: (\S+))?`).FindStringSubmatch(message(err))
	if named != nil {
		action = named[1]
	}
	switch {
	case named == nil || named[2] == "" || isIn(named[2], thing):
	case action != own:
		action, on = doing+": "+action, named[2]
	default:
		on += " (" + named[2] + ")"
	}
	return fmt.Sprintf("%s on %s is not allowed for %s%s", action, on, caller(err), whyForbidden(err))
}

// isIn reports whether a resource has the name of a thing: the last word of "group nodes".
func isIn(resource, thing string) bool {
	words := strings.Fields(thing)
	return strings.Contains(resource, words[len(words)-1])
}

// operation is the IAM action of the operation that failed.
func operation(err error) string {
	var failed *smithy.OperationError
	if errors.As(err, &failed) {
		return callOf(failed.Service(), failed.Operation()).String()
	}
	return "the call"
}

// whyForbidden is what AWS says of the policy that denies an action. Where it names no action, its own
// sentence is all there is to know, with the permissions that are meant by it.
func whyForbidden(err error) string {
	said := message(err)
	if found := regexp.MustCompile(`(?:because|with) ((?:no|an) [^.]*policy[^.]*)`).FindStringSubmatch(said); found != nil {
		return ": " + regexp.MustCompile(` allows the \S+ action`).ReplaceAllString(found[1], " allows it")
	}
	if strings.Contains(said, "use launch template") {
		return fmt.Sprintf(": AWS says %q, which also takes ec2:RunInstances, for a version with tags ec2:CreateTags, "+
			"and for one with an instance profile iam:PassRole", said)
	}
	return ""
}

// caller returns the identity in AWS's message.
func caller(err error) string {
	if arn := regexp.MustCompile(`arn:aws[a-z-]*:(?:iam|sts)::[^\s,]+`).FindString(message(err)); arn != "" {
		return arn
	}
	return "these credentials"
}

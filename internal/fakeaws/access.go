package fakeaws

import (
	"net/http"

	"github.com/nodelift/nodelift/internal/fakeaws/iam"
)

// access says what is wrong with access keys, what is allowed, and which keys belong to sessions of
// roles.
type access struct {
	policy   *iam.Policy // of everybody; nil allows everything
	troubles map[string]KeyTrouble
	denied   map[string]map[string]bool // by key, then by "service:Action"
	roles    map[string]Role            // by ARN
	sessions map[string]string          // by key, the ARN of the assumed role
}

// KeyTrouble is why every call with an access key is refused. Each service has its own code for it,
// and most have their own sentence.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
type KeyTrouble string

const (
	KeyExpired  KeyTrouble = "the session has expired"
	KeyUnknown  KeyTrouble = "the key does not exist, or not in this partition or region"
	SecretWrong KeyTrouble = "the secret is another one"
	ClockWrong  KeyTrouble = "the request was signed too long ago"
)

func newAccess() access {
	return access{
		troubles: map[string]KeyTrouble{}, denied: map[string]map[string]bool{},
		roles: map[string]Role{}, sessions: map[string]string{},
	}
}

// Refuse makes every call with an access key fail, until Renew.
func (c *Cloud) Refuse(accessKey string, why KeyTrouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access.troubles[accessKey] = why
}

// Expire makes every call with an access key fail as with expired credentials,
// until Renew.
func (c *Cloud) Expire(accessKey string) { c.Refuse(accessKey, KeyExpired) }

// Renew undoes Expire and Refuse. A key that is accepted stays as it is.
func (c *Cloud) Renew(accessKey string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.access.troubles, accessKey)
}

// Deny denies an action to an access key until Allow. The action is IAM's
// name for it, "autoscaling:SetDesiredCapacity". The refusal is
// UnauthorizedOperation in EC2, AccessDenied in Auto Scaling and
// AccessDeniedException in SSM; sts:GetCallerIdentity cannot be denied.
func (c *Cloud) Deny(accessKey, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.access.denied[accessKey] == nil {
		c.access.denied[accessKey] = map[string]bool{}
	}
	c.access.denied[accessKey][action] = true
}

// Allow undoes Deny. A permission that was not denied stays as it is.
func (c *Cloud) Allow(accessKey, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.access.denied[accessKey], action)
}

// identityOf is the identity behind an access key: the role of a session, and otherwise one user.
func (c *Cloud) identityOf(accessKey string) string {
	if role, ok := c.access.sessions[accessKey]; ok {
		return role
	}
	return "arn:" + c.partition() + ":iam::" + c.cfg.Account + ":user/sandbox"
}

// check refuses a call whose key is refused.
func (c *Cloud) check(service service, accessKey string) *Error {
	if why, ok := c.access.troubles[accessKey]; ok {
		return service.refused(why)
	}
	return nil
}

// refused is the error of a service for a key.
func (s service) refused(why KeyTrouble) *Error {
	_, isEC2 := s.dialect.(ec2Dialect)
	_, isJSON := s.dialect.(jsonDialect)
	const badSignature = "The request signature we calculated does not match the signature you provided. Check your AWS " +
		"Secret Access Key and signing method. Consult the service documentation for details."
	const tooOld = "Signature expired: 20260920T115800Z is now earlier than 20260920T120500Z (20260920T122000Z - 15 min.)"
	unauthorized := newError("AuthFailure", "AWS was not able to validate the provided access credentials").with(http.StatusUnauthorized)
	switch {
	case why == KeyExpired:
		return newError(s.expiredCode, "The security token included in the request is expired").with(s.expiredStatus)
	case why == ClockWrong && isEC2:
		return newError("RequestExpired", "Request has expired.")
	case isEC2:
		return unauthorized
	case why == KeyUnknown && isJSON:
		return newError("UnrecognizedClientException", "The security token included in the request is invalid.")
	case why == KeyUnknown:
		return newError("InvalidClientTokenId", "The security token included in the request is invalid.").with(http.StatusForbidden)
	}
	code, sentence := "SignatureDoesNotMatch", badSignature
	if why == ClockWrong {
		sentence = tooOld
	}
	if isJSON {
		return newError("InvalidSignatureException", "%s", sentence)
	}
	return newError(code, "%s", sentence).with(http.StatusForbidden)
}

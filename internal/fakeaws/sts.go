package fakeaws

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

func stsOperations() map[string]operation {
	return map[string]operation{
		"GetCallerIdentity": serving((*request).getCallerIdentity),
		"AssumeRole":        serving((*request).assumeRole),
	}
}

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

func (r *request) getCallerIdentity(*getCallerIdentityInput) (*getCallerIdentityOutput, *Error) {
	return &getCallerIdentityOutput{ARN: r.identityOf(r.accessKey), UserID: "AIDASANDBOX000000000", Account: r.cfg.Account}, nil
}

// Role is an IAM role that every access key may assume.
type Role struct {
	ARN string
	// Device is the MFA device whose codes the trust policy asks for, "" for none. Each code of Codes is
	// accepted once.
	Device string
	Codes  []string
}

// AddRole adds a role, or replaces it.
func (c *Cloud) AddRole(role Role) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access.roles[role.ARN] = role
}

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
type assumeRoleInput struct {
	RoleARN     string `form:"RoleArn"`
	RoleSession string `form:"RoleSessionName"`
	Seconds     int    `form:"DurationSeconds"`
	Device      string `form:"SerialNumber"`
	Code        string `form:"TokenCode"`
}

type assumeRoleOutput struct {
	Credentials struct {
		AccessKeyID string `xml:"AccessKeyId"`
		Secret      string `xml:"SecretAccessKey"`
		Token       string `xml:"SessionToken"`
		Expiration  string `xml:"Expiration"`
	} `xml:"Credentials"`
	User struct {
		ARN string `xml:"Arn"`
		ID  string `xml:"AssumedRoleId"`
	} `xml:"AssumedRoleUser"`
}

func (r *request) assumeRole(in *assumeRoleInput) (*assumeRoleOutput, *Error) {
	role, known := r.access.roles[in.RoleARN]
	denied := newError("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
		r.identityOf(r.accessKey), in.RoleARN).with(http.StatusForbidden)
	switch accepted := r.spend(&role, in.Code); {
	case in.RoleARN == "" || in.RoleSession == "":
		return nil, validation("RoleArn and RoleSessionName must not be empty")
	case in.Seconds != 0 && (in.Seconds < 900 || in.Seconds > 3600):
		return nil, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case !known, role.Device != in.Device:
		return nil, denied
	case role.Device != "" && !accepted:
		return nil, newError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ").with(http.StatusForbidden)
	}
	out := &assumeRoleOutput{}
	account, name, _ := strings.Cut(strings.TrimPrefix(in.RoleARN, "arn:"+r.partition()+":iam::"), ":role/")
	out.User.ARN = fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", r.partition(), account, name, in.RoleSession)
	out.User.ID = "AROASANDBOX000000000:" + in.RoleSession
	key := fmt.Sprintf("ASIASANDBOX%09d", len(r.access.sessions)+1)
	r.access.sessions[key] = out.User.ARN
	out.Credentials.AccessKeyID, out.Credentials.Secret, out.Credentials.Token = key, "secret", "token"
	// Clients compare it with their own clock, which no test turns.
	out.Credentials.Expiration = time.Now().Add(time.Duration(max(in.Seconds, 3600)) * time.Second).UTC().Format(time.RFC3339)
	return out, nil
}

// spend reports whether a code of the role's device is good, which it is only once.
func (r *request) spend(role *Role, code string) bool {
	for i, good := range role.Codes {
		if good == code {
			role.Codes = append(role.Codes[:i:i], role.Codes[i+1:]...)
			r.access.roles[role.ARN] = *role
			return true
		}
	}
	return false
}

package aws_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// configure writes the shared configuration, and takes the keys out of the environment.
func (w *world) configure(text string) {
	w.t.Helper()
	os.Unsetenv("AWS_ACCESS_KEY_ID")
	os.Unsetenv("AWS_SECRET_ACCESS_KEY")
	w.t.Setenv("AWS_ENDPOINT_URL_STS", os.Getenv("AWS_ENDPOINT_URL")) // which the SDK forgets for a profile's role
	w.t.Setenv("HOME", w.t.TempDir())                                 // where the caches of logins are
	must(w.t, os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600))
}

// wantCredentials checks that an error is about credentials and says all of this.
func wantCredentials(t *testing.T, err error, says ...string) {
	t.Helper()
	if !errors.Is(err, upgrade.ErrCredentials) {
		t.Errorf("not about credentials: %v", err)
		return
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not say %q", err, text)
		}
	}
}

// AWS says in words of its own why it refuses a key, and each service has a code of its own for it.
func TestRefusedKeys(t *testing.T) {
	const invalid, unverified = "The security token included in the request is invalid", "AWS was not able to validate the provided access credentials"
	for why, says := range map[fakeaws.KeyTrouble]struct {
		words  []string // one of them
		advice []string
		never  string
	}{
		fakeaws.KeyExpired:  {[]string{"token included in the request is expired"}, []string{"aws configure --profile default"}, "secret"},
		fakeaws.KeyUnknown:  {[]string{invalid, unverified}, []string{"deleted or is inactive", "partition", "region"}, "clock"},
		fakeaws.SecretWrong: {[]string{"signature we calculated does not match", unverified}, []string{"key"}, "clock"},
		fakeaws.ClockWrong:  {[]string{"Signature expired", "Request has expired"}, []string{"set the clock of this machine"}, "secret"},
	} {
		t.Run(string(why), func(t *testing.T) {
			w := newWorld(t)
			calls := everyService(w)
			w.configure("")
			w.login(key)
			cloud := w.connect(aws.Options{})
			w.Refuse(key, why)
			for call, do := range calls {
				err := do(cloud)
				wantCredentials(t, err, says.advice...)
				said := false
				for _, words := range says.words {
					said = said || strings.Contains(err.Error(), words)
				}
				if !said || strings.Contains(err.Error(), says.never) {
					t.Errorf("%s: %v", call, err)
				}
			}
			w.Renew(key)
			for call, do := range calls {
				if err := do(cloud); err != nil {
					t.Errorf("%s afterwards: %v", call, err)
				}
			}
		})
	}
}

func TestAddressOfAnotherRegion(t *testing.T) {
	w := newWorld(t)
	_, err := w.connect(aws.Options{Region: "eu-west-3"}).Groups.Group(context.Background(), group, true)
	wantCredentials(t, err, "Credential should be scoped to a valid region, not 'eu-west-3'", "SignatureDoesNotMatch", "--region", "AWS_ENDPOINT_URL")
}

// What helps depends on where the credentials come from.
func TestAdviceForEachKindOfProfile(t *testing.T) {
	for name, tt := range map[string]struct{ config, advice string }{
		"a profile with a session of single sign-on": {`[profile ops]
sso_session = company
sso_account_id = 123456789012
sso_role_name = ops
[sso-session company]
sso_region = us-west-2
sso_start_url = https://company.awsapps.com/start
`, "run: aws sso login --profile ops"},
		"a profile with single sign-on as it was before sessions": {`[profile ops]
sso_start_url = https://company.awsapps.com/start
sso_region = us-west-2
sso_account_id = 123456789012
sso_role_name = ops
`, "run: aws sso login --profile ops"},
		"a profile that assumes a role from one with single sign-on": {`[profile ops]
role_arn = arn:aws:iam::123456789012:role/ops
source_profile = company
[profile company]
sso_session = company
sso_account_id = 123456789012
sso_role_name = dev
[sso-session company]
sso_region = us-west-2
sso_start_url = https://company.awsapps.com/start
`, "run: aws sso login --profile company"},
		"a profile of the console's login": {`[profile ops]
login_session = arn:aws:iam::123456789012:user/ann
`, "run: aws login --profile ops"},
		"a profile with a program": {`[profile ops]
credential_process = false
`, "look at credential_process of profile ops, which runs: false"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.configure(tt.config)
			_, err := w.connect(aws.Options{Profile: "ops"}).Groups.Group(context.Background(), group, true)
			wantCredentials(t, err, "no usable AWS credentials", tt.advice)
		})
	}
}

func TestServiceAccountWithoutTrust(t *testing.T) {
	w := newWorld(t)
	w.configure("")
	token := t.TempDir() + "/token"
	must(t, os.WriteFile(token, []byte("token"), 0o600))
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/nodelift")
	w.intercept = func(out http.ResponseWriter, in *http.Request) bool {
		if in.Header.Get("Authorization") != "" {
			return false
		}
		out.WriteHeader(http.StatusForbidden)
		fmt.Fprint(out, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>`)
		return true
	}
	_, err := w.connect(aws.Options{}).Groups.Group(context.Background(), group, true)
	wantCredentials(t, err, "Not authorized to perform sts:AssumeRoleWithWebIdentity (AccessDenied)", "trust policy")
}

const (
	device  = "arn:aws:iam::123456789012:mfa/ann"
	opsRole = "arn:aws:iam::123456789012:role/ops"
)

// withMFA is a world with a profile whose role asks for a code of an MFA device.
func withMFA(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.configure("[profile ops]\nrole_arn = " + opsRole + "\nsource_profile = default\nmfa_serial = " + device + "\n")
	w.login(key)
	w.AddRole(fakeaws.Role{ARN: opsRole, Device: device, Codes: []string{"123456"}})
	return w
}

func TestProfileWithMFA(t *testing.T) {
	ctx := context.Background()
	t.Run("a person is asked once for the whole session", func(t *testing.T) {
		w, asked := withMFA(t), 0
		cloud := w.connect(aws.Options{Profile: "ops", MFACode: func(of string) (string, error) {
			asked++
			if of != device {
				t.Errorf("asked for a code of %s", of)
			}
			return "123456", nil
		}})
		for range 3 {
			_, err := cloud.Groups.Group(ctx, group, true)
			must(t, err)
		}
		who, err := cloud.Identity(ctx)
		must(t, err)
		if want := "arn:aws:sts::123456789012:assumed-role/ops/nodelift"; who.ARN != want || asked != 1 {
			t.Errorf("it is %s after %d questions, want %s after one", who.ARN, asked, want)
		}
	})
	t.Run("a wrong code is AWS's sentence", func(t *testing.T) {
		w := withMFA(t)
		cloud := w.connect(aws.Options{Profile: "ops", MFACode: func(string) (string, error) { return "000000", nil }})
		_, err := cloud.Groups.Group(ctx, group, true)
		wantCredentials(t, err, "MultiFactorAuthentication failed with invalid MFA one time pass code", "next code")
	})
	t.Run("where nobody can be asked it says what to run", func(t *testing.T) {
		w := withMFA(t)
		_, err := w.connect(aws.Options{Profile: "ops"}).Groups.Group(ctx, group, true)
		wantCredentials(t, err, device, `eval "$(aws configure export-credentials --profile ops --format env)"`)
	})
}

func TestRoleToAssume(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	cloud := w.connect(aws.Options{RoleARN: opsRole})
	_, err := cloud.Identity(ctx)
	wantCredentials(t, err, "is not authorized to perform: sts:AssumeRole on resource: "+opsRole, "trust policy")
	w.AddRole(fakeaws.Role{ARN: opsRole})
	who, err := cloud.Identity(ctx)
	must(t, err)
	if want := "arn:aws:sts::123456789012:assumed-role/ops/nodelift"; who.ARN != want {
		t.Errorf("it is %s, want %s", who.ARN, want)
	}
}

// A proxy with certificates of a company's own authority stands between Nodelift and AWS.
func TestAuthorityOfACompany(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	proxy := httptest.NewTLSServer(w.Cloud.Handler())
	t.Cleanup(proxy.Close)
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Setenv("AWS_ENDPOINT_URL", proxy.URL)
	_, err := w.connect(aws.Options{}).Groups.Group(ctx, group, true)
	if err == nil || !strings.Contains(err.Error(), "is not trusted") || !strings.Contains(err.Error(), "AWS_CA_BUNDLE") {
		t.Errorf("without the authority: %v", err)
	}
	file := t.TempDir() + "/ca.pem"
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o600))
	t.Setenv("AWS_CA_BUNDLE", file)
	for _, o := range []aws.Options{{}, {RequestTimeout: time.Minute}} {
		_, err = w.connect(o).Groups.Group(ctx, group, true)
		must(t, err)
	}
}

func TestRequestThatTakesTooLong(t *testing.T) {
	w := newWorld(t)
	w.intercept = func(_ http.ResponseWriter, in *http.Request) bool {
		_, _ = io.Copy(io.Discard, in.Body) // or the server does not notice that the client has gone
		<-in.Context().Done()
		return true
	}
	_, err := w.connect(aws.Options{RequestTimeout: time.Millisecond}).Groups.Group(context.Background(), group, true)
	if err == nil || errors.Is(err, upgrade.ErrCredentials) || !strings.Contains(err.Error(), "AWS did not answer in time at http://127.0.0.1") {
		t.Errorf("got %v", err)
	}
}

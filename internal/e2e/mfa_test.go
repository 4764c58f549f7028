package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const assumedRole = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/ops/nodelift</Arn><AssumedRoleId>AROA:nodelift</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAOPS</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`

// A profile with an MFA device asks for one code, however often a command connects to AWS, and where
// nobody can be asked it says what to run.
func TestProfileWithMFA(t *testing.T) {
	w := newWorld(t)
	var sessions atomic.Int32
	profile := w.between(func(action string) (int, string) {
		if action != "AssumeRole" {
			return 0, ""
		}
		sessions.Add(1)
		return http.StatusOK, assumedRole
	})
	file := filepath.Join(t.TempDir(), "config")
	w.check(os.WriteFile(file, []byte("[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = ann\n"+
		"mfa_serial = arn:aws:iam::123456789012:mfa/ann\n[profile ann]\naws_access_key_id = AKIAANN\naws_secret_access_key = secret\n"), 0o600))
	profile.env = append(profile.env, "AWS_CONFIG_FILE="+file, strings.Replace(profile.env[len(profile.env)-1], "_URL=", "_URL_STS=", 1))

	profile.nodelift(upgrade("--profile", "ops", "--dry-run")...).has(t, 1,
		"a code of the MFA device arn:aws:iam::123456789012:mfa/ann is needed", "aws configure export-credentials --profile ops")
	code := answer{shown: "Code of the MFA device arn:aws:iam::123456789012:mfa/ann:", typed: "123456\n"}
	profile.onTerminal([]answer{code}, upgrade("--profile", "ops", "--dry-run")...).
		has(t, 0, "3 of 3 are outdated", "Nothing was changed (--dry-run)")
	w.changedNothing()

	w.interrupted("NodeTainted", os.Interrupt, upgrade()...).has(t, 130)
	profile.onTerminal([]answer{code}, "cancel", "update", w.theUpdate().Name, "--profile", "ops", "--yes").has(t, 0, "Cancelled")
	if n := sessions.Load(); n != 2 {
		t.Errorf("two commands began %d sessions", n)
	}
}

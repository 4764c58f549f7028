package aws_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const otherKey = "AKIAOTHER"

// withTwoAccounts is a world behind whose address there is another account, too, with a group of the
// same name. The keys are in the shared file, where a login replaces them.
func withTwoAccounts(t *testing.T) (own *world, other *fakeaws.Cloud) {
	t.Helper()
	own = newWorld(t)
	other = fakeaws.New(fakeaws.Config{Seed: 2, Account: "444455556666", Clock: own.clock.Now, Boot: -1, Terminate: -1, Retry: -1})
	there := &world{Cloud: other, t: t, clock: own.clock}
	there.newGroup(group, there.newTemplate("theirs", own.image.ID).ID, "1", 2)
	there.step()
	theirs := fakeaws.Accounts(http.NotFoundHandler(), map[string]http.Handler{otherKey: other.Handler()})
	own.intercept = func(out http.ResponseWriter, in *http.Request) bool {
		if !strings.Contains(in.Header.Get("Authorization"), otherKey) {
			return false
		}
		theirs.ServeHTTP(out, in)
		return true
	}
	os.Unsetenv("AWS_ACCESS_KEY_ID")
	os.Unsetenv("AWS_SECRET_ACCESS_KEY")
	own.login(key)
	own.aws = own.connect(aws.Options{Now: own.clock.Now})
	return own, other
}

// switchAccount has somebody log in to the other account while the process runs: the first call that
// AWS refuses has it read the file again.
func (w *world) switchAccount() {
	w.t.Helper()
	w.login(otherKey)
	w.Expire(key)
	_, _ = w.aws.Identity(context.Background())
}

// In one pass everything is asked and changed with the same credentials, whether the group was read or
// remembered. What is read afterwards is of the other account, and says so.
func TestAPassUsesOneAccount(t *testing.T) {
	for name, remembered := range map[string]bool{"a group that was read in this pass": false, "a group that an earlier pass has read": true} {
		t.Run(name, func(t *testing.T) {
			w, other := withTwoAccounts(t)
			pass := upgrade.WithOneCredential(context.Background())
			before, err := w.aws.Groups.Group(pass, group, true)
			must(t, err)
			w.switchAccount()
			if remembered {
				pass = upgrade.WithOneCredential(context.Background())
				if known, err := w.aws.Groups.Group(pass, group, false); err != nil || known.ARN != before.ARN {
					t.Fatalf("the remembered group is %+v: %v", known, err)
				}
			}
			untouched := other.Instances()
			for what, err := range map[string]error{
				"resize":    w.aws.Groups.Resize(pass, group, before.Size, upgrade.Size{Max: 9, Desired: 9}),
				"suspend":   w.aws.Groups.SetProcesses(pass, group, []string{"AZRebalance"}, true),
				"terminate": w.aws.Groups.Terminate(pass, group, ids(before), true),
				"template":  w.aws.Templates.Use(pass, group, upgrade.TemplateRef{ID: w.template.ID, Version: "1"}),
			} {
				if !errors.Is(err, upgrade.ErrCredentialsChanged) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if _, err := w.aws.Templates.Resolve(pass, before.Template); !errors.Is(err, upgrade.ErrCredentialsChanged) {
				t.Errorf("a template that is asked for with other credentials: %v", err)
			}
			for _, call := range other.Journal() {
				if !strings.HasPrefix(call.Action, "Describe") && call.Action != "GetCallerIdentity" {
					t.Errorf("%s reached the other account", call.Action)
				}
			}
			if len(other.Instances()) != len(untouched) {
				t.Errorf("the other account has %d instances, before %d", len(other.Instances()), len(untouched))
			}
			there, err := w.aws.Groups.Group(upgrade.WithOneCredential(context.Background()), group, true)
			must(t, err)
			if got := upgrade.AccountOf(there.ARN); got != (upgrade.Account{Partition: "aws", ID: "444455556666", Region: "us-west-2"}) {
				t.Errorf("the next pass reads a group of %+v", got)
			}
		})
	}
}

func TestCaller(t *testing.T) {
	w, _ := withTwoAccounts(t)
	for _, account := range []string{"123456789012", "444455556666"} {
		who, err := w.aws.Caller(context.Background())
		must(t, err)
		if want := (upgrade.Account{Partition: "aws", ID: account, Region: "us-west-2"}); who.Account != want {
			t.Errorf("the caller is in %+v, want %+v", who.Account, want)
		}
		w.switchAccount()
	}
}

package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"

	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

const (
	otherAccount = "444455556666"
	emptyKey     = "AKIAOTHERACCOUNTEMPTY" // of an account without groups
	sameNameKey  = "AKIAOTHERACCOUNTGROUP" // of an account with a group of the same name
)

// An update was left in the middle. With the keys of another account every command is refused, and a
// controller waits and says why. Nothing is changed in either account. With the right keys, the update is
// finished.
func TestAnotherAccount(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.interrupted("NodeTerminated", syscall.SIGKILL, upgrade()...).has(t, -1)
	before := w.standing()
	there := w.elsewhere()
	verbs := map[string][]string{
		"cancel":   {"cancel", "nodegroup", "nodegroup", "--yes"},
		"resume":   {"resume", "nodegroup", "nodegroup"},
		"pause":    {"pause", "nodegroup", "nodegroup"},
		"rollback": {"rollback", "nodegroup", "nodegroup", "--yes"},
		"upgrade":  upgrade(),
		"scale":    {"scale", "nodegroup", "--cluster", "eksworkshop-eksctl", "--name", "nodegroup", "--nodes", "2", "--yes"},
	}
	for _, key := range []string{emptyKey, sameNameKey} {
		for name, line := range verbs {
			t.Run(name+" with "+key, func(t *testing.T) {
				there.withKey(t, key).nodelift(line...).has(t, 1, "is in account 123456789012", "for account "+otherAccount, "nothing was changed")
			})
		}
	}
	t.Run("a controller", func(t *testing.T) {
		w, there := w.with(t), there.withKey(t, sameNameKey)
		controller := there.controller()
		w.eventually("the update says what it waits for", func() bool {
			said := w.theUpdate().Status.Message
			return strings.Contains(said, "is in account 123456789012") && strings.Contains(said, "for account "+otherAccount)
		})
		there.endsWell(controller)
	})
	if diff := cmp.Diff(before, w.standing(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
	there.isUntouched(t)
	w.nodelift(upgrade()...).has(t, 0, "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// standing is what must not change.
type standing struct {
	Min, Max, Desired int32
	Suspended         []string
	Ledger            *v1alpha1.Ledger
	Updates           []v1alpha1.NodeGroupUpdateSpec
}

func (w *world) standing() standing {
	w.t.Helper()
	g := w.describe()
	s := standing{Min: *g.MinSize, Max: *g.MaxSize, Desired: *g.DesiredCapacity, Suspended: names(g.SuspendedProcesses), Ledger: w.nodeGroups()[0].Status.Ledger}
	for _, u := range w.updates() {
		s.Updates = append(s.Updates, u.Spec)
	}
	return s
}

func names(suspended []asgtypes.SuspendedProcess) []string {
	var all []string
	for _, process := range suspended {
		all = append(all, *process.ProcessName)
	}
	return all
}

// twoAccounts is the world behind a proxy where two keys are those of another account.
type twoAccounts struct {
	*world
	empty, sameName *fakeaws.Cloud
}

func (w *world) elsewhere() twoAccounts {
	w.t.Helper()
	target, err := url.Parse(w.aws)
	w.check(err)
	all := twoAccounts{empty: fakeaws.New(fakeaws.Config{Account: otherAccount}), sameName: fakeaws.New(fakeaws.Config{Account: otherAccount, Boot: -1})}
	image, _ := all.sameName.LatestImage("1.36", "x86_64")
	template, err := all.sameName.CreateLaunchTemplate(fakeaws.TemplateSpec{Name: "theirs", ImageID: image.ID, InstanceType: "m5.large"})
	w.check(err)
	w.check(all.sameName.CreateGroup(fakeaws.GroupSpec{Name: w.group, MinSize: 1, MaxSize: 9, DesiredCapacity: 6, LaunchTemplateID: template.ID, LaunchTemplateVersion: "1"}))
	go func() { _ = all.sameName.Run(w.ctx()) }()
	proxy := httptest.NewServer(fakeaws.Accounts(httputil.NewSingleHostReverseProxy(target), map[string]http.Handler{
		emptyKey: all.empty.Handler(), sameNameKey: all.sameName.Handler(),
	}))
	w.t.Cleanup(proxy.Close)
	seen := *w
	seen.env = append(append([]string{}, w.env...), "AWS_ENDPOINT_URL="+proxy.URL)
	all.world = &seen
	return all
}

// withKey is the world with another key.
func (a twoAccounts) withKey(t *testing.T, key string) *world {
	seen := a.with(t)
	seen.env = append(append([]string{}, a.env...), "AWS_ACCESS_KEY_ID="+key)
	return seen
}

// isUntouched fails the test if anything but a read has reached the other account.
func (a twoAccounts) isUntouched(t *testing.T) {
	t.Helper()
	calls := append(a.empty.Journal(), a.sameName.Journal()...)
	if len(calls) == 0 {
		t.Error("nothing was asked there, so this test shows nothing")
	}
	for _, call := range calls {
		if !strings.HasPrefix(call.Action, "Describe") && call.Action != "GetCallerIdentity" {
			t.Errorf("%s reached the other account", call.Action)
		}
	}
}

package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/golden"
)

func TestGolden(t *testing.T) {
	now := clock(300)
	calls := &Calls{AWS: 91, AWSMutating: 12, Kubernetes: 301, KubernetesMutating: 81}
	for name, got := range map[string]string{
		"nodegroups":           NodeGroups([]v1alpha1.NodeGroup{restored(), borrowed(), {ObjectMeta: metav1.ObjectMeta{Name: "new-1234"}}}),
		"nodegroups-none":      NodeGroups(nil),
		"updates":              Updates([]v1alpha1.NodeGroupUpdate{successful(), running(), {ObjectMeta: named("waiting", 299)}}, nil, now),
		"updates-alone":        Updates([]v1alpha1.NodeGroupUpdate{successful(), running()}, map[string]bool{running().Name: true}, now),
		"updates-deleted":      Updates([]v1alpha1.NodeGroupUpdate{deleted(running())}, map[string]bool{running().Name: true}, now),
		"updates-none":         Updates(nil, nil, now),
		"describe-running":     Describe(running(), borrowed(), now),
		"describe-failed":      Describe(failed(), borrowed(), now),
		"describe-stopped":     Describe(stopped(), borrowed(), now),
		"describe-new":         Describe(v1alpha1.NodeGroupUpdate{ObjectMeta: named("waiting", 299)}, v1alpha1.NodeGroup{}, now),
		"summary-successful":   Summarise(successful(), restored(), calls, now).Text(),
		"summary-failed":       Summarise(failed(), borrowed(), calls, now).Text(),
		"describe-scaling":     Describe(scaled(), shrunk(), now),
		"summary-scaling":      Summarise(scaled(), shrunk(), calls, now).Text(),
		"history-scaling":      History([]v1alpha1.NodeGroupUpdate{scaled(), successful()}, now),
		"updates-scaling":      Updates([]v1alpha1.NodeGroupUpdate{scaled()}, nil, now),
		"nodegroups-scaling":   NodeGroups([]v1alpha1.NodeGroup{shrunk()}),
		"summary-nothing-done": Summarise(v1alpha1.NodeGroupUpdate{ObjectMeta: named("waiting", 299)}, v1alpha1.NodeGroup{}, &Calls{}, now).Text(),
		"status": StatusLine(running(), borrowed(), now) + "\n" + StatusLine(stopped(), borrowed(), now) + "\n" + StatusLine(v1alpha1.NodeGroupUpdate{}, borrowed(), now) + "\n" +
			Standing(running()) + "\n" + Standing(v1alpha1.NodeGroupUpdate{}) + "\n",
		"events": Event{Time: clock(3), Reason: "Drained", Message: "node a is empty"}.Line() + "\n" +
			Event{Time: clock(4), Warning: true, Reason: "EvictionRefused", Message: "pod shop/web-1 has to wait"}.Line() + "\n",
	} {
		t.Run(name, func(t *testing.T) { golden.Compare(t, name, got) })
	}
}

// A group whose launch template takes its image from a parameter again has nothing to write down.
func TestAdviceForAParameter(t *testing.T) {
	const parameter, nothing = "resolve:ssm:/golden/image", "Nothing has to be written"
	for name, tc := range map[string]struct {
		reference string
		copied    int64
		back      bool
	}{
		"the version with the image stays":         {"2", 0, false},
		"$Latest is the version with the image":    {"$Latest", 0, false},
		"$Latest is a copy of the one from before": {"$Latest", 3, true},
		"$Default is the one from before":          {"$Default", 0, true},
		"the group uses the one from before":       {"1", 0, true},
	} {
		u, g := successful(), restored()
		u.Status.Resolved.Template, u.Status.Resolved.Before = &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 2}, &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 1, Parameter: parameter}
		u.Status.Resolved.Copy = &v1alpha1.TemplateVersion{ID: "lt-0123", Number: tc.copied}
		g.Status.LaunchTemplate.Version = tc.reference
		s := Summarise(u, g, nil, clock(300))
		if (s.Parameter == parameter) != tc.back || strings.Contains(s.Text(), nothing) != tc.back {
			t.Errorf("%s: parameter %q, %s", name, s.Parameter, s.Text())
		}
	}
}

// deleted is an update that somebody has deleted: it stays until it has ended.
func deleted(u v1alpha1.NodeGroupUpdate) v1alpha1.NodeGroupUpdate {
	u.DeletionTimestamp = &metav1.Time{Time: clock(200)}
	return u
}

// What a summary advises next, after updates that left their launch template version with the group.
func TestNextAfterAnUpdate(t *testing.T) {
	retry, back := "nodelift retry update workers-b", "nodelift rollback update workers-b"
	for name, tc := range map[string]struct {
		change func(*v1alpha1.NodeGroupUpdate)
		want   []string
	}{
		"a failed update is continued or undone":      {func(*v1alpha1.NodeGroupUpdate) {}, []string{retry, back}},
		"so is a cancelled one":                       {func(u *v1alpha1.NodeGroupUpdate) { u.Status.Status = v1alpha1.UpdateCancelled }, []string{retry, back}},
		"a rollback cannot be retried":                {func(u *v1alpha1.NodeGroupUpdate) { u.Spec.RollbackOf = "workers-a" }, []string{back}},
		"one that has changed nothing is not undone":  {func(u *v1alpha1.NodeGroupUpdate) { u.Status.Resolved.Before = nil }, []string{retry}},
		"one whose template was restored needs none":  {func(u *v1alpha1.NodeGroupUpdate) { u.Status.Verdict.PutTemplateBack = true }, nil},
		"a successful one is written where it is due": {func(u *v1alpha1.NodeGroupUpdate) { u.Status.Status = v1alpha1.UpdateSuccessful }, nil},
		"one that is rolled back by itself needs none": {func(u *v1alpha1.NodeGroupUpdate) {
			yes := true
			u.Status.Settings = &v1alpha1.SettingsInForce{Settings: v1alpha1.Settings{RollbackOnFailure: &yes}}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			u := failed()
			tc.change(&u)
			s := Summarise(u, borrowed(), nil, clock(300))
			if diff := cmp.Diff(tc.want, s.Next); diff != "" {
				t.Errorf("the advice differs (-want +got):\n%s", diff)
			}
			if advised := strings.Contains(s.Text(), "or the next apply undoes the update"); advised != (u.Status.Status == v1alpha1.UpdateSuccessful) {
				t.Errorf("advises to write the image down: %v\n%s", advised, s.Text())
			}
		})
	}
}

func TestTimeLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup)
		want   time.Duration
		known  bool
	}{
		"nodes and surplus at the pace so far": {func(*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) {}, 11 * 60 * time.Second, true},
		"time in which nobody worked is no pace": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Gaps = []v1alpha1.Gap{{From: at(30), To: at(180)}}
		}, 11 * 30 * time.Second, true},
		"LEAN scales nothing down after it": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Strategy = "LEAN"
		}, 8 * 60 * time.Second, true},
		"less what the next node has taken": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Landed = []v1alpha1.LandedInstance{{Instance: "i-1", At: at(120)}, {Instance: "i-2", At: at(280)}}
		}, (11*55 - 20) * time.Second, true},
		"a node that takes longer than the others": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Landed = []v1alpha1.LandedInstance{{Instance: "i-2", At: at(180)}}
		}, 10 * 30 * time.Second, true},
		"unknown when that is the last": {func(u *v1alpha1.NodeGroupUpdate, g *v1alpha1.NodeGroup) {
			u.Status.Landed = []v1alpha1.LandedInstance{{Instance: "i-2", At: at(180)}}
			u.Status.Counts.Replaced, g.Status.Ledger.Sizes.User.Desired = 11, 15
		}, 0, false},
		"as when work stopped": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.LastPass = at(180)
		}, 11 * 30 * time.Second, true},
		"unknown before the first node": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Counts.Replaced = 0
		}, 0, false},
		"unknown once it is decided": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Verdict = &v1alpha1.Verdict{Status: v1alpha1.UpdateFailed}
		}, 0, false},
		"the scale down goes at the pace of the upgrade": {func(u *v1alpha1.NodeGroupUpdate, _ *v1alpha1.NodeGroup) {
			u.Status.Phases = append(u.Status.Phases, v1alpha1.PhaseTime{Phase: "ScaleDown", Began: at(240)})
			u.Status.Counts.Replaced = 12
		}, 3 * 15 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			u, g := running(), borrowed()
			tc.change(&u, &g)
			got, known := TimeLeft(u, g, clock(300))
			if got != tc.want || known != tc.known {
				t.Errorf("got %s, %v, want %s, %v", got, known, tc.want, tc.known)
			}
		})
	}
}

// A wait shows the time that its limit counts: that in which somebody worked.
func TestWaitsCountTheTimeThatIsWorked(t *testing.T) {
	u := running()
	u.Status.Waits[0].Since, u.Status.LastPass = at(60), at(299)
	for name, tc := range map[string]struct {
		gaps []v1alpha1.Gap
		last int // pass
		want string
	}{
		"all of it":              {nil, 299, "(4m of 20m)"},
		"without a gap":          {[]v1alpha1.Gap{{From: at(100), To: at(160)}}, 299, "(3m of 20m)"},
		"without a gap now":      {nil, 180, "(2m of 20m)"},
		"without one before":     {[]v1alpha1.Gap{{From: at(10), To: at(50)}}, 299, "(4m of 20m)"},
		"without both of a wait": {[]v1alpha1.Gap{{From: at(30), To: at(120)}}, 180, "(1m of 20m)"},
	} {
		u.Status.Gaps, u.Status.LastPass = tc.gaps, at(tc.last)
		for shown, text := range map[string]string{"status": StatusLine(u, borrowed(), clock(300)), "describe": Describe(u, borrowed(), clock(300))} {
			if !strings.Contains(text, tc.want) {
				t.Errorf("%s: %s says not %q:\n%s", name, shown, tc.want, text)
			}
		}
		if says := strings.Contains(Describe(u, borrowed(), clock(300)), "nobody for 2m (timeouts are paused)"); says != (tc.last == 180) {
			t.Errorf("%s: that nobody works on it is said: %v", name, says)
		}
	}
}

func clock(second int) time.Time { return time.Date(2026, 11, 20, 14, 0, second, 0, time.UTC) }

func at(second int) *metav1.MicroTime { return &metav1.MicroTime{Time: clock(second)} }

func named(name string, second int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.Time{Time: clock(second)}}
}

// running is an update of 12 nodes of which 4 are replaced and one is blocked.
func running() v1alpha1.NodeGroupUpdate {
	two := intstr.FromString("25%")
	return v1alpha1.NodeGroupUpdate{
		ObjectMeta: named("workers-b", 1),
		Spec: v1alpha1.NodeGroupUpdateSpec{
			NodeGroup: "workers-d0bfef09", Force: true, MaxUnavailable: &two,
			Settings: v1alpha1.Settings{DrainTimeout: &metav1.Duration{Duration: 20 * time.Minute}},
		},
		Status: v1alpha1.NodeGroupUpdateStatus{
			Status: v1alpha1.UpdateInProgress, Phase: "Upgrade", Target: "Kubernetes 1.37", Progress: "4/12",
			Started: at(1), Baseline: &v1alpha1.Baseline{Nodes: 12, Outdated: 12, Usable: 12},
			Resolved: &v1alpha1.Resolved{
				Image:    v1alpha1.Image{ID: "ami-0bbb", Release: "1.37.1-20260915"},
				From:     v1alpha1.Image{ID: "ami-0aaa", Version: "1.36"},
				Template: &v1alpha1.TemplateVersion{ID: "lt-0123", Name: "workers", Number: 2, Image: "ami-0bbb"},
			},
			NodesInFlight: []v1alpha1.NodeInFlight{
				{Instance: "i-01", Node: "ip-10-0-0-1", Zone: "us-west-2a", Since: at(240), Evicted: 1, Held: []v1alpha1.HeldPod{
					{Pod: "shop/web-1", Tries: 5, Why: "budget shop/web needs 2 healthy pods and has 2", Budget: "shop/web"},
				}},
				{Instance: "i-02", Node: "ip-10-0-0-2", Zone: "us-west-2b", Since: at(200), Evicted: 3, Cordoned: at(290)},
			},
			Waits: []v1alpha1.Wait{{
				Key: "pod", Message: "pod shop/web-1: budget shop/web needs 2 healthy pods and has 2", Since: at(259),
				Limit: &metav1.Duration{Duration: 20 * time.Minute},
			}},
			Counts: &v1alpha1.Counts{Replaced: 4, Launched: 6, Evicted: 14, Refusals: map[string]int32{"shop/web": 5}},
			Phases: []v1alpha1.PhaseTime{{Phase: "Setup", Began: at(1)}, {Phase: "ScaleUp", Began: at(3)}, {Phase: "Upgrade", Began: at(60)}},
			Conditions: []metav1.Condition{
				{Type: "Blocked", Status: "True", Reason: "BudgetAllowsNone", Message: "pod shop/web-1 refuses to leave"},
				{Type: "Succeeded", Status: "Unknown", Reason: "InProgress"},
			},
		},
	}
}

// stopped is one that bad health has paused.
func stopped() v1alpha1.NodeGroupUpdate {
	u := running()
	most := intstr.FromInt32(0)
	u.Spec.HealthSettings = v1alpha1.HealthSettings{MaxUnreadyPods: &most, OnBadHealth: v1alpha1.OnBadHealthPause, BadHealthAfter: &metav1.Duration{Duration: 10 * time.Minute}}
	u.Status.Health = &v1alpha1.Health{At: at(1), Workloads: []v1alpha1.WorkloadHealth{{Name: "Deployment shop/web", Ready: 3}, {Name: "StatefulSet shop/db", Ready: 1}}}
	u.Status.Stops, u.Status.Stop = 1, &v1alpha1.Stop{At: at(290), Why: "bad health: no longer Ready: 1 of 4 pods (at most 0 allowed): Deployment shop/web (shop/web-1 on ip-10-0-0-9, not Ready since 13:54:50 UTC). Find out why"}
	u.Status.NodesInFlight, u.Status.Waits = nil, []v1alpha1.Wait{{Key: "stopped", Message: "paused: " + u.Status.Stop.Why, Since: at(290)}}
	return u
}

func failed() v1alpha1.NodeGroupUpdate {
	u := running()
	u.Status.Status, u.Status.Phase, u.Status.Waits, u.Status.NodesInFlight = v1alpha1.UpdateFailed, "Done", nil, nil
	u.Status.Verdict = &v1alpha1.Verdict{Status: v1alpha1.UpdateFailed, At: at(250), Errors: []v1alpha1.Issue{
		{Code: "PodEvictionFailure", Message: "pod shop/web-1 did not leave node ip-10-0-0-1 within 20m"},
	}}
	u.Status.Gaps = []v1alpha1.Gap{{From: at(100), To: at(160)}}
	u.Status.Phases = append(u.Status.Phases, v1alpha1.PhaseTime{Phase: "ScaleDown", Began: at(250)}, v1alpha1.PhaseTime{Phase: "Done", Began: at(270)})
	u.Status.Owing = []string{"the desired size is 13 instead of 12: node ip-10-0-0-9 could not be drained"}
	u.Status.Resolved.Before = &v1alpha1.TemplateVersion{ID: "lt-0123", Name: "workers", Number: 1, Image: "ami-0aaa"}
	return u
}

func successful() v1alpha1.NodeGroupUpdate {
	u := running()
	u.ObjectMeta = named("workers-a", 0)
	u.Spec = v1alpha1.NodeGroupUpdateSpec{NodeGroup: "workers-d0bfef09"}
	u.Status.Status, u.Status.Phase, u.Status.Progress = v1alpha1.UpdateSuccessful, "Done", "12/12"
	u.Status.Waits, u.Status.NodesInFlight = nil, nil
	u.Status.Verdict = &v1alpha1.Verdict{Status: v1alpha1.UpdateSuccessful, At: at(250)}
	u.Status.Phases = append(u.Status.Phases, v1alpha1.PhaseTime{Phase: "ScaleDown", Began: at(240)}, v1alpha1.PhaseTime{Phase: "Done", Began: at(270)})
	u.Status.Counts = &v1alpha1.Counts{
		Replaced: 12, Launched: 15, Evicted: 40, MovedAgain: 7, Deleted: 1,
		Refusals: map[string]int32{"shop/web": 5, "shop/db": 1},
	}
	return u
}

// restored is a group that owes nothing.
func restored() v1alpha1.NodeGroup {
	return v1alpha1.NodeGroup{
		ObjectMeta: named("workers-d0bfef09", 0),
		Spec:       v1alpha1.NodeGroupSpec{AutoScalingGroup: "workers", Region: "us-west-2"},
		Status: v1alpha1.NodeGroupStatus{
			Version: "1.37", Image: "ami-0bbb", Update: "workers-a",
			LaunchTemplate: &v1alpha1.LaunchTemplate{ID: "lt-0123", Name: "workers", Version: "2"},
			Scaling:        &v1alpha1.Scaling{MinSize: 3, MaxSize: 20, DesiredSize: 12},
			Nodes:          &v1alpha1.NodeCounts{Total: 12, UpToDate: 12, Usable: 12},
		},
	}
}

// borrowed is a group in the middle of an update, with 3 instances more than
// its owner wants.
func borrowed() v1alpha1.NodeGroup {
	g := restored()
	g.Status.Scaling.DesiredSize = 15
	g.Status.Nodes = &v1alpha1.NodeCounts{Total: 15, UpToDate: 7, Outdated: 8, Usable: 15, InFlight: 2}
	g.Status.Ledger = &v1alpha1.Ledger{
		Sizes:      &v1alpha1.SizeDebt{User: v1alpha1.Size{Max: 20, Desired: 12}},
		Template:   &v1alpha1.TemplateDebt{Before: v1alpha1.LaunchTemplate{ID: "lt-0123", Version: "$Latest"}},
		Processes:  []string{"AZRebalance"},
		Autoscaler: true, Marks: true,
	}
	return g
}

func TestImage(t *testing.T) {
	for want, image := range map[string]v1alpha1.Image{
		"-":                         {},
		"ami-1":                     {ID: "ami-1"},
		"ami-1 (golden)":            {ID: "ami-1", Name: "golden"},
		"ami-1 (Ubuntu2404 golden)": {ID: "ami-1", Name: "golden", Family: "Ubuntu2404"},
		"ami-1 (1.36)":              {ID: "ami-1", Version: "1.36"},
		"ami-1 (AmazonLinux2023 1.37.1-20260915)":               {ID: "ami-1", Family: "AmazonLinux2023", Version: "1.37", Release: "1.37.1-20260915"},
		"ami-1 (Bottlerocket 1.62.0-7d1e94b2, Kubernetes 1.37)": {ID: "ami-1", Family: "Bottlerocket", Version: "1.37", Release: "1.62.0-7d1e94b2"},
	} {
		if got := Image(image); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

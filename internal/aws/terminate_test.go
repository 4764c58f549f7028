package aws_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestTerminate(t *testing.T) {
	ctx := context.Background()
	tests := map[string]struct {
		instances   func(*world) []string
		shrink      bool
		wantDesired int
		wantGoing   int
	}{
		"one is replaced": {
			instances: func(w *world) []string { return ids(w.read(group))[:1] }, wantDesired: 3, wantGoing: 1,
		},
		"one goes with its place": {
			instances: func(w *world) []string { return ids(w.read(group))[:1] }, shrink: true, wantDesired: 2, wantGoing: 1,
		},
		"several at once": {
			instances: func(w *world) []string { return ids(w.read(group))[:2] }, wantDesired: 3, wantGoing: 2,
		},
		"several at once with their places": {
			instances: func(w *world) []string { return ids(w.read(group))[:2] }, shrink: true, wantDesired: 1, wantGoing: 2,
		},
		"one that is gone is done": {
			instances: func(*world) []string { return []string{"i-00000000000000000"} }, wantDesired: 3,
		},
		"one that is gone lowers nothing": {
			instances: func(*world) []string { return []string{"i-00000000000000000"} }, shrink: true, wantDesired: 3,
		},
		"one that is gone does not stop the others": {
			instances: func(w *world) []string { return append(ids(w.read(group))[:2], "i-00000000000000000") }, wantDesired: 3, wantGoing: 2,
		},
		"one that is going lowers nothing": {
			instances: func(w *world) []string {
				first := ids(w.read(group))[:1]
				must(w.t, w.aws.Groups.Terminate(ctx, group, first, false))
				return first
			}, shrink: true, wantDesired: 3, wantGoing: 1,
		},
		"none": {instances: func(*world) []string { return nil }, shrink: true, wantDesired: 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.aws.Groups.Terminate(ctx, group, tt.instances(w), tt.shrink))
			after := w.read(group)
			if after.Size.Desired != tt.wantDesired {
				t.Errorf("desired size %d, want %d", after.Size.Desired, tt.wantDesired)
			}
			if n := going(after); n != tt.wantGoing {
				t.Errorf("%d instances are going, want %d", n, tt.wantGoing)
			}
		})
	}
}

func going(g upgrade.Group) int {
	n := 0
	for _, i := range g.Instances {
		if i.Lifecycle.IsTerminating() {
			n++
		}
	}
	return n
}

func TestTerminateTakesAHundredACall(t *testing.T) {
	w := newWorld(t)
	w.newGroup("large", w.template.ID, "1", 250)
	w.step()
	must(t, w.aws.Groups.Terminate(context.Background(), "large", ids(w.read("large")), false))
	if n := w.calls("TerminateInstanceInAutoScalingGroup"); n != 3 {
		t.Errorf("%d calls for 250 instances, want 3", n)
	}
	if n := going(w.read("large")); n != 250 {
		t.Errorf("%d instances are going, want 250", n)
	}
}

// TestShrinkIsNotRepeated: a repeat after a lost answer would lower the desired
// size a second time.
func TestShrinkIsNotRepeated(t *testing.T) {
	w := newWorld(t)
	first := ids(w.read(group))[:1]
	w.intercept = loseAnswer(w, "TerminateInstanceInAutoScalingGroup")
	if err := w.aws.Groups.Terminate(context.Background(), group, first, true); err == nil {
		t.Error("a lost answer is no error")
	}
	if got := w.read(group).Size.Desired; got != 2 {
		t.Errorf("desired size %d, want 2", got)
	}
	must(t, w.aws.Groups.Terminate(context.Background(), group, first, true))
	if got := w.read(group).Size.Desired; got != 2 {
		t.Errorf("desired size %d after asking again, want 2", got)
	}
}

func TestDenied(t *testing.T) {
	w := newWorld(t)
	w.Deny(key, "autoscaling:TerminateInstanceInAutoScalingGroup")
	before := w.read(group)
	err := w.aws.Groups.Terminate(context.Background(), group, ids(before), false)
	wantForbidden(t, err, "autoscaling:TerminateInstanceInAutoScalingGroup on group nodes is not allowed for arn:aws:iam::123456789012:user/sandbox")
	if !slices.Equal(ids(before), ids(w.read(group))) {
		t.Error("something was changed")
	}
}

// A region that does not take several instances in a call yet is asked for that only once.
func TestTerminateOneByOneWhereTheRegionTakesNoMore(t *testing.T) {
	w := newWorld(t)
	w.TerminateOneByOne()
	w.newGroup("large", w.template.ID, "1", 10)
	w.step()
	all := ids(w.read("large"))
	must(t, w.aws.Groups.Terminate(context.Background(), "large", all[:3], false))
	must(t, w.aws.Groups.Terminate(context.Background(), "large", all[3:5], true))
	after := w.read("large")
	if n := going(after); n != 5 || after.Size.Desired != 8 {
		t.Errorf("%d instances are going, want 5; the desired size is %d, want 8", n, after.Size.Desired)
	}
	if n := w.calls("TerminateInstanceInAutoScalingGroup"); n != 6 {
		t.Errorf("%d calls, want 6: one for three instances, which is refused, and one for each", n)
	}
}

// AWS does not say that it terminates all instances of a call or none. One for which it does not answer
// with an activity is not taken for terminating.
func TestTerminateBelievesTheActivities(t *testing.T) {
	w := newWorld(t)
	all := ids(w.read(group))
	w.intercept = func(_ http.ResponseWriter, in *http.Request) bool {
		body, _ := io.ReadAll(in.Body)
		form, err := url.ParseQuery(string(body))
		must(t, err)
		if form.Get("Action") == "TerminateInstanceInAutoScalingGroup" {
			form.Del("InstanceIds.member.2")
		}
		in.Body = io.NopCloser(strings.NewReader(form.Encode()))
		in.ContentLength = -1
		return false
	}
	must(t, w.aws.Groups.Terminate(context.Background(), group, all[:2], false))
	kept, err := w.aws.Groups.Group(context.Background(), group, false)
	must(t, err)
	got := lifecycles(kept)
	if !got[all[0]].IsTerminating() || got[all[1]].IsTerminating() {
		t.Errorf("after AWS has terminated %s alone: %v", all[0], got)
	}
}

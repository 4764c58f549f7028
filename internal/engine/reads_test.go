package engine

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// A pass does not read what it does not need, and no rule may look at that: whatever is there, the
// plan is the same. The states are those of all tables of decisions. Refusals are left out, because
// there are none without the checks.
func TestRulesLookOnlyAtWhatIsRead(t *testing.T) {
	for name, c := range decisions() {
		t.Run(name, func(t *testing.T) {
			empty, other := given(c.given...), given(c.given...)
			replaceUnread(empty, unread{})
			replaceUnread(other, somethingElse())
			want, got := decide(empty), decide(other)
			if diff := cmp.Diff(summary(want), summary(got)); diff != "" {
				t.Errorf("a rule looks at what was not read (-empty +something else):\n%s", diff)
			}
			if diff := cmp.Diff(want.Record, got.Record); diff != "" {
				t.Errorf("a rule remembers what was not read (-empty +something else):\n%s", diff)
			}
		})
	}
}

// What a pass could not read looks as if there was nothing. No rule may decide by that: whatever is in
// its place, the plan is the same. The read has failed for a while, so that the end goes on without it.
func TestRulesDoNotLookAtWhatCouldNotBeRead(t *testing.T) {
	for name, c := range decisions() {
		for _, failed := range []plan.Read{plan.GroupRead, plan.TemplateRead, plan.NodesRead, plan.AutoscalerRead, plan.PodsRead, plan.PendingPodsRead, plan.HealthRead} {
			t.Run(name+" "+failed, func(t *testing.T) {
				empty, other := failedToRead(given(c.given...), failed), failedToRead(given(c.given...), failed)
				replaceFailed(empty, failed, unread{})
				replaceFailed(other, failed, somethingElse())
				want, got := decide(empty), decide(other)
				if diff := cmp.Diff(summary(want), summary(got)); diff != "" {
					t.Errorf("a rule looks at what could not be read (-empty +something else):\n%s", diff)
				}
				if diff := cmp.Diff(want.Record.Ledger, got.Record.Ledger); diff != "" {
					t.Errorf("a rule owes by what could not be read (-empty +something else):\n%s", diff)
				}
			})
		}
	}
}

// failedToRead has a read fail, for a minute by now.
func failedToRead(s *state, read plan.Read) *state {
	call := s.failedCall(read, errors.New("the connection was reset"))
	s.Unread, s.failedReads = append(s.Unread, read), append(s.failedReads, call)
	call.Since = noon.Add(-time.Minute)
	s.Run.FailedCalls = append(s.Run.FailedCalls, call)
	s.record.Run.FailedCalls = s.Run.FailedCalls
	return s
}

// replaceFailed replaces what a read that failed would have read, and what is read only after it.
func replaceFailed(s *state, failed plan.Read, u unread) {
	ghosts := func() {
		for _, m := range s.Members {
			if m.Node != nil {
				s.Occupancy.Pods[m.Node.Name] = u.pods
			}
		}
		s.health = u.health
	}
	switch failed {
	case plan.GroupRead:
		s.Group = upgrade.Group{Size: u.size}
		s.Before, s.Present, s.resolveErr = u.before, u.present, u.resolveErr
		ghosts()
		s.Join(s.Nodes)
	case plan.TemplateRead:
		s.Before, s.Present, s.resolveErr = u.before, u.present, u.resolveErr
	case plan.NodesRead:
		ghosts()
		s.Join(u.nodes)
	case plan.AutoscalerRead:
		s.Autoscaler = u.autoscaler
	case plan.PodsRead:
		ghosts()
	case plan.PendingPodsRead:
		s.unschedulable = u.unschedulable
	case plan.HealthRead:
		s.health = u.health
	}
}

// unread is what is there in place of what was not read.
type unread struct {
	autoscaler      upgrade.AutoscalerState
	unschedulable   []upgrade.Pod
	health          map[string]upgrade.WorkloadHealth
	pods            []upgrade.Pod
	present, before upgrade.TemplateVersion
	resolveErr      error
	size            upgrade.Size
	nodes           []upgrade.Node
	caller          upgrade.Caller
	callerErr       error
}

func somethingElse() unread {
	pod := upgrade.Pod{Namespace: "default", Name: "ghost", UID: "uid-ghost", Budgets: []string{"default/none"}, Created: noon.Add(-5 * time.Minute), Unschedulable: "0/9 nodes are available: 9 Insufficient cpu"}
	return unread{
		autoscaler:    upgrade.AutoscalerState{{Name: "somewhere/autoscaler", Replicas: 7, SuspendedBy: []string{"ng"}}},
		unschedulable: []upgrade.Pod{pod},
		health:        map[string]upgrade.WorkloadHealth{"Deployment default/web": {Unready: []upgrade.UnreadyPod{{Name: "default/ghost", Since: noon.Add(-time.Hour)}}}},
		pods:          []upgrade.Pod{pod, pod},
		present:       upgrade.TemplateVersion{ID: "lt-other", Number: 99},
		before:        upgrade.TemplateVersion{ID: "lt-other", Number: 98},
		resolveErr:    errors.New("nothing was resolved"),
		size:          upgrade.Size{Max: 77, Desired: 66},
		nodes:         []upgrade.Node{{Name: "ghost", Provider: "aws:///a/i-ghost", Ready: true, Owner: "ng", Owned: []upgrade.Mark{upgrade.MarkTaint}}},
		caller:        upgrade.Caller{ARN: "arn:aws:iam::444455556666:user/ann", Account: upgrade.Account{Partition: "aws", ID: "444455556666", Region: "us-west-2"}},
		callerErr:     errors.New("nobody was asked"),
	}
}

// replaceUnread replaces everything that this pass does not read.
func replaceUnread(s *state, u unread) {
	if !s.needsAutoscaler() {
		s.Autoscaler = u.autoscaler
	}
	if !s.needsCaller() {
		s.caller, s.callerErr = u.caller, u.callerErr
	}
	if !s.needsUnschedulable() {
		s.unschedulable = u.unschedulable
	}
	if !s.needsHealth() {
		s.health = u.health
	}
	if !s.needsBefore() {
		s.Before = u.before
	}
	if !s.needsPresent() {
		s.Present, s.resolveErr = u.present, u.resolveErr
	}
	needed := s.nodesWithPodsNeeded()
	for _, m := range s.Members {
		if m.Node != nil && !slices.Contains(needed, m.Node.Name) {
			s.Occupancy.Pods[m.Node.Name] = u.pods
		}
	}
}

// A request that AWS would refuse again is not made for as long as one that may succeed later.
func TestRefusedRequestsAreGivenUpSoon(t *testing.T) {
	s := given()
	for why, err := range map[time.Duration]error{
		s.Update.Policy.JoinTimeout: errors.New("the connection was reset"),
		90 * time.Second:            fmt.Errorf("volume size: %w", upgrade.ErrRefused),
	} {
		if call := s.failedCall("Resizing", err); call.Limit != why {
			t.Errorf("%v is tried for %s, want %s", err, call.Limit, why)
		}
	}
	short := given(func(s *state) { s.Update.Policy.JoinTimeout = 5 * time.Second })
	if call := short.failedCall("Resizing", errors.New("the connection was reset")); call.Limit != 90*time.Second {
		t.Errorf("with a shorter join limit it is tried for %s, want three times", call.Limit)
	}
}

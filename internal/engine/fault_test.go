package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// notStarted is an update that has changed nothing, of a group without debts.
func notStarted(s *state) {
	s.Run = upgrade.Run{Phase: upgrade.Setup, Started: noon, LastPass: noon}
	s.Ledger = upgrade.Ledger{}
}

func withFault(f upgrade.Fault) func(*state) {
	return func(s *state) { f.Code, f.Why = upgrade.Conflict, "it is inconsistent; fix it"; s.fault = &f }
}

// An update that cannot start or continue changes nothing: neither group and nodes, nor
// the ledger, which may be that of another update.
func TestWhatCannotBeginTouchesNothing(t *testing.T) {
	cancelled := func(s *state) { s.Update.Cancelled = true }
	paused := func(s *state) { s.Update.PauseRequested = true }
	queued := func(s *state) { s.Update.QueuedBehind = "other" }
	rolledBack := func(s *state) { s.Update.RolledBackBy = "back" }
	refused := func(s *state) { s.refusals = []upgrade.Error{{Code: upgrade.NotPermitted, Message: "it is EKS's"}} }
	asScaling := func(s *state) { s.Update.Scaling = &upgrade.Scaling{Desired: new(3)} }
	withSizes := func(s *state) {
		s.Run.Scaling = &upgrade.Scaled{From: upgrade.Bounds{Min: 1, Max: 6, Desired: 6}, To: upgrade.Bounds{Min: 1, Max: 6, Desired: 3}}
	}
	rollsBack := func(ended bool) func(*state) {
		return func(s *state) { s.Update.Rollback = &upgrade.Rollback{Of: "other", Scaling: true, Ended: ended} }
	}
	withDebts := func(s *state) {
		s.Ledger = upgrade.Ledger{Marks: true, Sizes: &upgrade.Sizes{Owner: upgrade.Size{Max: 3, Desired: 3}, Expected: upgrade.Size{Max: 6, Desired: 6}, Pending: &upgrade.Size{Max: 6, Desired: 5}, ShrinkInstance: "new-a"}}
	}
	mayComeBack := withFault(upgrade.Fault{Lost: true, Limit: time.Minute})
	for name, tc := range map[string]struct {
		changes []func(*state)
		want    upgrade.Status // InProgress: it waits
		says    string
	}{
		"A fault fails an update that has not started.":                             {[]func(*state){notStarted, withFault(upgrade.Fault{})}, upgrade.Failed, "it is inconsistent; fix it"},
		"A fault keeps a paused update waiting.":                                    {[]func(*state){notStarted, withFault(upgrade.Fault{}), paused}, upgrade.InProgress, "it is inconsistent; fix it"},
		"A cancelled update with a fault is cancelled if it has not started.":       {[]func(*state){notStarted, withFault(upgrade.Fault{}), cancelled}, upgrade.Cancelled, "before it changed anything"},
		"A fault keeps an update that has started waiting.":                         {[]func(*state){withFault(upgrade.Fault{})}, upgrade.InProgress, "it is inconsistent; fix it"},
		"A fault keeps an update that has started waiting even if it is cancelled.": {[]func(*state){withFault(upgrade.Fault{}), cancelled}, upgrade.InProgress, "it is inconsistent; fix it"},
		"What is missing is waited for before the update starts.":                   {[]func(*state){notStarted, mayComeBack}, upgrade.InProgress, "it is inconsistent"},
		"What is missing for too long fails an update that has not started.":        {[]func(*state){notStarted, mayComeBack, waitedFor("fault", 2*time.Minute)}, upgrade.Failed, "it is inconsistent"},
		"What is lost is waited for after the update has started.":                  {[]func(*state){mayComeBack}, upgrade.InProgress, "it is inconsistent"},
		"What is lost for too long fails an update that has started.":               {[]func(*state){mayComeBack, waitedFor("fault", 2*time.Minute)}, upgrade.Failed, "is no longer known"},
		"An update that is queued waits.":                                           {[]func(*state){notStarted, withDebts, queued}, upgrade.InProgress, "waiting for update other of the same node group"},
		"A queued update waits even if it is paused.":                               {[]func(*state){notStarted, withDebts, queued, paused}, upgrade.InProgress, "waiting for update other"},
		"A queued update that is cancelled is cancelled.":                           {[]func(*state){notStarted, withDebts, queued, cancelled}, upgrade.Cancelled, "before it changed anything"},
		"A queued update that is rolled back is cancelled.":                         {[]func(*state){notStarted, withDebts, queued, rolledBack}, upgrade.Cancelled, "before it changed anything"},
		"A refused update fails.":                                                   {[]func(*state){notStarted, refused}, upgrade.Failed, "it is EKS's"},
		"A refused update fails and names the debts of another one.":                {[]func(*state){notStarted, withDebts, refused}, upgrade.Failed, "is still owed"},
		"A fault fails a scaling that has not started.":                             {[]func(*state){notStarted, asScaling, withFault(upgrade.Fault{})}, upgrade.Failed, "it is inconsistent; fix it"},
		"A queued scaling waits.":                                                   {[]func(*state){notStarted, asScaling, withDebts, queued}, upgrade.InProgress, "waiting for update other"},
		"A refused scaling fails.":                                                  {[]func(*state){notStarted, asScaling, refused}, upgrade.Failed, "it is EKS's"},
		"A fault keeps a scaling that has started waiting even if it is cancelled.": {[]func(*state){notStarted, asScaling, withSizes, withFault(upgrade.Fault{}), cancelled}, upgrade.InProgress, "it is inconsistent; fix it"},
		"A rollback of a scaling fails.":                                            {[]func(*state){notStarted, withDebts, rollsBack(false)}, upgrade.Failed, "scale it back instead"},
		"A rollback of a scaling that has ended fails.":                             {[]func(*state){notStarted, withDebts, rollsBack(true)}, upgrade.Failed, "is still owed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(tc.changes...)
			p := decide(s)
			if len(p.Steps) > 0 || p.SaveLedger {
				t.Errorf("the plan has the steps %v and saves the ledger: %t", p.Steps, p.SaveLedger)
			}
			run := p.Record.Run
			said := strings.Join(run.Owed, "\n")
			for _, w := range p.Waits {
				said += w.Message + "\n"
			}
			for _, e := range p.Events {
				said += e.Message + "\n"
			}
			if got := statusOf(run); got != tc.want || !strings.Contains(said, tc.says) {
				t.Errorf("it is %s and says %q, want %s and %q", got, said, tc.want, tc.says)
			}
			if p.Decision == plan.Nothing || tc.want != upgrade.InProgress && (run.Phase != upgrade.Done || !p.SaveRun) {
				t.Errorf("it is in phase %s", run.Phase)
			}
		})
	}
}

func statusOf(run upgrade.Run) upgrade.Status {
	if run.Verdict == nil {
		return upgrade.InProgress
	}
	return run.Verdict.Status
}

// The record of an update is acted on only if it is consistent.
func TestAnInconsistentRecordIsNotActedOn(t *testing.T) {
	for says, change := range map[string]func(*state){
		"":                                 func(*state) {},
		`phase "Upgrde" is none of`:        func(s *state) { s.Run.Phase = "Upgrde" },
		`strategy "FAST" is none of`:       func(s *state) { s.Run.Strategy = "FAST" },
		`verdict "Good" is none of`:        func(s *state) { s.Run.Verdict = &upgrade.Verdict{Status: "Good"} },
		"follows a verdict":                func(s *state) { s.Run.Phase = upgrade.ScaleDown },
		"resolved names no image":          func(s *state) { s.Run.Resolved = &upgrade.Resolved{} },
		"no launch template version":       func(s *state) { s.Run.Resolved = nil },
		"there is no baseline":             func(s *state) { s.Run.Baseline = nil },
		"baseline counts":                  func(s *state) { s.Run.Baseline = &upgrade.Baseline{Nodes: 1, Usable: 3} },
		"soaked is less than 0":            func(s *state) { s.Run.Soaked = -1 },
		"has no instance":                  func(s *state) { s.Run.Drains = []upgrade.Drain{{Node: "node-a"}} },
		"the user's sizes are desired -1":  func(s *state) { s.Ledger.Sizes.Owner = upgrade.Size{Max: 3, Desired: -1} },
		"the expected sizes are desired 6": func(s *state) { s.Ledger.Sizes.Expected = upgrade.Size{Max: 3, Desired: 6} },
		"the pending sizes are desired 5":  func(s *state) { s.Ledger.Sizes.Pending = &upgrade.Size{Max: 1, Desired: 5} },
		"goes with pending sizes":          func(s *state) { s.Ledger.Sizes.ShrinkInstance = "old-a" },
		"names no template or no version":  func(s *state) { s.Ledger.Template.Before = upgrade.TemplateRef{ID: "lt"} },
		"is none of the template before":   func(s *state) { s.Ledger.Template.Pinned.ID = "lt-other" },
		"has suspended Terminate":          func(s *state) { s.Ledger.Processes = []string{upgrade.ProcessAZRebalance, "Terminate"} },
		"unevenness is less than 0":        func(s *state) { s.Ledger.Unevenness = -1 },
	} {
		s := given()
		if s.Ledger.Template != nil {
			template := *s.Ledger.Template
			s.Ledger.Template = &template
		}
		change(s)
		fault := upgrade.Record{Update: s.Update, Run: s.Run, Ledger: s.Ledger}.Validate()
		switch {
		case fault == nil && says != "":
			t.Errorf("nothing says %q", says)
		case fault != nil && (says == "" || !strings.Contains(fault.Why, says) || !strings.Contains(fault.Why, "kubectl edit")):
			t.Errorf("%q, want %q", fault.Why, says)
		}
	}
}

// A scaling has no target, and it scales down before its verdict.
func TestInconsistentRecordsOfScalings(t *testing.T) {
	for says, change := range map[string]func(*state){
		"":                            func(*state) {},
		"this one changes images":     func(s *state) { s.Update.Scaling = nil },
		"resolved is of updates":      func(s *state) { s.Run.Resolved = &upgrade.Resolved{Image: upgrade.Image{ID: "ami-1"}} },
		"phase Upgrade is of updates": func(s *state) { s.Run.Phase = upgrade.Upgrading },
		"and there is no scaling":     func(s *state) { s.Run.Phase, s.Run.Scaling = upgrade.ScaleUp, nil },
		"the sizes go from desired 6": func(s *state) {
			s.Run.Scaling = &upgrade.Scaled{From: upgrade.Bounds{Min: 1, Max: 6, Desired: 6}, To: upgrade.Bounds{Min: 1, Max: 2, Desired: 3}}
		},
		"the user's sizes are desired -1":    func(s *state) { s.Ledger.Sizes.Owner = upgrade.Size{Max: 3, Desired: -1} },
		`phase "Shrinking" is none of Setup`: func(s *state) { s.Run.Phase = "Shrinking" },
	} {
		s := scaling()
		change(s)
		fault := upgrade.Record{Update: s.Update, Run: s.Run, Ledger: s.Ledger}.Validate()
		if got := ""; fault != nil && (says == "" || !strings.Contains(fault.Why, says)) || fault == nil && says != "" {
			if fault != nil {
				got = fault.Why
			}
			t.Errorf("%q, want %q", got, says)
		}
	}
}

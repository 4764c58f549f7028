package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	ownARN    = "arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:uuid-1:autoScalingGroupName/group"
	remadeARN = "arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:uuid-2:autoScalingGroupName/group"
	otherARN  = "arn:aws:autoscaling:us-west-2:444455556666:autoScalingGroup:uuid-3:autoScalingGroupName/group"
	chinaARN  = "arn:aws-cn:autoscaling:us-west-2:111122223333:autoScalingGroup:uuid-4:autoScalingGroupName/group"
)

// noted is a ledger that knows its group.
func noted(s *state) { s.Ledger.ARN = ownARN }

// finds is what a read of the group makes of a group with an ARN, "" for none.
func finds(arn string) func(*state) {
	return func(s *state) {
		s.found, s.Group.ARN = arn, arn
		if s.GroupGone = arn == "" || !s.isOurs(arn); s.GroupGone {
			s.Group, s.Members = upgrade.Group{}, nil
		}
	}
}

// calledBy is whose credentials are used.
func calledBy(account string) func(*state) {
	return func(s *state) {
		s.caller = upgrade.Caller{ARN: "arn:aws:iam::" + account + ":user/ann", Account: upgrade.Account{Partition: "aws", ID: account, Region: "us-west-2"}}
	}
}

// calledByNobody is what it is when AWS does not say whose the credentials are.
func calledByNobody(s *state) { s.callerErr = errors.New("STS does not answer") }

func ended(s *state) {
	s.Run.Phase, s.Run.Verdict = upgrade.ScaleDown, &upgrade.Verdict{Status: upgrade.Cancelled, At: noon.Add(-time.Hour)}
}

func withoutNodes(s *state) {
	for i := range s.Members {
		s.Members[i].Node = nil
	}
}

func withOtherTemplate(s *state) { s.Group.Template.ID = "lt-theirs" }

// What the group is, decides what happens to its debts. Whatever is not certain changes nothing.
func TestGroupIsIdentified(t *testing.T) {
	const kept, forgotten = true, false
	noDebts := func(s *state) { s.Ledger = upgrade.Ledger{} }
	lost := waitedFor("group", groupLostAfter)
	for name, tc := range map[string]struct {
		changes []func(*state)
		debts   bool
		status  upgrade.Status
		says    string
	}{
		"A group of the same name in another account is waited out.":                   {[]func(*state){noted, finds(otherARN)}, kept, upgrade.InProgress, "is in account 111122223333 (us-west-2), and the AWS credentials in use are for account 444455556666"},
		"A group of the same name in another partition is waited out.":                 {[]func(*state){noted, finds(chinaARN)}, kept, upgrade.InProgress, "where another group has that name"},
		"Another account is waited out after the verdict.":                             {[]func(*state){noted, ended, finds(otherARN), waitedFor("account", 24*time.Hour)}, kept, upgrade.Cancelled, "is in account 111122223333"},
		"A group that is not found in another account is waited for without a limit.":  {[]func(*state){noted, finds(""), calledBy("444455556666"), waitedFor("account", 24*time.Hour)}, kept, upgrade.InProgress, "are for account 444455556666 (us-west-2) (arn:aws:iam::444455556666:user/ann)"},
		"A group that is not found is waited for while the account is not known.":      {[]func(*state){noted, ended, finds(""), calledByNobody, waitedFor("account", 24*time.Hour)}, kept, upgrade.Cancelled, "it is not known whether"},
		"A group that is not found is waited for if its account was never noted.":      {[]func(*state){ended, finds(""), waitedFor("account", 24*time.Hour)}, kept, upgrade.Cancelled, "its account was never noted"},
		"A group that is not found in its account is looked for for minutes.":          {[]func(*state){noted, ended, finds(""), calledBy("111122223333"), waitedFor("group", 9*time.Minute)}, kept, upgrade.Cancelled, "does not exist any more in account 111122223333"},
		"A group that is not found in its account for minutes is owed nothing.":        {[]func(*state){noted, ended, finds(""), calledBy("111122223333"), lost}, forgotten, upgrade.Cancelled, ""},
		"An update whose group is not found in its account for minutes fails.":         {[]func(*state){noted, finds(""), calledBy("111122223333"), lost}, forgotten, upgrade.Failed, ""},
		"A group that was made again is owed nothing, and is not touched.":             {[]func(*state){noted, ended, finds(remadeARN), lost}, forgotten, upgrade.Cancelled, ""},
		"A group that was made again is read again before anything is forgotten.":      {[]func(*state){noted, ended, finds(remadeARN)}, kept, upgrade.Cancelled, "was deleted and made again (uuid-1 -> uuid-2)"},
		"An update whose group was made again fails.":                                  {[]func(*state){noted, finds(remadeARN), lost}, forgotten, upgrade.Failed, ""},
		"A group is noted that was never noted and has a node of this cluster.":        {[]func(*state){withOtherTemplate, finds(ownARN)}, kept, upgrade.InProgress, ""},
		"A group is noted that was never noted and has the noted launch template.":     {[]func(*state){withoutNodes, finds(ownARN)}, kept, upgrade.InProgress, ""},
		"A group that was never noted and that nothing is known of is not touched.":    {[]func(*state){withoutNodes, withOtherTemplate, finds(ownARN)}, kept, upgrade.InProgress, "may be another one of the same name"},
		"A group that was made again is noted by an update that starts without debts.": {[]func(*state){notStarted, noDebts, noted, finds(remadeARN)}, forgotten, upgrade.InProgress, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(tc.changes...)
			p := decide(s)
			for _, st := range p.Steps {
				switch st.Action.(type) {
				case plan.ResumeAutoscaler, plan.RemoveMarks: // which need the cluster alone
				default:
					t.Errorf("it changes something: %+v", st)
				}
			}
			if got := p.Record.Ledger.OwesGroup(); got != tc.debts {
				t.Errorf("something is owed to the group: %t, want %t", got, tc.debts)
			}
			status := upgrade.InProgress
			if v := p.Record.Run.Verdict; v != nil {
				status = v.Status
			}
			if diff := cmp.Diff(tc.status, status); diff != "" {
				t.Errorf("the status (-want +got):\n%s", diff)
			}
			said := ""
			for _, w := range p.Waits {
				said += w.Message + "\n"
			}
			if !strings.Contains(said, tc.says) {
				t.Errorf("it waits for %q, want %q", said, tc.says)
			}
			if tc.says == "" && s.found != "" && s.found != s.Ledger.ARN && !s.GroupGone && p.Record.Ledger.ARN != s.found {
				t.Errorf("the ledger is about %q, want %q", p.Record.Ledger.ARN, s.found)
			}
		})
	}
}

// What is remembered when nobody was asked is never looked at.
func TestCallerIsAskedOnlyIfNeeded(t *testing.T) {
	for name, tc := range map[string]struct {
		changes []func(*state)
		want    bool
	}{
		"A group that is found needs no caller.":                       {[]func(*state){noted, finds(ownARN)}, false},
		"A group in another account says itself where it is.":          {[]func(*state){noted, finds(otherARN)}, false},
		"For a group that is not found, the caller's account matters.": {[]func(*state){noted, finds("")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := given(tc.changes...).needsCaller(); got != tc.want {
				t.Errorf("asks: %t, want %t", got, tc.want)
			}
		})
	}
}

// An update that failed because there was never such a group has nothing to wait for.
func TestAnUpdateOfNoGroupEnds(t *testing.T) {
	s := given(notStarted, func(s *state) { s.Ledger = upgrade.Ledger{} }, ended, finds(""))
	if p := decide(s); p.Record.Run.Phase != upgrade.Done {
		t.Errorf("it waits: %+v", p.Waits)
	}
}

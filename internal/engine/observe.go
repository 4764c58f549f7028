package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// read is one thing that a pass observes before it decides. What is not needed is not read; rules
// must not look at it then (TestRulesLookOnlyAtWhatIsRead).
type read struct {
	name plan.Read
	// after are the reads without which this one makes no sense.
	after    []plan.Read
	isNeeded func(*state) bool
	from     func(*state, context.Context, upgrade.World) error
}

// reads are the things that a pass observes, in this order: what comes later may depend on what
// came before.
func reads(fresh bool) []read {
	group, members := []plan.Read{plan.GroupRead}, []plan.Read{plan.GroupRead, plan.NodesRead}
	return []read{
		{plan.GroupRead, nil, always, func(s *state, ctx context.Context, w upgrade.World) error { return s.readGroup(ctx, w, fresh) }},
		{plan.GroupRead, group, (*state).needsCaller, (*state).readCaller},
		{plan.TemplateRead, group, (*state).needsBefore, (*state).readBefore},
		{plan.TemplateRead, group, (*state).needsPresent, (*state).readPresent},
		{plan.NodesRead, nil, always, (*state).readNodes},
		{plan.ChecksRead, members, (*state).needsChecks, (*state).readChecks},
		{plan.AutoscalerRead, nil, (*state).needsAutoscaler, (*state).readAutoscaler},
		{plan.PodsRead, members, (*state).needsPods, (*state).readPods},
		{plan.PendingPodsRead, nil, (*state).needsUnschedulable, (*state).readUnschedulable},
		{plan.HealthRead, members, (*state).needsHealth, (*state).readHealth},
	}
}

func always(*state) bool { return true }

// observe reads the world; fresh asks the cloud for an answer of this moment. When something speaks
// against the update, nothing more is read. What could not be read is noted, and the rest is read all
// the same. An error is one of the record, or says that this process has to stop.
func observe(ctx context.Context, w upgrade.World, fresh bool) (*state, error) {
	started := w.Now()
	record, err := w.Records.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the update: %w", err)
	}
	now, loaded := w.Now(), record.Run
	record.Run.LastPass = upgrade.Later(loaded.LastPass, w.Passed)
	record.Run = noteGap(record.Run, started, record.IsPaused() || record.Run.Awaits(plan.OtherAccount))
	s := &state{
		View:   debts.View{Fleet: fleet.Fleet{Now: now, LastPass: loaded.LastPass, Update: record.Update, Run: record.Run, Ledger: record.Ledger}},
		loaded: loaded, record: record,
	}
	s.Drains = surplus{s}
	if s.fault = cmp.Or(record.Update.Fault, record.Validate()); s.fault != nil {
		return s, nil
	}
	for _, r := range reads(fresh) {
		if s.Lacks(r.after...) || !r.isNeeded(s) {
			continue
		}
		if err := s.note(ctx, r.name, r.from(s, ctx, w)); err != nil || len(s.refusals) > 0 {
			return s, err
		}
	}
	if len(s.Unread) == 0 {
		s.Run = noteReadAgain(s.Run, started)
		s.record.Run = s.Run
	}
	return s, nil
}

// note notes that a read failed, unless the process has to stop: then it returns the error.
func (s *state) note(ctx context.Context, name plan.Read, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil || errors.Is(err, upgrade.ErrFenced):
		return err
	}
	s.Unread = append(s.Unread, name)
	s.failedReads = append(s.failedReads, s.failedCall(name, err))
	return nil
}

// needsChecks: the checks are about whether the update may begin. While it waits for nodes to come up
// before that, they are made at the first look and at the last. A rollback of what is still owed
// is not checked: it takes over what another update has begun, and nobody else would restore that.
func (s *state) needsChecks() bool {
	waits := s.isSettling() && !s.Run.Since(plan.Settle, s.Now).Equal(s.Now)
	return s.mayBegin() && !waits && !(s.Update.Rollback != nil && s.Ledger.Owes())
}

// mayBegin reports whether nothing but the checks keeps an update from beginning: its target is
// resolved next.
func (s *state) mayBegin() bool {
	u := s.Update
	return s.Run.Phase == upgrade.Setup && !s.Run.Begun() && !s.GroupGone && s.Ledger.ARN == s.Group.ARN &&
		!u.Cancelled && !u.MustPause() && u.QueuedBehind == "" && u.RolledBackBy == "" && !s.isUndoneRunning()
}

func (s *state) readChecks(ctx context.Context, w upgrade.World) (err error) {
	if w.Check == nil {
		return nil
	}
	if s.refusals, err = w.Check(ctx); err != nil {
		return fmt.Errorf("check whether the update may begin: %w", err)
	}
	return nil
}

func (s *state) readNodes(ctx context.Context, w upgrade.World) error {
	nodes, err := w.Nodes.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("read the nodes: %w", err)
	}
	withoutNode := s.Run.WithoutNode
	s.Join(nodes)
	if s.Lacks(plan.GroupRead) { // it is not known which are members
		s.Run.WithoutNode = withoutNode
		return nil
	}
	s.Run.MostUsable = s.MostUsable()
	s.record.Run.MostUsable = s.Run.MostUsable
	s.record.Run.WithoutNode = s.Run.WithoutNode
	return nil
}

func (s *state) needsAutoscaler() bool {
	return s.Update.Policy.Autoscaler != upgrade.AutoscalerIgnore || s.Ledger.Autoscaler
}

func (s *state) readAutoscaler(ctx context.Context, w upgrade.World) (err error) {
	if s.Autoscaler, err = w.Autoscaler.State(ctx); err != nil {
		return fmt.Errorf("read Cluster Autoscaler: %w", err)
	}
	return nil
}

func (s *state) needsPods() bool { return len(s.nodesWithPodsNeeded()) > 0 }

func (s *state) readPods(ctx context.Context, w upgrade.World) (err error) {
	if s.Occupancy, err = w.Pods.Occupancy(ctx, s.nodesWithPodsNeeded()); err != nil {
		return fmt.Errorf("read the pods: %w", err)
	}
	s.NoteGraces()
	s.record.Run.WithoutNode = s.Run.WithoutNode
	return nil
}

func (s *state) nodesWithPodsNeeded() []string {
	var names []string
	for _, m := range s.Members {
		if m.NodeName != "" && s.needsPodsOf(&m) {
			names = append(names, m.NodeName)
		}
	}
	return names
}

// needsPodsOf reports whether rules ask what runs on a member: if it is in flight, if a node has to
// be chosen that gives back its place or has the fewest pods, if a zone stays without a new node, or
// if its Node object is missing.
func (s *state) needsPodsOf(m *fleet.Member) bool {
	sizes := s.Ledger.Sizes
	switch {
	case m.InFlight, s.MayHaveLostNode(m):
		return true
	case s.Run.Verdict == nil && s.Run.Phase == upgrade.Upgrading:
		return m.Outdated && s.Update.Policy.NodeOrder == upgrade.FewestPods
	case sizes == nil:
		return false
	case s.Run.Verdict != nil || s.IsScaling():
		return sizes.Expected.Desired > sizes.Owner.Desired
	}
	return s.Run.Phase == upgrade.ScaleUp && m.Outdated && s.Added() >= s.MaxSurge()
}

func (s *state) needsUnschedulable() bool { return s.Borrowed() && s.Run.Phase != upgrade.Done }

// readUnschedulable reads which pods have no node to go to.
func (s *state) readUnschedulable(ctx context.Context, w upgrade.World) (err error) {
	if s.unschedulable, err = w.Pods.Unschedulable(ctx); err != nil {
		return fmt.Errorf("read the pods that have no node: %w", err)
	}
	return nil
}

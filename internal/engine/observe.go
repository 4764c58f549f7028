package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// read is one thing that a pass observes before it decides. What is not needed is not read; rules
// must not look at it then (TestRulesLookOnlyAtWhatIsRead).
type read struct {
	isNeeded func(*state) bool
	from     func(*state, context.Context, upgrade.World) error
}

// reads are the things that a pass observes, in this order: what comes later may depend on what
// came before.
func reads(fresh bool) []read {
	return []read{
		{always, func(s *state, ctx context.Context, w upgrade.World) error { return s.readGroup(ctx, w, fresh) }},
		{(*state).needsChecks, (*state).readChecks},
		{(*state).needsBefore, (*state).readBefore},
		{(*state).needsPresent, (*state).readPresent},
		{always, (*state).readNodes},
		{(*state).needsAutoscaler, (*state).readAutoscaler},
		{(*state).needsPods, (*state).readPods},
		{(*state).needsUnschedulable, (*state).readUnschedulable},
		{(*state).needsHealth, (*state).readHealth},
	}
}

func always(*state) bool { return true }

// observe reads the world; fresh asks the cloud for an answer of this moment. When something speaks
// against the update, nothing more is read.
func observe(ctx context.Context, w upgrade.World, fresh bool) (*state, error) {
	record, err := w.Records.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the update: %w", err)
	}
	now, loaded := w.Now(), record.Run
	record.Run = noteGap(record.Run, now, record.IsPaused())
	s := &state{
		View:   debts.View{Fleet: fleet.Fleet{Now: now, Update: record.Update, Run: record.Run, Ledger: record.Ledger}},
		loaded: loaded, record: record,
	}
	s.Drains = surplus{s}
	if s.fault = cmp.Or(record.Update.Fault, record.Validate()); s.fault != nil {
		return s, nil
	}
	for _, r := range reads(fresh) {
		if !r.isNeeded(s) {
			continue
		}
		if err := r.from(s, ctx, w); err != nil || len(s.refusals) > 0 {
			return s, err
		}
	}
	return s, nil
}

func (s *state) readGroup(ctx context.Context, w upgrade.World, fresh bool) (err error) {
	s.Group, err = w.Groups.Group(ctx, s.Update.Group, fresh)
	s.GroupGone = errors.Is(err, upgrade.ErrNotFound)
	s.cloudSilent = err != nil && !s.GroupGone && s.Update.Leaving
	if s.GroupGone || s.cloudSilent {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Auto Scaling group %s: %w", s.Update.Group, err)
	}
	return nil
}

// needsChecks: the checks are about whether the update may begin. A rollback of what is still owed
// is not checked: it takes over what another update has begun, and nobody else would restore that.
func (s *state) needsChecks() bool {
	return s.mayBegin() && !(s.Update.Rollback != nil && s.Ledger.Owes())
}

// mayBegin reports whether nothing but the checks keeps an update from beginning: its target is
// resolved next.
func (s *state) mayBegin() bool {
	u := s.Update
	return s.Run.Phase == upgrade.Setup && !s.Run.Begun() && !s.GroupGone &&
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
	if s.cloudSilent {
		s.Group.Instances = markedInstances(nodes, s.Update.NodeGroup)
	}
	s.Join(nodes)
	return nil
}

func (s *state) needsAutoscaler() bool {
	return s.Update.Policy.Autoscaler == upgrade.AutoscalerSuspend || s.Ledger.Autoscaler
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
	return nil
}

func (s *state) nodesWithPodsNeeded() []string {
	var names []string
	for _, m := range s.Members {
		if m.Node != nil && s.needsPodsOf(&m) {
			names = append(names, m.Node.Name)
		}
	}
	return names
}

// needsPodsOf reports whether rules ask what runs on a member: if it is in flight, if a node has to
// be chosen that gives back its place or has the fewest pods, or if a zone stays without a new node.
func (s *state) needsPodsOf(m *fleet.Member) bool {
	sizes := s.Ledger.Sizes
	switch {
	case m.InFlight:
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

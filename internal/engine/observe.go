package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// observe reads the world. What only some rules look at is read only when they
// will; fresh asks the cloud for an answer of this moment.
func observe(ctx context.Context, w upgrade.World, fresh bool) (*state, error) {
	record, err := w.Records.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the update: %w", err)
	}
	now, loaded := w.Now(), record.Run
	record.Run = noteGap(record.Run, now, record.IsPaused())
	s := &state{
		Fleet:  fleet.Fleet{Now: now, Update: record.Update, Run: record.Run, Ledger: record.Ledger},
		loaded: loaded, record: record,
	}
	if s.fault = cmp.Or(record.Update.Fault, record.Validate()); s.fault != nil {
		return s, nil
	}
	for _, read := range []func(context.Context, upgrade.World, bool) error{s.readGroup, s.readChecks, s.readTemplates, s.readCluster, s.readPods, s.readUnschedulable, s.readHealth} {
		if err := read(ctx, w, fresh); err != nil || len(s.refusals) > 0 {
			return s, err
		}
	}
	return s, nil
}

// readChecks asks what speaks against beginning. A rollback of what is owed still is
// not asked about: it takes over what another one has begun, and nobody else would
// give that back.
func (s *state) readChecks(ctx context.Context, w upgrade.World, _ bool) (err error) {
	if w.Check == nil || !s.comesToBegin() || s.Update.Rollback != nil && s.Ledger.Owes() {
		return nil
	}
	if s.refusals, err = w.Check(ctx); err != nil {
		return fmt.Errorf("check whether the update may begin: %w", err)
	}
	return nil
}

func (s *state) readGroup(ctx context.Context, w upgrade.World, fresh bool) (err error) {
	s.Group, err = w.Groups.Group(ctx, s.Update.Group, fresh)
	if s.GroupGone = errors.Is(err, upgrade.ErrNotFound); s.GroupGone {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Auto Scaling group %s: %w", s.Update.Group, err)
	}
	return nil
}

// readTemplates reads what template references stand for now: in the setup the
// group's, at the end the one from before.
func (s *state) readTemplates(ctx context.Context, w upgrade.World, _ bool) (err error) {
	if s.GroupGone {
		return nil
	}
	if s.Run.Verdict != nil && s.Ledger.Template != nil {
		s.before, err = w.Templates.Resolve(ctx, s.Ledger.Template.Before)
		return ignoreNotFound(err)
	}
	if s.Run.Phase != upgrade.Setup || s.Run.Verdict != nil || s.IsScaling() || !s.Run.Begun() && !s.comesToBegin() {
		return nil
	}
	if s.present, err = w.Templates.Resolve(ctx, s.Group.Template); err != nil {
		return fmt.Errorf("resolve version %s of launch template %s: %w", s.Group.Template.Version, s.Group.Template.ID, err)
	}
	if s.Run.Resolved == nil {
		return s.resolve(ctx, w)
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, upgrade.ErrNotFound) {
		return nil
	}
	return err
}

// resolve finds out what the target means. A target that does not exist is for
// the rules to answer.
func (s *state) resolve(ctx context.Context, w upgrade.World) error {
	from, err := w.Images.Image(ctx, s.present.Image)
	if errors.Is(err, upgrade.ErrNotFound) {
		from, err = upgrade.Image{ID: s.present.Image}, nil
	}
	if err != nil {
		return fmt.Errorf("describe image %s: %w", s.present.Image, err)
	}
	resolved := upgrade.Resolved{From: from, Before: s.present}
	if s.Group.Template.Follows() {
		resolved.Followed = s.Group.Template.Version
	}
	switch {
	case s.Update.Rollback != nil:
		err = s.resolveBack(ctx, w, &resolved)
	case s.Update.Target.TemplateVersion != "":
		err = s.resolveTemplate(ctx, w, &resolved)
	default:
		err = s.resolveImage(ctx, w, &resolved)
	}
	if errors.Is(err, upgrade.ErrNotFound) {
		s.resolveErr = err
		return nil
	}
	s.Resolved = &resolved
	return err
}

func (s *state) resolveTemplate(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	ref := upgrade.TemplateRef{ID: s.present.ID, Name: s.present.Name, Version: s.Update.Target.TemplateVersion}
	if r.Template, err = w.Templates.Resolve(ctx, ref); err != nil {
		return err
	}
	r.ByTemplate = true
	r.Image, err = w.Images.Image(ctx, r.Template.Image)
	return err
}

func (s *state) resolveImage(ctx context.Context, w upgrade.World, r *upgrade.Resolved) (err error) {
	if r.Image, err = w.Images.Resolve(ctx, s.Update.Target, r.From); err != nil {
		return err
	}
	if r.Image.ID == s.present.Image {
		r.Template = s.present
	}
	return nil
}

func (s *state) readCluster(ctx context.Context, w upgrade.World, _ bool) error {
	nodes, err := w.Nodes.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("read the nodes: %w", err)
	}
	s.Join(nodes)
	if s.Update.Policy.Autoscaler != upgrade.AutoscalerSuspend && !s.Ledger.Autoscaler {
		return nil
	}
	if s.autoscaler, err = w.Autoscaler.State(ctx); err != nil {
		return fmt.Errorf("read Cluster Autoscaler: %w", err)
	}
	return nil
}

// readPods reads what runs on the nodes that rules will ask about.
func (s *state) readPods(ctx context.Context, w upgrade.World, _ bool) (err error) {
	var names []string
	for _, m := range s.Members {
		if m.Node != nil && s.asksPods(&m) {
			names = append(names, m.Node.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if s.Occupancy, err = w.Pods.Occupancy(ctx, names); err != nil {
		return fmt.Errorf("read the pods: %w", err)
	}
	return nil
}

// readUnschedulable reads which pods have no node to go to.
func (s *state) readUnschedulable(ctx context.Context, w upgrade.World, _ bool) (err error) {
	if !s.Borrowed() || s.Run.Phase == upgrade.Done {
		return nil
	}
	if s.unschedulable, err = w.Pods.Unschedulable(ctx); err != nil {
		return fmt.Errorf("read the pods that have no node: %w", err)
	}
	return nil
}

// asksPods reports whether rules will ask what runs on a member: if it is in
// flight, if a node has to be chosen that gives back its place or has the fewest
// pods, or if a zone stays without a new node.
func (s *state) asksPods(m *fleet.Member) bool {
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

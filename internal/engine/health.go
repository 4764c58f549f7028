package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// watchesHealth reports whether bad health stops the update now. A rollback it does
// not stop: that goes back to what was healthy, and finds what is not.
func (s *state) watchesHealth() bool {
	return s.Update.Policy.Health.Then != "" && s.Update.Rollback == nil && s.Run.Verdict == nil && !s.GroupGone
}

func (s *state) needsHealth() bool {
	return s.watchesHealth() && !s.isPaused() && s.Update.Policy.Health.MaxUnready != nil
}

// readHealth reads how the workloads are that had pods on the group's nodes or, for the
// first time, have some.
func (s *state) readHealth(ctx context.Context, w upgrade.World) error {
	names, err := s.workloads(ctx, w.Workloads)
	if err == nil {
		s.health, err = w.Workloads.Health(ctx, names)
	}
	if err != nil {
		return fmt.Errorf("read how the workloads are: %w", err)
	}
	return nil
}

func (s *state) workloads(ctx context.Context, w upgrade.Workloads) ([]string, error) {
	var names []string
	if s.Run.HealthBaseline != nil {
		for _, load := range s.Run.HealthBaseline.Workloads {
			names = append(names, load.Name)
		}
		return names, nil
	}
	for _, m := range s.Members {
		if m.Node != nil {
			names = append(names, m.Node.Name)
		}
	}
	return w.On(ctx, names)
}

// resume continues an update that bad health has paused, when people have accepted that. From then
// on bad health is measured against the health of that moment.
func resume(s *state, p *plan.Plan) plan.Decision {
	if !s.Run.PausedForHealth() || s.Update.AcceptedHealthPauses < s.Run.HealthPauses {
		return plan.Nothing
	}
	p.Say("HealthAccepted", "resumed: bad health is measured against the present health from now on")
	return p.Remember(func(r *upgrade.Run) { r.HealthPause, r.HealthBaseline = nil, nil })
}

// watchHealth measures the health before anything is done, and stops an update under which it turns
// bad.
func watchHealth(s *state, p *plan.Plan) plan.Decision {
	base := s.Run.HealthBaseline
	switch {
	case !s.watchesHealth():
		return plan.Nothing
	case base == nil && s.isSettling():
		return plan.Nothing
	case base == nil:
		return p.Remember(func(r *upgrade.Run) { r.HealthBaseline = s.measureHealth() })
	case !slices.Equal(s.starting(), base.Starting):
		return p.Remember(func(r *upgrade.Run) {
			health := *base
			health.Starting = s.starting()
			r.HealthBaseline = &health
		})
	}
	return s.stopIfBad(p)
}

// measureHealth is the health as it is now.
func (s *state) measureHealth() *upgrade.HealthBaseline {
	base := &upgrade.HealthBaseline{At: s.Now}
	for name, now := range s.health {
		base.Workloads = append(base.Workloads, upgrade.Workload{Name: name, Ready: now.Ready, Unready: len(now.Unready)})
	}
	slices.SortFunc(base.Workloads, func(a, b upgrade.Workload) int { return cmp.Compare(a.Name, b.Name) })
	for _, m := range s.LaunchedByUpdate() {
		if !m.Usable {
			base.Starting = append(base.Starting, m.ID)
		}
	}
	return base
}

// firstSight is how long after its making a node that nobody has seen before may have
// been missed: an engine looks every few seconds, but clocks differ.
const firstSight = time.Minute

// starting are those of the launched members that have not been usable yet.
func (s *state) starting() []string {
	var starting []string
	for _, m := range s.LaunchedByUpdate() {
		unseen := m.Node == nil || m.Lifecycle != upgrade.InService || s.loaded.LastPass.Sub(m.Node.Created) < firstSight
		if !m.Usable && (unseen || slices.Contains(s.Run.HealthBaseline.Starting, m.ID)) {
			starting = append(starting, m.ID)
		}
	}
	return starting
}

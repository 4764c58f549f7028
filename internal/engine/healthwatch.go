package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// watchesHealth reports whether bad health stops the update now. A rollback it does
// not stop: that goes back to what was healthy, and finds what is not.
func (s *state) watchesHealth() bool {
	return s.Update.Policy.Health.Then != "" && s.Update.Rollback == nil && s.Run.Verdict == nil && !s.GroupGone
}

// readHealth reads how the workloads are that had pods on the group's nodes or, for the
// first time, have some.
func (s *state) readHealth(ctx context.Context, w upgrade.World, _ bool) error {
	if !s.watchesHealth() || s.paused() || s.Update.Policy.Health.MaxUnready == nil {
		return nil
	}
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

// resume continues an update that bad health has paused, when people have accepted that:
// from then on the health of that moment is what bad health is told by.
func resume(s *state, p *plan) {
	if s.Run.PausedForHealth() && s.Update.AcceptedHealthPauses >= s.Run.HealthPauses {
		p.remember(func(r *upgrade.Run) { r.HealthPause, r.HealthBaseline = nil, nil })
		p.say("HealthAccepted", "resumed: bad health is measured against the present health from now on")
	}
}

// watchHealth measures the health before anything is done, and stops an update under
// which it turns bad.
func watchHealth(s *state, p *plan) {
	base := s.Run.HealthBaseline
	switch {
	case !s.watchesHealth():
	case base == nil:
		p.remember(func(r *upgrade.Run) { r.HealthBaseline = s.measure() })
	case !slices.Equal(s.starting(), base.Starting):
		p.remember(func(r *upgrade.Run) {
			health := *base
			health.Starting = s.starting()
			r.HealthBaseline = &health
		})
	default:
		s.stopIfBad(p)
	}
}

// measure is the health as it is now.
func (s *state) measure() *upgrade.HealthBaseline {
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

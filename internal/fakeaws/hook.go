package fakeaws

import "time"

// The two transitions at which a lifecycle hook can hold an instance.
const (
	hookLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	hookTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// lifecycleHook holds an instance until somebody completes the action or its
// heartbeat times out; in that case result decides.
type lifecycleHook struct {
	name, transition, result string
	heartbeat                time.Duration
	metadata, target, role   string
}

// hook returns the group's first hook for a transition, or nil.
func (g *group) hook(transition string) *lifecycleHook {
	for _, h := range g.hooks {
		if h.transition == transition {
			return h
		}
	}
	return nil
}

// heldBy is the transition at which a hook holds the machine, or empty.
func (m *machine) heldBy() string {
	switch m.Lifecycle {
	case LifecyclePendingWait:
		return hookLaunching
	case LifecycleTerminatingWait:
		return hookTerminating
	}
	return ""
}

// timeoutResult is what becomes of a machine whose hook nobody answered.
func (m *machine) timeoutResult() string {
	if h := m.group.hook(m.heldBy()); h != nil {
		return h.result
	}
	return "CONTINUE"
}

// hold makes the machine wait for a hook.
func (m *machine) hold(h *lifecycleHook, lifecycle string, a *activity, now time.Time) {
	m.Lifecycle = lifecycle
	m.due = now.Add(h.heartbeat)
	a.wait()
}

// release ends the wait for a hook: a launch goes on or is given up, a
// termination goes on whatever the result.
func (c *Cloud) release(m *machine, result string, now time.Time) {
	m.due = time.Time{}
	switch {
	case m.Lifecycle == LifecycleTerminatingWait:
		m.Lifecycle = LifecycleTerminatingProceed
		c.shutDown(m, now)
	case result == "CONTINUE":
		c.inService(m, now)
	default:
		m.launching.cancel(now, "The launch was abandoned by a lifecycle hook.")
		c.terminate(m, sentence(now, "an instance was taken out of service because a lifecycle hook abandoned its launch."), now)
	}
}

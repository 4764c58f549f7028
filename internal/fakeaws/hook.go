package fakeaws

import (
	"strings"
	"time"
)

// The two transitions at which an instance can wait for a lifecycle hook.
const (
	hookLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	hookTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// lifecycleHook makes an instance wait until somebody completes the action or the
// heartbeat times out; then result decides.
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

// heldBy is the transition at which the machine waits for a hook, or empty.
func (m *machine) heldBy() string {
	switch strings.TrimPrefix(m.Lifecycle, warmed) {
	case LifecyclePendingWait:
		return hookLaunching
	case LifecycleTerminatingWait:
		return hookTerminating
	}
	return ""
}

// timeoutResult is the result for a machine whose hook was not completed in time.
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

// release ends the wait for a hook. A launch continues or is abandoned; a
// termination continues with either result.
func (c *Cloud) release(m *machine, result string, now time.Time) {
	m.due = time.Time{}
	switch {
	case m.Lifecycle == LifecycleTerminatingWait && m.returns:
		c.returnToPool(m, now)
	case m.heldBy() == hookTerminating:
		m.Lifecycle = m.poolPrefix() + LifecycleTerminatingProceed
		c.shutDown(m, now)
	case result == "CONTINUE":
		c.inService(m, now)
	default:
		m.launching.cancel(now, "The launch was abandoned by a lifecycle hook.")
		c.terminate(m, sentence(now, "an instance was taken out of service because a lifecycle hook abandoned its launch."), now)
	}
}

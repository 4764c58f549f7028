package fakeaws

import "time"

// The two transitions at which a lifecycle hook can hold an instance.
const (
	hookLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	hookTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// lifecycleHook holds an instance until its heartbeat times out; then result
// decides.
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

package fakeaws

import (
	"slices"
	"time"
)

// Limits and default of a hook's heartbeat timeout, in seconds.
const (
	heartbeatLeast = 30
	heartbeatMost  = 7200
	heartbeatUsual = 3600
)

// hookSpec is a lifecycle hook in requests and answers.
type hookSpec struct {
	Name       string `form:"LifecycleHookName,required" len:"1-255" xml:"LifecycleHookName"`
	Group      string `form:"-" xml:"AutoScalingGroupName"`
	Transition string `form:"LifecycleTransition" xml:"LifecycleTransition"`
	Metadata   string `form:"NotificationMetadata" xml:"NotificationMetadata,omitempty"`
	Heartbeat  *int   `form:"HeartbeatTimeout" xml:"HeartbeatTimeout"`
	Global     int    `form:"-" xml:"GlobalTimeout"`
	Result     string `form:"DefaultResult" xml:"DefaultResult"`
	Target     string `form:"NotificationTargetARN" xml:"NotificationTargetARN,omitempty"`
	Role       string `form:"RoleARN" xml:"RoleARN,omitempty"`
}

func (h hookSpec) check() *Error {
	switch {
	case h.Transition != hookLaunching && h.Transition != hookTerminating:
		return validation("Invalid lifecycle transition: %s", h.Transition)
	case h.Result != "" && h.Result != "CONTINUE" && h.Result != "ABANDON":
		return validation("Invalid default result: %s", h.Result)
	case h.Heartbeat != nil && (*h.Heartbeat < heartbeatLeast || *h.Heartbeat > heartbeatMost):
		return validation("Heartbeat timeout must be between %d and %d seconds", heartbeatLeast, heartbeatMost)
	}
	return nil
}

// setHook adds a hook or replaces the one with its name.
func (g *group) setHook(h hookSpec) {
	hook := &lifecycleHook{
		name: h.Name, transition: h.Transition, result: h.Result, heartbeat: heartbeatUsual * time.Second,
		metadata: h.Metadata, target: h.Target, role: h.Role,
	}
	setDefault(&hook.result, "ABANDON")
	if h.Heartbeat != nil {
		hook.heartbeat = time.Duration(*h.Heartbeat) * time.Second
	}
	g.hooks = append(slices.DeleteFunc(g.hooks, func(other *lifecycleHook) bool { return other.name == h.Name }), hook)
}

func (h *lifecycleHook) xml(g *group) hookSpec {
	seconds := int(h.heartbeat / time.Second)
	return hookSpec{
		Name: h.name, Group: g.name, Transition: h.transition, Metadata: h.metadata, Heartbeat: &seconds,
		Global: min(100*seconds, 172800), Result: h.result, Target: h.target, Role: h.role,
	}
}

type putHookInput struct {
	Group string `form:"AutoScalingGroupName,required" len:"1-255"`
	hookSpec
}

func (r *request) putLifecycleHook(in *putHookInput) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	g.setHook(in.hookSpec)
	return &emptyResult{}, nil
}

type describeHooksInput struct {
	Group string   `form:"AutoScalingGroupName,required" len:"1-255"`
	Names []string `form:"LifecycleHookNames"`
}

type describeHooksOutput struct {
	Hooks members[hookSpec] `xml:"LifecycleHooks"`
}

func (r *request) describeLifecycleHooks(in *describeHooksInput) (*describeHooksOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	out := &describeHooksOutput{}
	for _, h := range g.hooks {
		if len(in.Names) == 0 || slices.Contains(in.Names, h.name) {
			out.Hooks.List = append(out.Hooks.List, h.xml(g))
		}
	}
	return out, nil
}

type completeActionInput struct {
	Hook   string `form:"LifecycleHookName,required" len:"1-255"`
	Group  string `form:"AutoScalingGroupName,required" len:"1-1600"`
	ID     string `form:"InstanceId" len:"1-19"`
	Result string `form:"LifecycleActionResult,required"`
}

// completeLifecycleAction ends an instance's wait for a hook.
func (r *request) completeLifecycleAction(in *completeActionInput) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(g.hooks, func(h *lifecycleHook) bool { return h.name == in.Hook })
	if i < 0 {
		return nil, validation("No lifecycle hook found with the name %s", in.Hook)
	}
	if in.Result != "CONTINUE" && in.Result != "ABANDON" {
		return nil, validation("Invalid lifecycle action result: %s", in.Result)
	}
	m := r.machine(in.ID)
	if m == nil || m.group != g || m.heldBy() != g.hooks[i].transition {
		return nil, validation("No active Lifecycle Action found with instance ID %s", in.ID)
	}
	r.release(m, in.Result, r.now)
	return &emptyResult{}, nil
}

package fakeaws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of an instance in EC2.
const (
	StatePending      = "pending"
	StateRunning      = "running"
	StateStopped      = "stopped" // in a warm pool
	StateShuttingDown = "shutting-down"
	StateTerminated   = "terminated"
)

// The lifecycle states of an instance in its group.
const (
	LifecyclePending            = "Pending"
	LifecyclePendingWait        = "Pending:Wait"
	LifecycleInService          = "InService"
	LifecycleTerminating        = "Terminating"
	LifecycleTerminatingWait    = "Terminating:Wait"
	LifecycleTerminatingProceed = "Terminating:Proceed"
	// LifecycleTerminated is an instance that has left its group.
	LifecycleTerminated = "Terminated"
	// An instance in LifecycleStandby was taken out of service by the group's
	// owner. One in LifecycleDetached has left its group and keeps running.
	LifecycleStandby  = "Standby"
	LifecycleDetached = "Detached"
)

// describedFor is how long EC2 still describes a terminated instance.
const describedFor = time.Hour

// Instance is a snapshot of an instance.
type Instance struct {
	ID              string
	Zone, ZoneID    string
	SubnetID, VPCID string
	Type            string
	Spot            bool
	Arch            string // x86_64 or arm64
	ImageID         string
	// PrivateDNS is ip-10-0-0-4.us-west-2.compute.internal, which self-managed
	// nodes take for their name; PrivateIP the address in it.
	PrivateDNS, PrivateIP string
	// State is EC2's, one of the State constants.
	State string
	// Lifecycle is one of the Lifecycle constants; Healthy is the health status in
	// the group; Protected is the protection from scale-in.
	Lifecycle string
	Healthy   bool
	Protected bool
	Group     string
	// The launch template and the number of the version it was launched from.
	LaunchTemplateID, LaunchTemplateName string
	LaunchTemplateVersion                int
	UserData                             string // as in the template: base64
	KeyName                              string
	Launched                             time.Time
	// Silent marks an instance whose kubelet no longer reports. EC2 does not know;
	// whoever plays the kubelets reads it here.
	Silent bool
	// Terminated is when it ended; zero before.
	Terminated time.Time
	Tags       map[string]string
}

// machine is an instance with what only the cloud knows of it.
type machine struct {
	Instance
	group      *group
	rootDevice string
	// due is when the current state ends; zero if it does not end by itself.
	due time.Time
	// reason is EC2's state transition reason, reasonCode its code.
	reasonCode, reason string
	// rebalancing marks an instance that was launched to rebalance zones, until it
	// is in service: until then it is not an excess instance that scaling in would
	// terminate.
	rebalancing bool
	undying     bool // EC2's termination protection
	returns     bool // it goes to the warm pool instead of ending
	doomed      bool // it ends while it starts, because a volume's key cannot be used
	launching   *activity
	terminating *activity
}

func (m *machine) snapshot() Instance {
	i := m.Instance
	i.Tags = maps.Clone(m.Tags)
	return i
}

// going tells whether the group no longer counts the instance.
func (m *machine) going() bool {
	return strings.HasPrefix(strings.TrimPrefix(m.Lifecycle, warmed), LifecycleTerminating) || m.Lifecycle == LifecycleTerminated
}

// isMember tells whether the instance is in a group, or was until it ended.
func (m *machine) isMember() bool {
	return m.Lifecycle != LifecycleTerminated && m.Lifecycle != LifecycleDetached
}

// alive tells whether the instance is running or pending.
func (m *machine) alive() bool { return m.State == StatePending || m.State == StateRunning }

// age changes the state of a machine if its current state is over.
func (c *Cloud) age(m *machine, now time.Time) {
	if m.due.IsZero() || now.Before(m.due) {
		return
	}
	m.due = time.Time{}
	switch {
	case m.State == StatePending:
		c.booted(m, now)
	case m.State == StateShuttingDown:
		c.ended(m, now)
	case m.heldBy() != "":
		c.release(m, m.timeoutResult(), now)
	}
}

// booted is the end of pending: in service, or waiting for a launch hook.
func (c *Cloud) booted(m *machine, now time.Time) {
	if m.doomed {
		c.lose(m, "Client.InternalError", "Client error on launch", now)
		return
	}
	m.State = StateRunning
	pending := m.Lifecycle == LifecyclePending || m.Lifecycle == warmed+LifecyclePending
	if hook := m.group.hook(hookLaunching); hook != nil && pending {
		m.hold(hook, m.poolPrefix()+LifecyclePendingWait, m.launching, now)
		c.changed(m)
		return
	}
	c.inService(m, now)
}

func (c *Cloud) inService(m *machine, now time.Time) {
	if m.InWarmPool() {
		c.warmedUp(m, now)
		return
	}
	if m.Lifecycle == LifecyclePending || m.Lifecycle == LifecyclePendingWait {
		m.Lifecycle = LifecycleInService
		m.rebalancing = false
		m.launching.succeed(now)
	}
	c.changed(m)
}

// terminate starts the termination of an instance in its group. One that is
// already terminating stays as it is.
func (c *Cloud) terminate(m *machine, cause string, now time.Time) {
	if m.going() {
		return
	}
	what := "Terminating EC2 instance: "
	if m.InWarmPool() {
		what = "Terminating EC2 instance from warm pool: "
	}
	m.terminating = m.group.begin(c, now, what+m.ID, cause, m.place())
	m.launching.cancel(now, m.neverInService())
	m.rebalancing = false
	if hook := m.group.hook(hookTerminating); hook != nil && m.State == StateRunning {
		m.hold(hook, m.poolPrefix()+LifecycleTerminatingWait, m.terminating, now)
		c.changed(m)
		return
	}
	if m.returns {
		c.returnToPool(m, now)
		return
	}
	m.userTerminated(now)
	m.Lifecycle = m.poolPrefix() + LifecycleTerminating
	if m.State == StateTerminated {
		c.leave(m, now)
		return
	}
	c.shutDown(m, now)
}

// neverInService is why a launch is cancelled, in Auto Scaling's words for an instance that ended by itself
// (terratest#693).
func (m *machine) neverInService() string {
	if m.alive() || m.reason == "" {
		return "The instance was terminated before it was in service."
	}
	return "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: " + m.reason
}

// shutDown starts shutting down a machine that is alive or stopped.
func (c *Cloud) shutDown(m *machine, now time.Time) {
	if m.alive() || m.State == StateStopped {
		m.State = StateShuttingDown
		m.due = now.Add(c.cfg.Terminate)
	}
	c.changed(m)
}

// ended is the end of shutting down.
func (c *Cloud) ended(m *machine, now time.Time) {
	m.State = StateTerminated
	m.Terminated = now
	if m.going() {
		c.leave(m, now)
		return
	}
	c.changed(m)
}

// leave removes a machine from its group.
func (c *Cloud) leave(m *machine, now time.Time) {
	m.Lifecycle = LifecycleTerminated
	m.terminating.succeed(now)
	m.group.members = slices.DeleteFunc(m.group.members, func(other *machine) bool { return other == m })
	m.group.pool = slices.DeleteFunc(m.group.pool, func(other *machine) bool { return other == m })
	c.changed(m)
}

// forget removes the instances that EC2 no longer describes.
func (c *Cloud) forget(now time.Time) {
	c.instances = slices.DeleteFunc(c.instances, func(m *machine) bool {
		return !m.isMember() && m.State == StateTerminated && now.Sub(m.Terminated) > describedFor
	})
}

func (c *Cloud) machine(id string) *machine {
	i := slices.IndexFunc(c.instances, func(m *machine) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return c.instances[i]
}

// Interrupt ends an instance as if its hardware had failed, without its group.
// It does nothing if the instance is ending or has ended; the error for an
// unknown one is InvalidInstanceID.NotFound.
func (c *Cloud) Interrupt(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.machine(id)
	if m == nil {
		return unknownInstance(id)
	}
	c.lose(m, "Server.InternalError", "the hardware under the instance failed", c.cfg.Clock())
	return nil
}

// lose ends a machine that is alive, without its group.
func (c *Cloud) lose(m *machine, code, why string, now time.Time) {
	if !m.alive() {
		return
	}
	if m.reasonCode == "" {
		m.reasonCode, m.reason = code, code+": "+why
	}
	c.shutDown(m, now)
}

// userTerminated records that a user terminated the machine, unless there is an
// earlier reason.
func (m *machine) userTerminated(now time.Time) {
	if m.reasonCode == "" {
		m.reasonCode = "Client.UserInitiatedShutdown"
		m.reason = "User initiated (" + now.UTC().Format("2006-01-02 15:04:05 GMT") + ")"
	}
}

func (m *machine) templateRef() templateRef {
	return templateRef{ID: m.LaunchTemplateID, Name: m.LaunchTemplateName, Version: strconv.Itoa(m.LaunchTemplateVersion)}
}

func unknownInstance(id string) *Error {
	return newError("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
}

// privateDNS is EC2's DNS name for a private address.
func privateDNS(address, region string) string {
	return fmt.Sprintf("ip-%s.%s.compute.internal", strings.ReplaceAll(address, ".", "-"), region)
}

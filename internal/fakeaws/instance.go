package fakeaws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states that EC2 gives an instance.
const (
	StatePending      = "pending"
	StateRunning      = "running"
	StateShuttingDown = "shutting-down"
	StateTerminated   = "terminated"
)

// The states that a group gives an instance, its lifecycle.
const (
	LifecyclePending            = "Pending"
	LifecyclePendingWait        = "Pending:Wait"
	LifecycleInService          = "InService"
	LifecycleTerminating        = "Terminating"
	LifecycleTerminatingWait    = "Terminating:Wait"
	LifecycleTerminatingProceed = "Terminating:Proceed"
	// LifecycleTerminated is an instance that has left its group.
	LifecycleTerminated = "Terminated"
	// LifecycleStandby is set apart by the group's owner, LifecycleDetached has
	// left its group and runs on.
	LifecycleStandby  = "Standby"
	LifecycleDetached = "Detached"
)

// describedFor is how long EC2 still describes a terminated instance.
const describedFor = time.Hour

// Instance is a machine as it was when the snapshot was taken.
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
	// Lifecycle is the group's, one of the Lifecycle constants; Healthy what
	// the group believes of it; Protected its scale-in protection.
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
	// Silent marks one whose kubelet says nothing any more. EC2 does not know;
	// whoever plays the machines reads it here.
	Silent bool
	// Terminated is when it ended; zero before.
	Terminated time.Time
	Tags       map[string]string
}

// machine is an instance with what only its cloud knows.
type machine struct {
	Instance
	group *group
	// due is when the present state ends; zero if it does not end by itself.
	due time.Time
	// reason is EC2's state transition reason, code the one clients read.
	reasonCode, reason string
	// rebalancing marks one launched to even out zones, until it is in service:
	// it is one more than desired, and nothing may be terminated for it yet.
	rebalancing bool
	undying     bool // EC2's termination protection
	launching   *activity
	terminating *activity
}

func (m *machine) snapshot() Instance {
	i := m.Instance
	i.Tags = maps.Clone(m.Tags)
	return i
}

// going tells whether the group counts it as gone.
func (m *machine) going() bool {
	return strings.HasPrefix(m.Lifecycle, LifecycleTerminating) || m.Lifecycle == LifecycleTerminated
}

// isMember tells whether it is, or was until it ended, of a group.
func (m *machine) isMember() bool {
	return m.Lifecycle != LifecycleTerminated && m.Lifecycle != LifecycleDetached
}

// alive tells whether EC2 runs it or is about to.
func (m *machine) alive() bool { return m.State == StatePending || m.State == StateRunning }

// age moves a machine on if its present state is over.
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
	m.State = StateRunning
	if hook := m.group.hook(hookLaunching); hook != nil && m.Lifecycle == LifecyclePending {
		m.hold(hook, LifecyclePendingWait, m.launching, now)
		c.changed(m)
		return
	}
	c.inService(m, now)
}

func (c *Cloud) inService(m *machine, now time.Time) {
	if m.Lifecycle == LifecyclePending || m.Lifecycle == LifecyclePendingWait {
		m.Lifecycle = LifecycleInService
		m.rebalancing = false
		m.launching.succeed(now)
	}
	c.changed(m)
}

// terminate starts an instance's way out of its group. One that is on its way
// already is left alone.
func (c *Cloud) terminate(m *machine, cause string, now time.Time) {
	if m.going() {
		return
	}
	m.terminating = m.group.begin(c, now, "Terminating EC2 instance: "+m.ID, cause, m.place())
	m.launching.cancel(now, "The instance was terminated before it was in service.")
	m.rebalancing = false
	if hook := m.group.hook(hookTerminating); hook != nil && m.State == StateRunning {
		m.hold(hook, LifecycleTerminatingWait, m.terminating, now)
		c.changed(m)
		return
	}
	m.userTerminated(now)
	m.Lifecycle = LifecycleTerminating
	if m.State == StateTerminated {
		c.leave(m, now)
		return
	}
	c.shutDown(m, now)
}

// shutDown starts the end of a machine that lives; what ends stays as it is.
func (c *Cloud) shutDown(m *machine, now time.Time) {
	if m.alive() {
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

// leave takes a machine out of its group.
func (c *Cloud) leave(m *machine, now time.Time) {
	m.Lifecycle = LifecycleTerminated
	m.terminating.succeed(now)
	m.group.members = slices.DeleteFunc(m.group.members, func(other *machine) bool { return other == m })
	c.changed(m)
}

// forget drops what EC2 no longer describes.
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

// Interrupt ends an instance as AWS does when the hardware under it fails:
// without asking and without its group's doing. Ending one that ends or has
// ended does nothing; an unknown one is InvalidInstanceID.NotFound.
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

// lose ends a machine that lives, without its group's doing.
func (c *Cloud) lose(m *machine, code, why string, now time.Time) {
	if !m.alive() {
		return
	}
	if m.reasonCode == "" {
		m.reasonCode, m.reason = code, code+": "+why
	}
	c.shutDown(m, now)
}

// userTerminated notes that a person ended the machine; the first reason stays.
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

// privateDNS is the name that EC2's resolver gives an address.
func privateDNS(address, region string) string {
	return fmt.Sprintf("ip-%s.%s.compute.internal", strings.ReplaceAll(address, ".", "-"), region)
}

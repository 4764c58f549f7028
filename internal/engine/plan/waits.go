package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The keys of waits, of which an update has one at a time.
const (
	Turn             upgrade.WaitKey = "turn"          // for another update of the group to end
	Rollback         upgrade.WaitKey = "rollback"      // for the update that is rolled back to stop
	Fault            upgrade.WaitKey = "fault"         // for people to correct what makes no sense
	Stopped          upgrade.WaitKey = "stopped"       // for people to accept the present health
	OtherAccount     upgrade.WaitKey = "account"       // for the credentials of the group's account
	GroupMissing     upgrade.WaitKey = "group"         // for the group to be found again
	Late             upgrade.WaitKey = "late"          // for a fresh read, after the process was suspended
	Sizes            upgrade.WaitKey = "sizes"         // to be sure of unexpected sizes
	Unfilled         upgrade.WaitKey = "unfilled"      // to be sure that no instance comes for some places
	LaunchStops      upgrade.WaitKey = "launch-stops"  // to be sure that Launch is suspended
	SizesSettle      upgrade.WaitKey = "sizes-settle"  // for the expected sizes, before the next are set
	TemplateSet      upgrade.WaitKey = "template"      // to be sure that somebody changed the template
	TemplateReported upgrade.WaitKey = "reference"     // for AWS to report the template that was set
	Latest           upgrade.WaitKey = "latest"        // for AWS to report the newest template version
	WarmPool         upgrade.WaitKey = "warm-pool"     // for the instances of the warm pool to be replaced
	Capacity         upgrade.WaitKey = "capacity"      // for usable nodes, before the next drain
	Settle           upgrade.WaitKey = "settle"        // for nodes that come up, before the update begins
	Removals         upgrade.WaitKey = "removals"      // for Cluster Autoscaler to remove nodes, before the update begins or suspends it
	Silence          upgrade.WaitKey = "silence"       // for nodes whose kubelets are silent to report again
	Soak             upgrade.WaitKey = "soak"          // for the new nodes to have run for a while
	Grown            upgrade.WaitKey = "grown"         // for the nodes that a scaling has added
	Room             upgrade.WaitKey = "room"          // for pods to fit on the nodes that stay
	EvenZones        upgrade.WaitKey = "even"          // for even zones, before AZRebalance is resumed
	Resuming         upgrade.WaitKey = "resume"        // for AWS to report the processes as resumed
	Health           upgrade.WaitKey = "health"        // for pods and nodes to be Ready
	HealthInDrain    upgrade.WaitKey = "health/drains" // the same, while nodes are in flight
)

// The kinds of waits of which an update has one for each instance, zone, node or call.
const (
	kindDrain    = "drain"
	kindCordon   = "cordon"
	kindGoing    = "going"
	kindLost     = "lost"
	kindMissing  = "missing"
	kindComing   = "coming"
	kindZone     = "zone"
	kindDetached = "detached"
	kindCall     = "call"
	kindAsked    = "asked"
)

func key(kind, of string) upgrade.WaitKey { return upgrade.WaitKey(kind + "/" + of) }

// Drain is the key of the wait for a node to be empty.
func Drain(instance string) upgrade.WaitKey { return key(kindDrain, instance) }

// Cordon is the key of the wait for load balancers to drop a node.
func Cordon(instance string) upgrade.WaitKey { return key(kindCordon, instance) }

// Going is the key of the wait for an instance whose termination was requested.
func Going(instance string) upgrade.WaitKey { return key(kindGoing, instance) }

// Lost is the key of the wait for the pods of a member to end that has lost its node.
func Lost(instance string) upgrade.WaitKey { return key(kindLost, instance) }

// Missing is the key of the wait to be sure that an instance in flight is gone.
func Missing(instance string) upgrade.WaitKey { return key(kindMissing, instance) }

// Coming is the key of the wait for an instance to become a node, after the update failed.
func Coming(instance string) upgrade.WaitKey { return key(kindComing, instance) }

// Zone is the key of the wait for a usable new node in a zone.
func Zone(zone string) upgrade.WaitKey { return key(kindZone, zone) }

// Detached is the key of the wait to be sure that a node is no member any more.
func Detached(node string) upgrade.WaitKey { return key(kindDetached, node) }

// Call is the key of the wait for a call that fails.
func Call(c upgrade.FailedCall) upgrade.WaitKey { return key(kindCall, c.Code+"/"+c.Reason) }

// Asked is the key of the wait for AWS to do what it was asked for: one for each number, reference or
// list of processes that an action sets. It is false for an action that AWS may be asked for twice,
// whatever has happened between.
func Asked(a Action) (k upgrade.WaitKey, ok bool) {
	switch a := a.(type) {
	case Resize:
		return key(kindAsked, fmt.Sprintf("sizes/%d/%d", a.To.Max, a.To.Desired)), true
	case SetMinimum:
		return key(kindAsked, fmt.Sprintf("minimum/%d", a.Least)), true
	case UseTemplate:
		return key(kindAsked, "template/"+a.Ref.ID+"/"+a.Ref.Version), true
	case SetProcesses:
		verb := "resume/"
		if a.Suspended {
			verb = "suspend/"
		}
		return key(kindAsked, verb+strings.Join(a.Processes, ",")), true
	case TerminateWarm:
		return key(kindAsked, string(WarmPool)), true
	}
	return "", false
}

// IsCall reports whether a wait is one for a call that fails.
func IsCall(k upgrade.WaitKey) bool { return kindOf(k) == kindCall }

// IsOfGroup reports whether a wait is one for the group itself. Nothing is done during such a wait, so
// a pass that acts ends it.
func IsOfGroup(k upgrade.WaitKey) bool { return k == OtherAccount || k == GroupMissing }

func kindOf(k upgrade.WaitKey) string {
	kind, _, _ := strings.Cut(string(k), "/")
	return kind
}

// WaitFor says what is waited for, and returns for how long already. A limit of 0 is none. The
// time left to the limit decides with the interval when to look again.
func (p *Plan) WaitFor(key upgrade.WaitKey, limit time.Duration, format string, args ...any) time.Duration {
	since := p.run.Since(key, p.Now)
	p.Timers = append(p.Timers, upgrade.Timer{Key: key, Since: since})
	return p.WaitSince(since, key, limit, format, args...)
}

// WaitSince is WaitFor for something that began at a known time.
func (p *Plan) WaitSince(since time.Time, key upgrade.WaitKey, limit time.Duration, format string, args ...any) time.Duration {
	p.Waits = append(p.Waits, upgrade.Wait{Key: key, Message: fmt.Sprintf(format, args...), Since: since, Limit: limit})
	waited := p.run.Elapsed(since, p.Now)
	if limit > 0 {
		p.LookIn(limit - waited)
	}
	return waited
}

// CallFailed makes a wait of a call that fails, once for each.
func (p *Plan) CallFailed(call upgrade.FailedCall) {
	if slices.ContainsFunc(p.FailedCalls, func(c upgrade.FailedCall) bool { return Call(c) == Call(call) }) {
		return
	}
	call.Since = p.Now
	for _, before := range p.run.FailedCalls {
		if before.Code == call.Code && before.Reason == call.Reason {
			call.Since = before.Since
		}
	}
	p.FailedCalls = append(p.FailedCalls, call)
	p.WaitSince(call.Since, Call(call), call.Limit, "%s; retrying", call.Message)
}

// ForgetCall takes back that a call fails, which is made now. If it fails again, it has failed since it
// first did.
func (p *Plan) ForgetCall(reason string) {
	of := func(c upgrade.FailedCall) bool { return c.Reason == reason }
	p.Waits = without(p.Waits, func(w upgrade.Wait) bool {
		return slices.ContainsFunc(p.FailedCalls, func(c upgrade.FailedCall) bool { return of(c) && Call(c) == w.Key })
	})
	p.FailedCalls = without(p.FailedCalls, of)
}

// EndWaits forgets waits.
func EndWaits(r *upgrade.Run, keys ...upgrade.WaitKey) {
	forget(r, func(k upgrade.WaitKey) bool { return slices.Contains(keys, k) })
}

// EndWaitsOfDrains forgets waits for nodes that are no longer in flight.
func EndWaitsOfDrains(r *upgrade.Run) {
	forget(r, func(k upgrade.WaitKey) bool {
		kind, instance, _ := strings.Cut(string(k), "/")
		ofDrain := slices.Contains([]string{kindDrain, kindCordon, kindGoing, kindMissing}, kind)
		return ofDrain && r.DrainOf(instance) == nil
	})
}

func forget(r *upgrade.Run, ended func(upgrade.WaitKey) bool) {
	r.Waits = slices.DeleteFunc(slices.Clone(r.Waits), func(w upgrade.Wait) bool { return ended(w.Key) })
	r.Timers = without(r.Timers, func(t upgrade.Timer) bool { return ended(t.Key) })
}

// without returns a new list of those that are not gone, nil if none is left.
func without[T any](all []T, gone func(T) bool) []T {
	var left []T
	for _, one := range all {
		if !gone(one) {
			left = append(left, one)
		}
	}
	return left
}

package fakeaws

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kind says what the faults with one name do.
type kind struct {
	takes []string // the fields that the fault takes
	needs []string // those that it needs
	// strikes tells whether it can apply to a call; nil if it is not about calls.
	strikes func(service, action string) bool
	// blow is what it does to a call.
	blow func(*fault, service, time.Time) blow
	// do is what happens once, when the fault is set, or the error if it cannot.
	do func(*Cloud, Fault, time.Time) *Error
	// stays marks faults that last although they are not about calls.
	stays bool
}

func (k kind) lasts() bool { return k.stays || k.strikes != nil }

// The names of the faults.
const (
	FaultThrottle       = "throttle"        // calls above a rate are throttled
	FaultUnavailable    = "unavailable"     // the service answers with status 500
	FaultContention     = "contention"      // calls that change something are refused with ResourceContention
	FaultError          = "error"           // calls are refused with an error of one's choice
	FaultDenied         = "denied"          // a permission is taken away
	FaultLatency        = "latency"         // answers come late
	FaultHold           = "hold"            // calls wait until the fault is cleared or over, and are carried out then
	FaultLostReply      = "lost-reply"      // calls are carried out and the connection is closed
	FaultStale          = "stale"           // describe calls return data that is up to the delay old
	FaultNoCapacity     = "no-capacity"     // launches in a zone fail
	FaultNoAddresses    = "no-addresses"    // launches in a zone fail: its subnets are full
	FaultVCPULimit      = "vcpu-limit"      // launches above the account's limit fail
	FaultMissing        = "missing"         // something that launch templates name does not exist
	FaultPrivateImage   = "private-image"   // an image's owner no longer shares it
	FaultBrokenImage    = "broken-image"    // instances of an image never join, or join and stay not ready
	FaultNodeDies       = "node-dies"       // an instance's kubelet stops reporting
	FaultInterruption   = "interruption"    // a spot instance is reclaimed
	FaultRebalance      = "rebalance"       // a group moves an instance to another zone
	FaultSizes          = "sizes"           // somebody changes a group's sizes
	FaultDeleteTemplate = "delete-template" // somebody deletes a launch template or a version
)

// FaultNames are the names of all faults in alphabetical order.
func FaultNames() []string { return slices.Sorted(maps.Keys(kinds())) }

func kinds() map[string]kind {
	calls := func(strikes func(string, string) bool, blow func(*fault, service, time.Time) blow, more ...string) kind {
		return kind{takes: append([]string{"action", "chance", "count", "for"}, more...), strikes: strikes, blow: blow}
	}
	chosen := calls(anyCall, (*fault).chosen, "code", "message", "status")
	chosen.needs = []string{"action", "code"}
	latency, stale := calls(anyCall, (*fault).late, "delay"), calls(isRead, (*fault).aged, "delay")
	hold := calls(anyCall, (*fault).hold)
	hold.takes = []string{"action", "for"}
	latency.needs, stale.needs = []string{"delay"}, []string{"delay"}
	return map[string]kind{
		FaultThrottle:       calls(anyCall, (*fault).throttle, "rate"),
		FaultUnavailable:    calls(anyCall, refuse(service.unavailable)),
		FaultContention:     calls(isScalingChange, refuse(service.contended)),
		FaultError:          chosen,
		FaultDenied:         {takes: []string{"action", "chance", "count", "for"}, needs: []string{"action"}, do: (*Cloud).knowPermission, stays: true},
		FaultLatency:        latency,
		FaultHold:           hold,
		FaultLostReply:      calls(anyCall, func(*fault, service, time.Time) blow { return blow{lost: true} }),
		FaultStale:          stale,
		FaultNoCapacity:     {takes: []string{"zone", "chance", "count", "for"}, stays: true},
		FaultNoAddresses:    {takes: []string{"zone", "chance", "count", "for"}, stays: true},
		FaultVCPULimit:      {takes: []string{"limit", "for"}, needs: []string{"limit"}, stays: true},
		FaultMissing:        {takes: []string{"resource", "for"}, needs: []string{"resource"}, stays: true},
		FaultPrivateImage:   {takes: []string{"image", "for"}, needs: []string{"image"}, do: (*Cloud).knowImage, stays: true},
		FaultBrokenImage:    {takes: []string{"image", "notReady", "for"}, needs: []string{"image"}, do: (*Cloud).knowImage, stays: true},
		FaultNodeDies:       deed((*Cloud).silence, "instance"),
		FaultInterruption:   deed((*Cloud).reclaim, "instance"),
		FaultRebalance:      {takes: []string{"group"}, do: (*Cloud).rebalanceNow},
		FaultSizes:          {takes: []string{"group", "min", "max", "desired"}, do: (*Cloud).changeSizes},
		FaultDeleteTemplate: {takes: []string{"template", "version"}, needs: []string{"template"}, do: (*Cloud).deleteTemplate},
	}
}

// deed is a fault that happens once, to the resource that its one field names.
func deed(do func(*Cloud, Fault, time.Time) *Error, field string) kind {
	return kind{takes: []string{field}, needs: []string{field}, do: do}
}

func anyCall(string, string) bool { return true }

func isRead(_, action string) bool {
	return strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get")
}

func isScalingChange(service, action string) bool {
	return service == "autoscaling" && !isRead(service, action)
}

// blow is how faults change the handling of one call.
type blow struct {
	delay   time.Duration
	holds   []<-chan struct{} // closed when the call is carried out
	refusal *Error
	lost    bool          // carried out, and the connection is closed without an answer
	age     time.Duration // how old the answer may be
}

// struck returns what the faults do to a call. They do nothing to calls with the
// spared key and to unknown calls.
func (c *Cloud) struck(r *request, now time.Time) blow {
	var all blow
	if _, known := r.service.operations[r.action]; !known || c.cfg.SparedKey != "" && r.accessKey == c.cfg.SparedKey {
		return all
	}
	for _, f := range slices.Clone(c.lasting()) {
		k := kinds()[f.Name]
		if k.strikes == nil || !k.strikes(r.service.name, r.action) || !matches(f.Action, r.service.name, r.action) || !c.strikes(f) {
			continue
		}
		b := k.blow(f, r.service, now)
		all.delay += b.delay
		all.holds = append(all.holds, b.holds...)
		all.age = max(all.age, b.age)
		all.lost = all.lost || b.lost
		if all.refusal == nil {
			all.refusal = b.refusal
		}
	}
	return all
}

// chosen is any error of AWS. Most have status 400.
func (f *fault) chosen(service, time.Time) blow {
	return blow{refusal: newError(f.Code, "%s", f.Message).with(cmp.Or(f.Status, http.StatusBadRequest))}
}

func (f *fault) hold(service, time.Time) blow { return blow{holds: []<-chan struct{}{f.over}} }

func (f *fault) late(service, time.Time) blow { return blow{delay: time.Duration(f.Delay)} }

func (f *fault) aged(service, time.Time) blow { return blow{age: time.Duration(f.Delay)} }

// throttle is a token bucket, as EC2 and Auto Scaling have one for each action:
// it fills at the rate, up to the tokens of one second.
func (f *fault) throttle(s service, now time.Time) blow {
	f.tokens = min(f.tokens+f.Rate*now.Sub(f.last).Seconds(), max(1, f.Rate))
	f.last = now
	if f.Rate > 0 && f.tokens >= 1 {
		f.tokens--
		return blow{}
	}
	return blow{refusal: s.throttled()}
}

func refuse(with func(service) *Error) func(*fault, service, time.Time) blow {
	return func(_ *fault, s service, _ time.Time) blow { return blow{refusal: with(s)} }
}

// throttled is a service's error for a throttled call. EC2's has status 503, the
// others' 400 (EC2 API reference, "Common client error codes" and "Request
// throttling").
func (s service) throttled() *Error {
	switch s.name {
	case "ec2":
		return newError("RequestLimitExceeded", "Request limit exceeded.").with(http.StatusServiceUnavailable)
	case "ssm":
		return newError("ThrottlingException", "Rate exceeded")
	}
	return newError("Throttling", "Rate exceeded")
}

// unavailable is a service's error for a failure of its own.
func (s service) unavailable() *Error {
	code := "InternalFailure"
	switch s.name {
	case "ec2":
		code = "InternalError"
	case "ssm":
		code = "InternalServerError"
	}
	return newError(code, "An internal error has occurred").with(http.StatusInternalServerError)
}

// contended is Auto Scaling's error while another change is in progress.
func (service) contended() *Error {
	return newError("ResourceContention", "You already have a pending update to an Amazon EC2 Auto Scaling resource "+
		"(for example, an Auto Scaling group, instance, or load balancer).").with(http.StatusInternalServerError)
}

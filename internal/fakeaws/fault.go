package fakeaws

import (
	"fmt"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Fault makes something fail. Its name decides which of the other fields it takes;
// kinds lists them. Faults of calls, launches and images last until they are
// cleared, their time is over or they occurred Count times. The others happen
// once, when they are set.
type Fault struct {
	ID   string `json:"id,omitempty"` // given by SetFault
	Name string `json:"name"`
	// Action says which calls fail: "autoscaling:Describe*", or without the
	// service; empty for all calls to which the fault can apply. For a permission
	// it may be one that no call has: "iam:PassRole".
	Action string `json:"action,omitempty"`
	// Chance is the probability that a call or launch fails, up to 1; 0 means 1.
	Chance float64 `json:"chance,omitempty"`
	// Count is how many times the fault still occurs; 0 means without limit.
	Count int `json:"count,omitempty"`
	// For is how long it lasts, Until when it ends; both zero: until cleared.
	For   Duration   `json:"for,omitempty"`
	Until *time.Time `json:"until,omitempty"` // set by SetFault
	// Rate is how many calls per second are allowed; 0 allows none.
	Rate float64 `json:"rate,omitempty"`
	// Delay is how late an answer comes, or how old its data may be.
	Delay Duration `json:"delay,omitempty"`
	// Code, Message and Status are those of an error; a Status of 0 means 400.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Status  int    `json:"status,omitempty"`

	Zone     string `json:"zone,omitempty"` // empty for all
	Limit    int    `json:"limit,omitempty"`
	Resource string `json:"resource,omitempty"` // an id, or the name of what has none: a key pair
	Image    string `json:"image,omitempty"`
	NotReady bool   `json:"notReady,omitempty"` // instances join and stay not ready
	Instance string `json:"instance,omitempty"`
	Group    string `json:"group,omitempty"` // empty for the only one
	Min      *int   `json:"min,omitempty"`
	Max      *int   `json:"max,omitempty"`
	Desired  *int   `json:"desired,omitempty"`
	Template string `json:"template,omitempty"` // an id
	Version  string `json:"version,omitempty"`  // empty for the whole template
}

// Duration is a time.Duration whose JSON has a unit: "2s".
type Duration time.Duration

func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// fault is a Fault that lasts.
type fault struct {
	Fault
	over chan struct{} // closed when it is cleared or over, for calls that it holds
	dice *rand.Rand    // its own, so that a fault does not change what groups choose
	// message is EC2's error message of a launch, if it is not the usual one.
	message string
	// How many calls the rate still allows, as of last.
	tokens float64
	last   time.Time
}

// SetFault makes something fail, from now on or once. It returns the fault as
// Faults lists it, without an ID if it happens only once. The error for a wrong
// fault is InvalidFault, or AWS's error for a resource that does not exist; then
// nothing was changed.
func (c *Cloud) SetFault(f Fault) (Fault, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.checkFault(f)
	if err != nil {
		return Fault{}, err
	}
	now := c.cfg.Clock()
	if k.do != nil {
		if err := k.do(c, f, now); err != nil {
			return Fault{}, err
		}
	}
	if !k.lasts() {
		return f, nil
	}
	c.faultsSet++
	f.ID = fmt.Sprintf("f-%d", c.faultsSet)
	if f.For > 0 {
		until := now.Add(time.Duration(f.For))
		f.Until = &until
	}
	c.faults = append(c.faults, &fault{
		Fault: f, over: make(chan struct{}), dice: rand.New(rand.NewPCG(c.cfg.Seed, uint64(c.faultsSet))), last: now, tokens: max(1, f.Rate),
	})
	return f, nil
}

// Faults returns the lasting faults, in the order in which they were set.
func (c *Cloud) Faults() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []Fault{}
	for _, f := range c.lasting() {
		all = append(all, f.Fault)
	}
	return all
}

// ClearFaults clears the fault with that ID, or all if it is empty. The error for
// an unknown ID is InvalidFault.NotFound.
func (c *Cloud) ClearFaults(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.lasting())
	clear(c.answers)
	c.drop(func(f *fault) bool { return id == "" || f.ID == id })
	if id != "" && len(c.faults) == before {
		return newError("InvalidFault.NotFound", "there is no fault %s; list the faults to see their ids", id)
	}
	return nil
}

// lasting drops the faults that are over and returns the others.
func (c *Cloud) lasting() []*fault {
	now := c.cfg.Clock()
	c.drop(func(f *fault) bool { return f.Until != nil && !now.Before(*f.Until) })
	return c.faults
}

// drop removes faults, and releases the calls that they hold.
func (c *Cloud) drop(is func(*fault) bool) {
	c.faults = slices.DeleteFunc(c.faults, func(f *fault) bool {
		if is(f) {
			close(f.over)
			return true
		}
		return false
	})
}

// strikes decides by chance whether the fault occurs now, and counts it.
func (c *Cloud) strikes(f *fault) bool {
	if f.Chance > 0 && f.dice.Float64() >= f.Chance {
		return false
	}
	if f.Count > 0 {
		if f.Count--; f.Count == 0 {
			c.faults = slices.DeleteFunc(slices.Clone(c.faults), func(other *fault) bool { return other == f })
		}
	}
	return true
}

// checkFault returns the fault's kind, or an error if the fault is wrong.
func (c *Cloud) checkFault(f Fault) (kind, *Error) {
	invalid := func(format string, args ...any) (kind, *Error) {
		return kind{}, newError("InvalidFault", format, args...)
	}
	k, known := kinds()[f.Name]
	if !known {
		return invalid("there is no fault %q; the faults are %s", f.Name, strings.Join(FaultNames(), ", "))
	}
	for _, field := range fieldsOf(f) {
		if field != "name" && !slices.Contains(k.takes, field) {
			return invalid("fault %s takes no %s; it takes %s", f.Name, field, strings.Join(k.takes, ", "))
		}
	}
	for _, field := range k.needs {
		if !slices.Contains(fieldsOf(f), field) {
			return invalid("fault %s needs %s", f.Name, field)
		}
	}
	switch {
	case f.Chance < 0 || f.Chance > 1:
		return invalid("chance must be greater than 0 and at most 1, not %v", f.Chance)
	case f.Count < 0 || f.Limit < 0 || f.Rate < 0 || f.Delay < 0 || f.For < 0:
		return invalid("count, limit, rate, delay and for must not be negative")
	case f.Zone != "" && !slices.Contains(c.cfg.Zones, f.Zone):
		return invalid("there is no zone %s; the zones are %s", f.Zone, strings.Join(c.cfg.Zones, ", "))
	case k.strikes != nil && !k.strikesAny(f.Action):
		return invalid("fault %s applies to no call that matches %q; an action is, for example, autoscaling:TerminateInstanceInAutoScalingGroup or ec2:Describe*", f.Name, f.Action)
	}
	return k, nil
}

// fieldsOf are the names of the fields that are set.
func fieldsOf(f Fault) []string {
	var names []string
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// strikesAny tells whether a fault of this kind can apply to a supported call.
func (k kind) strikesAny(pattern string) bool {
	for _, s := range services() {
		for action := range s.operations {
			if k.strikes(s.name, action) && matches(pattern, s.name, action) {
				return true
			}
		}
	}
	return false
}

// matches tells whether a pattern, with or without a service, matches a call.
func matches(pattern, service, action string) bool {
	if pattern == "" {
		return true
	}
	if !strings.Contains(pattern, ":") {
		pattern = "*:" + pattern
	}
	ok, err := path.Match(pattern, service+":"+action)
	return err == nil && ok
}

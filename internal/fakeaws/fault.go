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

// Fault is something that goes wrong. What its name is says which of the other
// fields it takes; kinds lists them. Faults of calls, launches and images last
// until they are cleared, their time is over or they have struck Count times;
// the others are deeds, done once at once.
type Fault struct {
	ID   string `json:"id,omitempty"` // given by SetFault
	Name string `json:"name"`
	// Action says which calls: "autoscaling:Describe*" or without the service;
	// empty for all that the fault can strike.
	Action string `json:"action,omitempty"`
	// Chance of striking, over 0 up to 1; 0 means always.
	Chance float64 `json:"chance,omitempty"`
	// Count is how often it still strikes; 0 means without limit.
	Count int `json:"count,omitempty"`
	// For is how long it lasts, Until when it ends; both zero: until cleared.
	For   Duration   `json:"for,omitempty"`
	Until *time.Time `json:"until,omitempty"` // set by SetFault
	// Rate is how many calls a second are let through; 0 lets none.
	Rate float64 `json:"rate,omitempty"`
	// Delay is how late an answer comes, or how old it may be.
	Delay Duration `json:"delay,omitempty"`

	Zone     string `json:"zone,omitempty"` // empty for all
	Image    string `json:"image,omitempty"`
	NotReady bool   `json:"notReady,omitempty"` // machines join, and stay not ready
	Instance string `json:"instance,omitempty"`
	Group    string `json:"group,omitempty"` // empty for the only one
	Min      *int   `json:"min,omitempty"`
	Max      *int   `json:"max,omitempty"`
	Desired  *int   `json:"desired,omitempty"`
	Template string `json:"template,omitempty"` // an id
	Version  string `json:"version,omitempty"`  // empty for the whole template
}

// Duration is a time.Duration that is written with its unit: 2s.
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
	dice *rand.Rand // its own: what groups choose stays as it is
	// message is what EC2 says of a launch, if it is not its usual sentence.
	message string
	// Calls that a rate still lets through, counted up to last.
	tokens float64
	last   time.Time
}

// SetFault lets something go wrong from now on, or once, now. It returns the
// fault as it is listed, without an ID if it was a deed. What cannot be is
// refused with InvalidFault or what AWS says of what is not there; nothing is
// changed then.
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
	c.faults = append(c.faults, &fault{Fault: f, dice: rand.New(rand.NewPCG(c.cfg.Seed, uint64(c.faultsSet))), last: now, tokens: max(1, f.Rate)})
	return f, nil
}

// Faults returns the faults that last, in the order in which they were set.
func (c *Cloud) Faults() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []Fault{}
	for _, f := range c.lasting() {
		all = append(all, f.Fault)
	}
	return all
}

// ClearFaults ends the fault with that ID, all if it is empty. An ID that is
// not there is InvalidFault.NotFound.
func (c *Cloud) ClearFaults(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.lasting())
	clear(c.answers)
	c.faults = slices.DeleteFunc(c.faults, func(f *fault) bool { return id == "" || f.ID == id })
	if id != "" && len(c.faults) == before {
		return newError("InvalidFault.NotFound", "there is no fault %s; 'list' shows those that there are", id)
	}
	return nil
}

// lasting drops the faults that are over and returns the others.
func (c *Cloud) lasting() []*fault {
	now := c.cfg.Clock()
	c.faults = slices.DeleteFunc(c.faults, func(f *fault) bool { return f.Until != nil && !now.Before(*f.Until) })
	return c.faults
}

// strikes throws the fault's dice and counts.
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

// checkFault returns the fault's kind, or what is wrong with the fault.
func (c *Cloud) checkFault(f Fault) (kind, *Error) {
	invalid := func(format string, args ...any) (kind, *Error) {
		return kind{}, newError("InvalidFault", format, args...)
	}
	k, known := kinds()[f.Name]
	if !known {
		return invalid("there is no fault %q; there are %s", f.Name, strings.Join(FaultNames(), ", "))
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
		return invalid("a chance is over 0 and up to 1, not %v", f.Chance)
	case f.Count < 0 || f.Rate < 0 || f.Delay < 0 || f.For < 0:
		return invalid("count, rate, delay and for are not negative")
	case f.Zone != "" && !slices.Contains(c.cfg.Zones, f.Zone):
		return invalid("there is no zone %s; there are %s", f.Zone, strings.Join(c.cfg.Zones, ", "))
	case k.strikes != nil && !k.strikesAny(f.Action):
		return invalid("fault %s strikes no call %q; an action is for instance autoscaling:TerminateInstanceInAutoScalingGroup or ec2:Describe*", f.Name, f.Action)
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

// strikesAny tells whether a fault of this kind can strike a call that is here.
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

// matches tells whether a pattern, with or without a service, means a call.
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

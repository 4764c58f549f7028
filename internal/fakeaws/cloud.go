package fakeaws

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Config is the configuration of a Cloud. Its zero value can be used.
type Config struct {
	// Region is the only region; requests signed for another one are refused.
	// Default us-west-2.
	Region string
	// Account is the account id. Default 123456789012.
	Account string
	// Zones are the names of the availability zones, each with one subnet.
	// Default: the region's a, b and c.
	Zones []string
	// Boot is the time from an instance's launch until it runs and is in
	// service. Default 5s; negative means at the next step.
	Boot time.Duration
	// Terminate is the time an instance is shutting down before it is terminated
	// and leaves its group. Default 1s; negative means at the next step.
	Terminate time.Duration
	// Retry is how long a group does not launch in a zone after a launch failed
	// there. Default 15s; negative means until the next step.
	Retry time.Duration
	// Interval is the time between two steps of Run. Default 100ms.
	Interval time.Duration
	// Seed makes random choices repeatable.
	Seed uint64
	// SparedKey is an access key whose calls no fault affects, for observers.
	// Empty for none.
	SparedKey string
	// Clock returns the time of requests and of Run's steps. Default time.Now.
	Clock func() time.Time
}

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.Region, "us-west-2")
	setDefault(&cfg.Account, "123456789012")
	setDefault(&cfg.Boot, 5*time.Second)
	setDefault(&cfg.Terminate, time.Second)
	setDefault(&cfg.Retry, 15*time.Second)
	setDefault(&cfg.Interval, 100*time.Millisecond)
	if len(cfg.Zones) == 0 {
		cfg.Zones = []string{cfg.Region + "a", cfg.Region + "b", cfg.Region + "c"}
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return cfg
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Cloud is one account in one region. Its methods may be called from any
// goroutine.
type Cloud struct {
	cfg Config

	mu           sync.Mutex
	rand         *rand.Rand
	network      network
	images       []*Image
	stored       map[string]*storedParameter // by name
	templates    []*launchTemplate
	targetGroups []*targetGroup
	networks     []*networkBalancer
	balancers    []*classicBalancer
	groups       []*group
	configs      []string // names of launch configurations
	instances    []*machine
	faults       []*fault
	faultsSet    int
	answers      answers
	access       access
	journal      journal
	watchers     map[*watcher]struct{}

	oneTermination bool // a call terminates one instance, see TerminateOneByOne
}

// New returns a cloud with the images for the newest four Kubernetes minor
// versions and the last ones of Amazon Linux 2, and with one subnet per zone.
func New(cfg Config) *Cloud {
	cfg = cfg.withDefaults()
	c := &Cloud{
		cfg:      cfg,
		rand:     rand.New(rand.NewPCG(cfg.Seed, 0)),
		network:  newNetwork(cfg.Region, cfg.Zones),
		images:   publishedImages(cfg.Region),
		stored:   map[string]*storedParameter{},
		answers:  answers{},
		access:   newAccess(),
		watchers: map[*watcher]struct{}{},
	}
	return c
}

// Run makes a step at once and after each Config.Interval until ctx ends, and
// returns the error of ctx.
func (c *Cloud) Run(ctx context.Context) error {
	tick := time.NewTicker(c.cfg.Interval)
	defer tick.Stop()
	for {
		c.Step(c.cfg.Clock())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Step does what is due at the time now: for every instance, then for every
// group, in the order of their creation. A second step at the same time changes
// nothing unless the first one made something due.
func (c *Cloud) Step(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.instances {
		c.age(m, now)
	}
	for _, g := range c.groups {
		c.tend(g, now)
	}
	c.forget(now)
}

// Instances returns a snapshot of every instance that EC2 still describes, in
// the order of their launch. Terminated ones stay for an hour, as with AWS.
func (c *Cloud) Instances() []Instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Instance, 0, len(c.instances))
	for _, m := range c.instances {
		all = append(all, m.snapshot())
	}
	return all
}

// Zones returns the names of the availability zones.
func (c *Cloud) Zones() []string { return slices.Clone(c.cfg.Zones) }

// Region returns the name of the region.
func (c *Cloud) Region() string { return c.cfg.Region }

// id returns a new identifier of EC2's long form: prefix, hyphen, 17 hex digits.
func (c *Cloud) id(prefix string) string {
	const digits = "0123456789abcdef"
	b := []byte(prefix + "-0")
	for range 16 {
		b = append(b, digits[c.rand.IntN(16)])
	}
	return string(b)
}

package upgrade

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ProcessAZRebalance is the scaling process that evens out zones by
// terminating instances undrained.
const ProcessAZRebalance = "AZRebalance"

// ProcessLaunch is the scaling process that launches instances. It is suspended for a short time while
// places are given back that were never filled.
const ProcessLaunch = "Launch"

// ProcessesToSuspend are the scaling processes that an update suspends. Each would
// terminate instances undrained: to even out zones, because a scaling policy or a
// scheduled action lowers a size that stands above the owner's by our surge, or
// because somebody starts an instance refresh.
func ProcessesToSuspend() []string {
	return []string{ProcessAZRebalance, "AlarmNotification", "ScheduledActions", "InstanceRefresh"}
}

// Size is a group's maximum and desired size, in instances.
type Size struct {
	Max     int
	Desired int
}

// String is the size in words.
func (z Size) String() string { return fmt.Sprintf("desired %d, maximum %d", z.Desired, z.Max) }

// Sent returns what a size becomes when only those numbers are sent in which to differs from from. A
// maximum below the desired size lowers that, too.
func (z Size) Sent(from, to Size) Size {
	if from.Max != to.Max {
		z.Max = to.Max
		z.Desired = min(z.Desired, z.Max)
	}
	if from.Desired != to.Desired {
		z.Desired = to.Desired
	}
	return z
}

// TemplateRef names a launch template version as a group does.
type TemplateRef struct {
	ID   string // lt-0123456789abcdef0
	Name string // for people
	// Version is a number, "$Latest" or "$Default".
	Version string
}

// Follows reports whether the reference moves when a version is made or the
// default is changed.
func (r TemplateRef) Follows() bool { return strings.HasPrefix(r.Version, "$") }

// ParameterPrefix begins what stands in a launch template version whose image a parameter names.
const ParameterPrefix = "resolve:ssm:"

// TemplateVersion is one immutable version of a launch template.
type TemplateVersion struct {
	ID     string
	Name   string
	Number int64
	// Image is the id of the image that a launch gets now; "" if the version names none, or a parameter
	// that names none.
	Image string
	// Parameter is what stands in the version in place of an image, resolve:ssm:/golden/image: each
	// launch gets the image that the parameter names then. It is "" for a version with an image.
	Parameter string
}

// Group is an Auto Scaling group as EC2 Auto Scaling reports it.
type Group struct {
	Name string
	// ARN tells the group from one of the same name in another account or region, and from one that
	// was made after it was deleted.
	ARN       string
	Read      time.Time // when the answer was given
	Min       int
	Size      Size
	Zones     []string // the zones it may launch in
	Template  TemplateRef
	Suspended []string // suspended scaling processes
	Instances []Instance
	WarmPool  *WarmPool // nil if it has none
}

// Lifecycle is an instance's lifecycle state in its group, or the EC2 state
// where that says more.
type Lifecycle string

// The lifecycle states that rules look at; there are more.
const (
	Pending         Lifecycle = "Pending"
	PendingWait     Lifecycle = "Pending:Wait"
	InService       Lifecycle = "InService"
	EnteringStandby Lifecycle = "EnteringStandby"
	Standby         Lifecycle = "Standby"
	Terminating     Lifecycle = "Terminating"
	Terminated      Lifecycle = "Terminated"
	ShuttingDown    Lifecycle = "shutting-down"
)

// IsTerminating reports whether the instance is terminating or gone. It counts for no capacity and is
// not terminated again, also while a termination hook keeps it in Terminating:Wait for up to an hour.
func (l Lifecycle) IsTerminating() bool {
	l = Lifecycle(strings.TrimPrefix(string(l), warmed))
	return strings.HasPrefix(string(l), string(Terminating)) || l == Terminated || l == ShuttingDown
}

// StandbyOrDetaching reports whether somebody has taken the instance out of service: it runs, but its
// group does not count it, and neither replaces nor terminates it. Its owner decides whether it
// returns, so an update leaves it alone.
func (l Lifecycle) StandbyOrDetaching() bool {
	return slices.Contains([]Lifecycle{EnteringStandby, Standby, "Detaching", "Detached"}, l)
}

// Instance is a member of a group. Image and Launched are zero as long as EC2
// does not know the instance yet.
type Instance struct {
	ID        string
	Zone      string
	Lifecycle Lifecycle
	Image     string // from EC2, never from a label
	Arch      string // x86_64 or arm64, from EC2
	Template  TemplateVersion
	Launched  time.Time
	Protected bool // from scale in
	// Hostname is its private DNS name, which is the name of its node on EKS. Elsewhere the node may
	// have another name.
	Hostname string
}

// CommonImage is the image that most instances run, "" if there are none. Of two that as many run, it is
// the one of the newest instance.
func (g Group) CommonImage() string {
	counts, newest := map[string]int{}, map[string]time.Time{}
	for _, i := range g.Instances {
		if i.Image != "" && !i.Lifecycle.IsTerminating() {
			counts[i.Image]++
			newest[i.Image] = Later(newest[i.Image], i.Launched)
		}
	}
	common := ""
	for _, image := range slices.Sorted(maps.Keys(counts)) {
		more := counts[image] - counts[common]
		if common == "" || more > 0 || more == 0 && newest[image].After(newest[common]) {
			common = image
		}
	}
	return common
}

// HasProcessSuspended reports whether a scaling process is suspended.
func (g Group) HasProcessSuspended(process string) bool {
	return slices.Contains(g.Suspended, process)
}

// Terminating is the group when the termination of instances has been accepted,
// with or without their places.
func (g Group) Terminating(instances []string, shrink bool) Group {
	g.Instances = slices.Clone(g.Instances)
	for n, i := range g.Instances {
		if !slices.Contains(instances, i.ID) || i.Lifecycle.IsTerminating() {
			continue
		}
		g.Instances[n].Lifecycle = Terminating
		if shrink {
			g.Size.Desired--
		}
	}
	return g
}

// Image is a machine image.
type Image struct {
	ID      string
	Name    string
	Arch    string // x86_64 or arm64
	Family  string // AmazonLinux2023, as eksctl calls it; "" if not known
	Version string // Kubernetes minor, 1.37; "" if not known
	Release string // release version in its family's form, 1.37.1-20260915; "" if not known
	Variant string // nvidia, neuron, fips, …; "" for the standard one, and if it is not known
}

// Target is what a user asks the nodes to become. One field beside Family is
// set; none is the newest image of the API server's own minor, which the command
// and the controller resolve into Version before they write the update.
type Target struct {
	Version         string // Kubernetes minor, 1.37
	Release         string // release version, 1.37.1-20260915
	Image           string // ami-…
	TemplateVersion string // a number, $Latest or $Default of the group's own template
	// Family is the image family that the nodes move to, AmazonLinux2023; "" is
	// that of their present image.
	Family string
}

// ParameterWords says from which parameter the version takes its image, and which one that names now:
// "parameter /golden/image, which names ami-… now".
func (t TemplateVersion) ParameterWords() string {
	return fmt.Sprintf("parameter %s, which names %s now", strings.TrimPrefix(t.Parameter, ParameterPrefix), cmp.Or(t.Image, "no image"))
}

// Ref returns the reference by number.
func (t TemplateVersion) Ref() TemplateRef {
	return TemplateRef{ID: t.ID, Name: t.Name, Version: strconv.FormatInt(t.Number, 10)}
}

// Is reports whether the reference names this version by its number.
func (r TemplateRef) Is(t TemplateVersion) bool {
	return r.ID == t.ID && r.Version == strconv.FormatInt(t.Number, 10)
}

// Same reports whether both are the same version of the same template.
func (t TemplateVersion) Same(o TemplateVersion) bool { return t.ID == o.ID && t.Number == o.Number }

// Same reports whether both name the same template and the same word for the version.
func (r TemplateRef) Same(o TemplateRef) bool { return r.ID == o.ID && r.Version == o.Version }

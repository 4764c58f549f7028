package upgrade

import (
	"context"
	"errors"
	"time"
)

// World is everything outside the engine: the cloud (Groups, WarmPools, Identity, Activities, Templates,
// Images), the cluster (Nodes, Pods, Workloads, Autoscaler), what is remembered (Records) and the time.
type World struct {
	Groups     Groups
	WarmPools  WarmPools
	Identity   Identity
	Activities Activities
	Templates  Templates
	Images     Images
	Nodes      Nodes
	Pods       Pods
	Autoscaler Autoscaler
	Workloads  Workloads
	Records    Records
	// Check returns the reasons against beginning the update, none if it may begin. It is called
	// right before the target is resolved, when nothing has been changed yet. If it is nil, there
	// are no reasons.
	Check func(ctx context.Context) ([]Error, error)
	Now   func() time.Time
	// Passed is when this process ended its last pass of the update without an error, zero before
	// its first. What a pass saves is from before it ended, and that may take long.
	Passed time.Time
	// Parallel makes n calls, each about another node, as many at the same time as the cluster
	// takes, and returns when all are made. If it is nil, they are made one after the other.
	Parallel func(n int, call func(int))
}

// ErrConflict says that a record was changed by somebody else since it was
// loaded. Nothing was written; the next pass looks again.
var ErrConflict = errors.New("the record was changed by somebody else")

// ErrNotFound says that a thing (group, template version, image) does not
// exist. Adapters wrap it with the name of the thing. Because EC2 is eventually consistent, it is
// acted on only where nothing has been made recently.
var ErrNotFound = errors.New("not found")

// ErrCredentials says that the credentials have expired or are missing. A running update waits for
// new ones.
var ErrCredentials = errors.New("the credentials have expired")

// ErrForbidden says that a right is missing; the wrapping error names the AWS
// action or the Kubernetes verb and resource.
var ErrForbidden = errors.New("forbidden")

// ErrRefused says that AWS does not accept a request as it is and would refuse it again: what it asks for
// is wrong, is not supported there, or is above a quota.
var ErrRefused = errors.New("refused")

// Groups is what an upgrade needs from Auto Scaling.
type Groups interface {
	// Group returns the group with all its instances as the provider reports
	// them. An answer may be as old as an interval unless fresh is set, but is
	// never from before a change that this process made; Group.Read says how old
	// it is. ErrNotFound when there is no such group in the account and region of
	// the credentials.
	Group(ctx context.Context, name string, fresh bool) (Group, error)
	// Resize sets the maximum and desired size, in absolute numbers, but only
	// those in which to differs from from: a number that is sent undoes what
	// somebody has set since it was read. Setting the present sizes is not an error.
	Resize(ctx context.Context, name string, from, to Size) error
	// SetMinimum sets the minimum size, which must not be above the desired size. Setting the
	// present one is not an error.
	SetMinimum(ctx context.Context, name string, least int) error
	// SetProcesses suspends or resumes scaling processes. Suspending a suspended process or
	// resuming a running one is not an error.
	SetProcesses(ctx context.Context, name string, processes []string, suspended bool) error
	// Terminate terminates instances of the group, and with shrink lowers the desired size by one
	// for each. An instance that is terminating or gone is not an error, and the size is not lowered
	// for it.
	Terminate(ctx context.Context, name string, instances []string, shrink bool) error
}

// Identity is what an upgrade needs to know about its credentials.
type Identity interface {
	// Caller returns whose credentials make the calls. It needs no permission.
	Caller(ctx context.Context) (Caller, error)
}

// Activities is what an upgrade needs to tell what became of instances: the scaling activities of a group,
// and what an instance has written to its console.
type Activities interface {
	// LastActivity returns in words what the group's scaling activities since a time say about
	// launches: the newest that failed, else the newest, of those about some instances or zones. If none
	// is about them, it says so and takes the one of all. It also says how many instances were launched
	// if it was more than one, and how many of them Auto Scaling ended, with its cause. It is "" if
	// nothing was launched since then.
	LastActivity(ctx context.Context, name string, since time.Time, about []string) (string, error)
	// TerminatedElsewhere reports whether the activities say that the group lost an instance for
	// another reason than our request: AWS interrupted it (Spot), or somebody detached it. Our
	// request did not lower the size then.
	TerminatedElsewhere(ctx context.Context, name, instance string) (bool, error)
	// Console returns the last lines that an instance has written to its console, in one line that
	// fits into a message. It is "" if nothing is known yet.
	Console(ctx context.Context, instance string) (string, error)
}

// Templates is what an upgrade needs from EC2 launch templates.
type Templates interface {
	// Resolve returns the version that a reference ($Latest, $Default or a
	// number) stands for now, with the image that a parameter in it names now. ErrNotFound when there is
	// no such version.
	Resolve(ctx context.Context, ref TemplateRef) (TemplateVersion, error)
	// CreateVersion makes a version from another one with another image, or with the parameter that it
	// has, and returns it. The token makes a repeated call return the same version.
	CreateVersion(ctx context.Context, from TemplateVersion, image, token string) (TemplateVersion, error)
	// Use points the group at a template version, in its mixed instances
	// policy if it has one. A group that uses it already is not an error.
	Use(ctx context.Context, group string, ref TemplateRef) error
}

// Images is what an upgrade needs to know about machine images.
type Images interface {
	// Resolve turns a target into an image of the same architecture as the
	// present one and, unless the target names another, of the same family.
	// ErrNotFound when there is none.
	Resolve(ctx context.Context, target Target, present Image) (Image, error)
	// Image describes one image. ErrNotFound when it does not exist (any more), or is private: nothing
	// can be launched with it then.
	Image(ctx context.Context, id string) (Image, error)
	// ByNodes is what the nodes that run an image tell about it, for one that cannot be described: its
	// architecture, family, variant and version, each "" where they do not tell or disagree.
	ByNodes(id string, instances []Instance, nodes []Node) Image
}

// Nodes is what an upgrade needs from the cluster's nodes.
type Nodes interface {
	// Nodes returns the cluster's nodes, of all groups.
	Nodes(ctx context.Context) ([]Node, error)
	// Joined returns, of some instances, those that are nodes by now, with the names of their
	// nodes. It is read from the API server: a watch may not show a node that has just joined.
	Joined(ctx context.Context, instances []string) (map[string]string, error)
	// Mark sets marks on a node for a holder and, in the same patch, the annotations
	// nodelift.dev/owned and owner for those that were absent before. Marks that are
	// there already, whoever set them, stay as they are, but for those of ours
	// that one of them replaces. A node that is gone is not an error.
	Mark(ctx context.Context, node, holder string, marks []Mark) error
	// Unmark removes those of the marks that nodelift.dev/owned names. Others
	// stay. A node that is gone is not an error.
	Unmark(ctx context.Context, node string, marks []Mark) error
	// LabelImage writes the label eks.amazonaws.com/nodegroup-image. A node
	// that is gone is not an error.
	LabelImage(ctx context.Context, node, image string) error
}

// Pods is what an upgrade needs from the cluster's pods.
type Pods interface {
	// Occupancy returns what runs on the nodes, by node name, with the budgets
	// that select any of these pods. It may come from a watch, but never shows
	// a pod as untouched that this process has evicted. A node without pods
	// may be missing in the answer.
	Occupancy(ctx context.Context, nodes []string) (Occupancy, error)
	// OccupancyNow is Occupancy with the pods read from the API server.
	OccupancyNow(ctx context.Context, nodes []string) (Occupancy, error)
	// Unschedulable returns the pods of the cluster that the scheduler has found
	// no node for, by namespace and name. It may come from a watch.
	Unschedulable(ctx context.Context) ([]Pod, error)
	// Evict asks the eviction API for each pod, several at a time, with the
	// pod's UID as precondition, and returns one answer a pod in their order.
	Evict(ctx context.Context, pods []Pod) []Answer
	// Delete deletes a pod with its own grace period and its UID as
	// precondition, past every budget. A pod that is gone is not an error.
	Delete(ctx context.Context, pod Pod) error
}

// Autoscaler is what an upgrade needs from Cluster Autoscaler. All groups of a cluster share it: each of its
// Deployments carries its original replicas and the node groups that have it suspended (holders).
type Autoscaler interface {
	// State returns what there is now. A cluster without one is not an error.
	State(ctx context.Context) (AutoscalerState, error)
	// Suspend scales each Deployment to 0 and adds the holder, in one patch for each.
	Suspend(ctx context.Context, holder string) error
	// Resume removes the holder. With the last holder the original replicas are restored. A holder
	// that is not there is not an error.
	Resume(ctx context.Context, holder string) error
}

// Records keeps what cannot be observed.
type Records interface {
	// Load reads the record from where it is kept, never from a cache.
	Load(ctx context.Context) (Record, error)
	// SaveLedger writes Record.Ledger and returns the record with its new
	// version, or ErrConflict if it has changed since it was loaded.
	SaveLedger(ctx context.Context, record Record) (Record, error)
	// SaveRun writes Record.Run likewise.
	SaveRun(ctx context.Context, record Record) (Record, error)
	// RollBack writes the update that rolls this one back, with the same policy. The next record
	// names it in RolledBackBy. If it exists already, that is not an error.
	RollBack(ctx context.Context) error
}

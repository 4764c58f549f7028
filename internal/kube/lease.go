package kube

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// How long a Lease is held without being renewed, how long its holder tries to
// renew it, and how often: what Kubernetes' own controllers use.
const (
	leaseDuration = 15 * time.Second
	leaseRenew    = 10 * time.Second
	leaseRetry    = 2 * time.Second
	// releaseWithin is how long one call may take that releases a Lease. If the API server does not
	// answer, the Lease expires by itself.
	releaseWithin = 2 * time.Second
)

// Holding is a request to hold the Lease of a node group, which is the right to work on it.
type Holding struct {
	// Group is the name of the NodeGroup.
	Group string
	// Identity names the holder, for people and for other processes.
	Identity string
	// Waiting is told who holds the Lease whenever that is, or becomes, somebody else. It
	// may be nil.
	Waiting func(holder string)
	// Wanted ends a wait for the Lease when it ends, and no work that has begun. It may be nil.
	Wanted context.Context
}

// isWanted reports whether the Lease is still waited for.
func (h Holding) isWanted() bool { return h.Wanted == nil || h.Wanted.Err() == nil }

// Hold waits until the Lease nodelift-system/ng-GROUP is free, runs work while it is held,
// and releases it when work returns. The context of work ends with ctx, or when the Lease
// is lost because the API server could not be reached in time or the machine slept: Hold
// then waits for the Lease and runs work again.
//
// It returns what work returns, or why ctx ended before work began, or
// [upgrade.ErrForbidden]. A Lease alone is no fence: the context of work has one
// ([upgrade.Fence]) that closes when somebody else may hold the Lease.
func (c *Cluster) Hold(ctx context.Context, h Holding, work func(context.Context) error) error {
	for {
		attempt := &attempt{ctx: ctx, work: work, done: make(chan struct{})}
		if err := attempt.run(c, h); !attempt.lost || ctx.Err() != nil || !h.isWanted() {
			return err
		}
	}
}

// Holder returns who works on a node group, "" for nobody. A holder that has not renewed
// the Lease in time counts as gone, and so does a process of this machine that has ended.
func (c *Cluster) Holder(ctx context.Context, group string) (string, error) {
	lease, err := c.set.CoordinationV1().Leases(v1alpha1.Namespace).Get(ctx, "ng-"+group, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", explain(err, "get leases/ng-%s in namespace %s", group, v1alpha1.Namespace)
	case lease.Spec.RenewTime == nil || time.Since(lease.Spec.RenewTime.Time) > leaseDuration:
		return "", nil
	}
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	if isDead(holder) {
		return "", nil
	}
	return withoutProcess(holder), nil
}

// The states of an attempt to hold a Lease.
const (
	waiting int32 = iota
	working
	abandoned
)

// attempt is one attempt to hold a Lease and do the work.
type attempt struct {
	ctx     context.Context // of the caller
	work    func(context.Context) error
	state   atomic.Int32
	held    context.Context    // ends when the Lease is released
	release context.CancelFunc // releases the Lease
	done    chan struct{}      // closed when work has returned
	lost    bool               // the Lease was lost before or during work
	err     error
	// renewed is when the last request was sent that made the Lease ours.
	renewed atomic.Pointer[time.Time]
}

// run runs work at most once. The Lease is released only after work has returned, however
// ctx ended, so that nobody else begins earlier.
func (a *attempt) run(c *Cluster, h Holding) error {
	quiet := klog.NewContext(context.WithoutCancel(a.ctx), logr.Discard())
	held, release := context.WithCancel(quiet)
	defer release()
	a.held, a.release = held, release
	elector, err := c.elector(h, a)
	if err != nil {
		return fmt.Errorf("hold leases/ng-%s: %w", h.Group, err)
	}
	for _, ends := range []context.Context{a.ctx, cmp.Or(h.Wanted, a.ctx)} {
		defer context.AfterFunc(ends, func() { a.stopWaiting(context.Cause(ends)) })()
	}
	elector.Run(held)
	switch {
	case a.state.CompareAndSwap(waiting, abandoned):
		a.lost = true // won and lost before work began
	case a.state.Load() == working:
		<-a.done
	}
	return a.err
}

// takenAway ends the work at once when somebody else is seen to hold the Lease. The elector
// would keep trying until its deadline.
func (a *attempt) takenAway() {
	if a.state.Load() == working {
		a.release()
	}
}

// stopWaiting ends an attempt that has not got the Lease yet.
func (a *attempt) stopWaiting(err error) {
	if a.state.CompareAndSwap(waiting, abandoned) {
		a.err = err
		a.release()
	}
}

// holds reports whether nobody else can hold the Lease: others wait for leaseDuration after
// they have seen it renewed. Both the wall clock and the machine's own count, because one
// of them stops while a machine sleeps.
func (a *attempt) holds() bool {
	renewed := a.renewed.Load()
	return renewed != nil && max(time.Since(*renewed), time.Now().Round(0).Sub(renewed.Round(0))) < leaseDuration
}

// renewing notes when a request was sent that made the Lease ours.
func (a *attempt) renewing(request func() error) error {
	sent := time.Now()
	err := request()
	if err == nil {
		a.renewed.Store(&sent)
	}
	return err
}

// begin does the work. Its context also ends when the Lease is lost.
func (a *attempt) begin(leading context.Context) {
	if !a.state.CompareAndSwap(waiting, working) {
		return
	}
	defer close(a.done)
	defer a.release()
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	defer context.AfterFunc(leading, cancel)()
	a.err = a.work(upgrade.Fence(ctx, a.holds))
	a.lost = leading.Err() != nil
}

func (c *Cluster) elector(h Holding, a *attempt) (*leaderelection.LeaderElector, error) {
	lease := c.lock(h, a)
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name:            lease.LeaseMeta.Name,
		Lock:            lease,
		LeaseDuration:   leaseDuration,
		RenewDeadline:   leaseRenew,
		RetryPeriod:     leaseRetry,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: a.begin,
			OnStoppedLeading: func() {},
			OnNewLeader:      h.tell,
		},
	})
}

func (h Holding) tell(holder string) {
	holder = withoutProcess(holder)
	if h.Waiting != nil && holder != h.Identity && holder != "" {
		h.Waiting(holder)
	}
}

// lock is a Lease that notes when it was renewed and whether somebody else has taken it.
// It gives up if a permission is missing (the elector only logs the API server's answers
// and would wait forever), and is released only by its holder.
type lock struct {
	*resourcelock.LeaseLock
	*attempt
	holder string // as last read or written
}

func (c *Cluster) lock(h Holding, a *attempt) *lock {
	return &lock{attempt: a, LeaseLock: &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: v1alpha1.Namespace, Name: "ng-" + h.Group},
		Client:     c.set.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: withProcess(h.Identity)},
	}}
}

// within bounds the calls that release the Lease.
func (l *lock) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.held.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, releaseWithin)
}

func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	ctx, cancel := l.within(ctx)
	defer cancel()
	record, raw, err := l.LeaseLock.Get(ctx)
	if apierrors.IsForbidden(err) {
		l.stopWaiting(explain(err, "get leases/%s in namespace %s", l.LeaseMeta.Name, l.LeaseMeta.Namespace))
	}
	if err != nil {
		return record, raw, err
	}
	if isDead(record.HolderIdentity) {
		record.HolderIdentity = "" // as if it had released the Lease
	}
	l.holder = record.HolderIdentity
	if l.holder != l.Identity() {
		l.takenAway()
	}
	return record, raw, nil
}

func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	err := l.renewing(func() error { return l.LeaseLock.Create(ctx, record) })
	if err == nil {
		l.holder = record.HolderIdentity
	}
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) { // the namespace
		l.stopWaiting(explainLease(err, l.LeaseMeta.Name))
	}
	return err
}

// Update writes the Lease. A record without a holder releases it.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity == "" {
		return l.releaseLease(ctx, record)
	}
	err := l.renewing(func() error { return l.LeaseLock.Update(ctx, record) })
	if err == nil {
		l.holder = record.HolderIdentity
	}
	if apierrors.IsForbidden(err) {
		l.stopWaiting(explain(err, "update leases/%s in namespace %s", l.LeaseMeta.Name, l.LeaseMeta.Namespace))
	}
	return err
}

// releaseLease releases the Lease, unless somebody else holds it. The elector asks for it
// even then when it ends, because it reads the Lease again but remembers who held it. The
// fence is closed first, for calls that may still be in flight.
func (l *lock) releaseLease(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	if l.holder != l.Identity() {
		return fmt.Errorf("leases/%s is held by %s and not released", l.LeaseMeta.Name, withoutProcess(l.holder))
	}
	l.renewed.Store(nil)
	return l.LeaseLock.Update(ctx, record)
}

package kube

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func testHold(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	var working atomic.Int32
	work := func(hold <-chan struct{}) func(context.Context) error {
		return func(context.Context) error {
			if working.Add(1) > 1 {
				t.Error("two work at once")
			}
			<-hold
			working.Add(-1)
			return errors.New("the work's own words")
		}
	}
	begun, release, waits := make(chan struct{}), make(chan struct{}), make(chan string, 10)
	first := make(chan error)
	go func() {
		first <- c.Hold(ctx, Holding{Group: "shared", Identity: "first"}, func(ctx context.Context) error {
			close(begun)
			return work(release)(ctx)
		})
	}()
	<-begun
	second := make(chan error)
	go func() {
		done := make(chan struct{})
		close(done)
		holding := Holding{Group: "shared", Identity: "second", Waiting: func(holder string) { waits <- holder }}
		second <- c.Hold(ctx, holding, work(done))
	}()
	if holder := <-waits; holder != "first" {
		t.Errorf("waits for %q", holder)
	}
	impatient, give := context.WithCancel(ctx)
	give()
	if err := c.Hold(impatient, Holding{Group: "shared", Identity: "third"}, work(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("one that does not wait: %v", err)
	}
	if err := c.Hold(ctx, Holding{Group: "shared", Identity: "third", Wanted: impatient}, work(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("one that is not wanted any more: %v", err)
	}
	close(release)
	for _, end := range []chan error{first, second} {
		if err := <-end; err == nil || err.Error() != "the work's own words" {
			t.Errorf("got %v", err)
		}
	}
	lease := get(t, c.live, &coordinationv1.Lease{ObjectMeta: in(v1alpha1.Namespace, "ng-shared")})
	if holder := lease.Spec.HolderIdentity; holder != nil && *holder != "" {
		t.Errorf("still held by %s", *holder)
	}
}

// Who sees that somebody else has the Lease stops at once, and waits for it as long as that is wanted.
func testHoldTaken(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	waits := make(chan string, 10)
	waiting, giveUp := context.WithCancel(ctx)
	holding := Holding{Group: "taken", Identity: "first", Waiting: func(holder string) { waits <- holder }, Wanted: waiting}
	ended := make(chan error, 1)
	go func() {
		ended <- c.Hold(ctx, holding, func(ctx context.Context) error {
			lease := get(t, c.live, &coordinationv1.Lease{ObjectMeta: in(v1alpha1.Namespace, "ng-taken")})
			before := lease.DeepCopy()
			lease.Spec.HolderIdentity = ptr.To("thief")
			if err := c.live.Patch(ctx, lease, client.MergeFrom(before)); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return nil
		})
	}()
	select {
	case holder := <-waits:
		if holder != "thief" {
			t.Errorf("waits for %q", holder)
		}
	case err := <-ended:
		t.Fatalf("it ends with %v", err)
	}
	giveUp()
	<-ended
	lease := get(t, c.live, &coordinationv1.Lease{ObjectMeta: in(v1alpha1.Namespace, "ng-taken")})
	if *lease.Spec.HolderIdentity != "thief" {
		t.Errorf("it took the Lease back: %s has it", *lease.Spec.HolderIdentity)
	}
}

// Who wakes after a long sleep and gives up lets go of the Lease that it believes to
// have, which somebody else may have by then.
func testReleaseOfATakenLease(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	by := func(who string) *lock { return c.lock(Holding{Group: "slept", Identity: who}, &attempt{held: ctx}) }
	write := func(l *lock, holder string) error {
		if _, _, err := l.Get(ctx); err != nil {
			t.Fatal(err)
		}
		now := metav1.Now()
		return l.Update(ctx, resourcelock.LeaderElectionRecord{HolderIdentity: holder, LeaseDurationSeconds: 15, RenewTime: now, AcquireTime: now})
	}
	sleeper, successor := by("sleeper"), by("successor")
	now := metav1.Now()
	if err := sleeper.Create(ctx, resourcelock.LeaderElectionRecord{HolderIdentity: sleeper.Identity(), LeaseDurationSeconds: 15, RenewTime: now, AcquireTime: now}); err != nil {
		t.Fatal(err)
	}
	if err := write(successor, successor.Identity()); err != nil {
		t.Fatal(err)
	}
	if err := write(sleeper, ""); err == nil {
		t.Error("the sleeper has released the successor's Lease")
	}
	if holder, err := c.Holder(ctx, "slept"); holder != "successor" || err != nil {
		t.Errorf("%q has the Lease, %v", holder, err)
	}
	if !successor.holds() {
		t.Error("the successor's fence is closed while it has the Lease")
	}
	if err := write(successor, ""); err != nil {
		t.Errorf("the successor cannot release it: %v", err)
	}
	if successor.holds() {
		t.Error("the successor's fence is open, and it has released the Lease")
	}
}

// A process that died without releasing the Lease is succeeded at once by one on the same machine:
// nobody waits for it.
func testHoldOfADeadProcess(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	child := exec.Command("true")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	dead := c.lock(Holding{Group: "orphaned", Identity: "dead"}, &attempt{})
	now := metav1.Now()
	record := resourcelock.LeaderElectionRecord{LeaseDurationSeconds: 3600, RenewTime: now, AcquireTime: now}
	record.HolderIdentity = fmt.Sprintf("dead, process 1%s%s-%d-1", processMark, thisMachine(), child.Process.Pid)
	if err := dead.Create(ctx, record); err != nil {
		t.Fatal(err)
	}
	if holder, err := c.Holder(ctx, "orphaned"); holder != "" || err != nil {
		t.Errorf("%q holds the Lease, %v; want nobody", holder, err)
	}
	worked := false
	waiting := func(holder string) { t.Errorf("it waits for %s", holder) }
	err := c.Hold(ctx, Holding{Group: "orphaned", Identity: "successor", Waiting: waiting}, func(context.Context) error {
		worked = true
		return nil
	})
	if err != nil || !worked {
		t.Errorf("the successor worked: %t, %v", worked, err)
	}
}

func testHoldForbidden(t *testing.T, config *rest.Config) {
	c := connect(t, as(config, "nobody"))
	err := c.Hold(within(t), Holding{Group: "shared", Identity: "nobody"}, func(context.Context) error {
		t.Error("it worked without the Lease")
		return nil
	})
	if !errors.Is(err, upgrade.ErrForbidden) || !strings.HasPrefix(err.Error(), "may not get leases/ng-shared") {
		t.Errorf("got %v", err)
	}
}

package carry

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

const (
	// lastReadWithin is how long a command that ends reads how things are.
	lastReadWithin = 3 * time.Second
	// inMemoryWithin is how long it takes to read what a watch has seen. It takes longer only if there
	// is no watch yet.
	inMemoryWithin = 100 * time.Millisecond
)

// Left says what state the update is in when the command ends before the update does: as it is now,
// or as it was last seen if the API server does not answer in time.
func (c *Carrier) Left(life context.Context, halted bool) error {
	ctx, cancel := context.WithTimeout(life, lastReadWithin)
	defer cancel()
	update, group, err := c.Read(ctx)
	if err != nil {
		update, group = c.lastSeen()
	}
	if who, err := c.Cluster.Announced(ctx); err == nil && who != "" { // it came meanwhile
		c.Update = update
		return detached(update)
	}
	return c.stopped(update, group, halted)
}

// LeftAtOnce says what Left says when nothing may take time any more, not even a call.
func (c *Carrier) LeftAtOnce() error {
	if c.Update == nil {
		return exit.LeftAtOnce()
	}
	update, group := c.lastSeen()
	if c.watches {
		return detached(update)
	}
	return c.stopped(update, group, false)
}

// lastSeen is the update and its node group as a watch has seen them last. Without a watch, the update is
// as the command itself has read it last, and the group is nil.
func (c *Carrier) lastSeen() (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), inMemoryWithin)
	defer cancel()
	update, group := &v1alpha1.NodeGroupUpdate{}, &v1alpha1.NodeGroup{}
	watched := c.Cluster.Cache()
	if watched.Get(ctx, client.ObjectKey{Name: c.Update.Name}, update) != nil {
		return c.Update, nil
	}
	if watched.Get(ctx, client.ObjectKey{Name: c.Name}, group) != nil {
		return update, nil
	}
	return update, group
}

// stopped is how an update was left on which this command worked, or wanted to.
func (c *Carrier) stopped(update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, halted bool) error {
	how := "stopped " + view.Standing(*update) + "; nobody is working on it"
	switch holder := c.elsewhere.Load(); {
	case holder != nil:
		how = "is " + view.Standing(*update) + "; " + *holder + " is working on it"
	case !c.tried.Load():
		how = "was not worked on and is unchanged, " + view.Standing(*update) + "; nobody is working on it"
	case !halted:
		how = leftHow(*update, group) + "; nobody is working on it"
	}
	return stoppedError{how: "update " + update.Name + " " + how}
}

// detached is how a command leaves an update on which the controller in the cluster works.
func detached(update *v1alpha1.NodeGroupUpdate) error {
	return stoppedError{how: fmt.Sprintf("update %s is %s and continues in the cluster", update.Name, view.Standing(*update)), inCluster: true}
}

// leftHow says how an update stopped that could not be paused in time. The ledger
// names what is going to be borrowed before it is. The group is nil if it could not be
// read.
func leftHow(u v1alpha1.NodeGroupUpdate, g *v1alpha1.NodeGroup) string {
	left := "stopped " + view.Standing(u) + "; could not clean up in time"
	switch {
	case g == nil || g.Status.Ledger != nil && g.Status.Ledger.Autoscaler:
		return left + ": Cluster Autoscaler may still be suspended"
	case g.Status.Ledger == nil:
		return "stopped before anything was done to the group or its nodes"
	}
	return left
}

// stoppedError says how an update stands that was left before its end: because the
// command had to end, or because the controller that worked on it is silent.
type stoppedError struct {
	how       string
	inCluster bool // the controller in the cluster works on it
}

func (e stoppedError) Error() string { return e.how }

// IsStopped reports whether an error says that an update was left before its end.
func IsStopped(err error) bool { return errors.As(err, new(stoppedError)) }

// ContinuesInCluster reports whether an error says that this command has left an update
// on which the controller in the cluster works.
func ContinuesInCluster(err error) bool {
	var stopped stoppedError
	return errors.As(err, &stopped) && stopped.inCluster
}

// FollowLine is the command that waits for an update.
func FollowLine(update string) string { return "nodelift status update " + update + " --wait" }

// Report says what came of an update.
func (c *Carrier) Report(ctx context.Context, name string) error {
	c.Update = &v1alpha1.NodeGroupUpdate{ObjectMeta: metav1.ObjectMeta{Name: name}}
	update, group, err := c.Read(ctx)
	if errors.Is(err, upgrade.ErrNotFound) {
		c.Say("Update %s was deleted, which cancels it; it has ended and is gone.", name)
		return nil
	}
	if err != nil {
		return err
	}
	if !update.Ended() {
		c.Say("Update %s is %s %s.", update.Name, State(update), view.Standing(*update))
		return nil
	}
	c.Print.Summary(view.Summarise(*update, *group, c.Calls(), time.Now()))
	if len(update.Status.Owing) > 0 && update.Status.Status != v1alpha1.UpdateFailed {
		return fmt.Errorf("update %s has ended, but not everything could be restored (see above); the next update of the node group retries", update.Name)
	}
	if update.Status.Status == v1alpha1.UpdateFailed {
		return fmt.Errorf("update %s: %s; 'nodelift retry update %s' continues from here", update.Name, update.Status.Status, update.Name)
	}
	return nil
}

// Calls are the calls of this command, nil if somebody else did the work.
func (c *Carrier) Calls() *view.Calls {
	if c.watches {
		return nil
	}
	return c.Command.Calls()
}

// Calls are the calls of this command, nil if it never connected to the cloud: then
// somebody else did the work.
func (c *Command) Calls() *view.Calls {
	if c.Cloud == nil {
		return nil
	}
	var calls view.Calls
	calls.AWS, calls.AWSMutating = c.Cloud.Calls.Total()
	calls.Kubernetes, calls.KubernetesMutating = c.Cluster.Calls().Total()
	return &calls
}

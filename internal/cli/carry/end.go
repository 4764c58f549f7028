package carry

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/view"
)

// Left says what state the update is in when the command ends before the update does.
func (c *Carrier) Left(life context.Context, halted bool) error {
	ctx, cancel := context.WithTimeout(life, patience)
	defer cancel()
	update, group, err := c.Read(ctx)
	if err != nil {
		update, group = c.Update, nil
	}
	if who, err := c.Cluster.Announced(ctx); err == nil && who != "" { // it came meanwhile
		c.Update = update
		return stoppedError{how: "update " + update.Name + " is " + view.Standing(*update) + " and continues in the cluster", inCluster: true}
	}
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

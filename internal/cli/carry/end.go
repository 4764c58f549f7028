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

// leftHow says how an update stopped that could not be paused in time. The
// ledger names what is about to be borrowed before it is; nil is not known.
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

// stoppedError is an update that was left because the command had to end, or nobody
// works on it any more, and how it stands.
type stoppedError struct {
	how       string
	inCluster bool // the controller in the cluster works on it
}

func (e stoppedError) Error() string { return e.how }

func IsStopped(err error) bool { return errors.As(err, new(stoppedError)) }

func ContinuesInCluster(err error) bool {
	var stopped stoppedError
	return errors.As(err, &stopped) && stopped.inCluster
}

// FollowLine is the line that waits for an update.
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

// Calls are those of this command, nil if somebody else has done the work.
func (c *Carrier) Calls() *view.Calls {
	if c.watches {
		return nil
	}
	return c.Command.Calls()
}

func (c *Command) Calls() *view.Calls {
	if c.Cloud == nil { // as above
		return nil
	}
	var calls view.Calls
	calls.AWS, calls.AWSMutating = c.Cloud.Calls.Total()
	calls.Kubernetes, calls.KubernetesMutating = c.Cluster.Calls().Total()
	return &calls
}

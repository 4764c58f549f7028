package carry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync"
	"sync/atomic"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// Command is what each command that works on updates has: the connection, the
// streams, the printer, and who it is.
type Command struct {
	*connect.Connection
	terminal.Streams
	Print  show.Printer
	Engine string // who it is, as holder of Leases and in Events

	ending sync.Once // it was said that the command ends
}

// Carrier works on one update, or watches whoever does, and shows what happens to it.
type Carrier struct {
	*Command
	Name   string                    // of the NodeGroup
	Label  string                    // what people call it where there are several, else ""
	Update *v1alpha1.NodeGroupUpdate // nil until it is written
	// Asks is set for a command that wants something of whoever works on the update: to
	// pause it, to cancel it. Any other command waits for its turn.
	Asks bool
	// IsLast reports, when this process is asked to end, whether nobody else continues: then it leaves
	// things so that nobody has to. It may wait for the answer. Nil is for a command: always.
	IsLast func() bool
	// UntilPaused ends the work when the update is paused. Otherwise it waits until
	// somebody resumes the update.
	UntilPaused bool
	// watches is set while the controller in the cluster works, and this command does not.
	watches bool
	// Reach connects to the cloud in a region. It is for the controller, which works on
	// node groups of several regions; a command has its cloud in the connection.
	Reach func(ctx context.Context, region string) (*aws.Cloud, error)
	// Checked is the update that this command wrote, right after it had made the checks.
	// Any other may be written by anybody, so the checks are made before it begins.
	Checked string

	troubles troubles
	waits    show.Waits
	line     view.Steady
	// elsewhere is who holds the Lease while this command waits for it, nil for nobody.
	elsewhere atomic.Pointer[string]
	// tried is set when the first pass begins.
	tried atomic.Bool
}

// Status shows how the group stands now; "" takes it away.
func (c *Carrier) Status(line string) { c.Print.Status(c.Label, line) }

// Say tells a person something about the group.
func (c *Carrier) Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.Label != "" {
		text = c.Label + ": " + text
	}
	c.Print.Say("%s", text)
}

// Hold takes the node group's Lease and does the work while it holds it. When wanted
// ends, a wait for the Lease ends at once. Work that has begun is not cut off: it looks
// at wanted itself.
func (c *Carrier) Hold(wanted, life context.Context, work func(context.Context) error) error {
	return c.Cluster.Hold(life, kube.Holding{
		Group:    c.Name,
		Identity: c.Engine,
		Wanted:   wanted,
		Waiting: func(holder string) {
			c.elsewhere.Store(&holder)
			if c.Asks {
				c.Say("%s is working on node group %s and will do it; this command takes over if it is silent for 15s.", holder, c.Name)
				return
			}
			c.Say("%s is working on node group %s: waiting until it ends, or has been silent for 15s.", holder, c.Name)
		},
	}, func(ctx context.Context) error {
		c.elsewhere.Store(nil)
		return work(ctx)
	})
}

// Identity is who holds a Lease, for people: ann@laptop, process 4711.
func Identity() string {
	name, host := "somebody", "somewhere"
	if me, err := user.Current(); err == nil {
		name = me.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("%s@%s, process %d", name, host, os.Getpid())
}

// Read returns the update and its node group as they are now.
func (c *Carrier) Read(ctx context.Context) (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup, error) {
	update, err := c.Cluster.Update(ctx, c.Update.Name)
	if err != nil {
		return nil, nil, err
	}
	group, err := c.Cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if errors.Is(err, upgrade.ErrNotFound) {
		return update, &v1alpha1.NodeGroup{}, nil
	}
	return update, group, err
}

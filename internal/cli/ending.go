package cli

import (
	"context"
	"log/slog"
	"time"

	"github.com/nodelift/nodelift/internal/kube"
)

// controllerLeaveWithin is how long a controller may take to end, which is less than the 30 s after which
// Kubernetes kills it.
const controllerLeaveWithin = 25 * time.Second

// ending is how a controller ends. If another replica lives, that one continues, and everything stays as
// it is. Otherwise nobody works any more, so Cluster Autoscaler has to run again.
type ending struct {
	log *slog.Logger
	// life is the context of calls, and turn that of waiting for the Lease of a node group. The last
	// replica still waits for it: the one that held it may have died.
	life, turn       context.Context
	endLife, endTurn context.CancelFunc
	decided          chan struct{} // closed when isLast is known
	last             bool
}

func newEnding(ctx context.Context, log *slog.Logger) *ending {
	e := &ending{log: log, decided: make(chan struct{})}
	e.life, e.endLife = context.WithCancel(context.WithoutCancel(ctx))
	e.turn, e.endTurn = context.WithCancel(e.life)
	return e
}

// begin decides whether this replica is the last one. Its announcement has ended.
func (e *ending) begin(a kube.Announcement) {
	time.AfterFunc(controllerLeaveWithin, e.endLife)
	e.last = !a.OthersLive(e.life)
	close(e.decided)
	if e.last {
		e.log.Info("no other replica works: resuming Cluster Autoscaler if an update has suspended it", "within", controllerLeaveWithin)
		return
	}
	e.log.Info("another replica continues")
	e.endTurn()
}

// isLast reports whether this replica is the last one, as soon as that is decided.
func (e *ending) isLast() bool {
	<-e.decided
	return e.last
}

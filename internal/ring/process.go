package ring

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/kube"
)

// errDead is what the goroutines of a process that has died get, so that they end. Nobody sees it.
var errDead = errors.New("the process is dead")

// process is a process of Nodelift: a controller or a command.
type process struct {
	world  *World
	name   string // controller-a/2: the second process in the place of controller-a
	host   string
	number int
	alive  context.Context // until it dies
	dead   <-chan struct{}
	die    context.CancelFunc
	ctx    context.Context // until it dies or is told to end
	end    context.CancelFunc

	mu        sync.Mutex
	suspended time.Time // until when
}

func (w *World) newProcess(place string, nth int, host string) *process {
	p := &process{world: w, name: fmt.Sprintf("%s/%d", place, nth), host: host}
	p.alive, p.die = context.WithCancel(context.Background())
	p.dead = p.alive.Done()
	p.ctx, p.end = context.WithCancel(p.alive)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes = append(w.processes, p)
	p.number = len(w.processes)
	return p
}

// processNumbered returns the process with a number.
func (w *World) processNumbered(number int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.processes[number-1]
}

func (p *process) isDead() bool { return p.alive.Err() != nil }

// working reports whether the process has not been told to end.
func (p *process) working() bool { return p.ctx.Err() == nil }

// kill ends the process without a word (kill -9).
func (p *process) kill(when string) {
	if !p.isDead() {
		p.world.story.tell(p.name, "dies %s", when)
		p.die()
	}
}

// suspend stops the process for a time (SIGSTOP, a laptop asleep). Its clocks go on, as time does;
// it sends nothing and receives nothing.
func (p *process) suspend(d time.Duration, when string) {
	p.world.story.tell(p.name, "is suspended for %s before %s", d.Round(time.Second), when)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.suspended = time.Now().Add(d)
}

// awake waits until the process is not suspended, or is dead. It reports whether it has waited.
func (p *process) awake() (waited bool) {
	for {
		p.mu.Lock()
		left := time.Until(p.suspended)
		p.mu.Unlock()
		if left <= 0 || p.isDead() {
			return waited
		}
		waited = true
		select {
		case <-time.After(left):
		case <-p.dead:
		}
	}
}

// connect connects the process to the cluster and to the cloud.
func (p *process) connect() (*connect.Connection, error) {
	config := &rest.Config{
		Host: "http://kube.ring", Transport: &wire{p, "kube", p.world.kube},
		ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeJSON},
	}
	cluster, err := kube.Connect(config)
	if err != nil {
		return nil, err
	}
	cloud, err := aws.New(p.ctx, aws.Options{Region: region, Transport: &wire{p, "aws", p.world.cloud.Handler()}})
	if err != nil {
		return nil, err
	}
	return &connect.Connection{Cluster: cluster, Config: config, Cloud: cloud}, nil
}

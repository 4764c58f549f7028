package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

var (
	kills = flag.Int("kills", 6, "how often the command is killed in one upgrade")
	seed  = flag.Uint64("seed", 0, "seed of the moments to kill and of what goes wrong (default: a new one)")
)

// TestKilledAgainAndAgain kills the command with -9 at random moments of one
// upgrade, alone and while AWS misbehaves. Whoever starts next goes on with the
// same update, and no promise is broken on the way.
func TestKilledAgainAndAgain(t *testing.T) {
	for name, faults := range map[string][]fakeaws.Fault{
		"alone":             nil,
		"while AWS is poor": poor(),
	} {
		t.Run(name, func(t *testing.T) {
			nodes := 3 + *kills/2 // so many that the upgrade does not end before
			w := newWorld(t, "--workload", "sample", "--nodes", strconv.Itoa(nodes))
			dice := chance(t)
			g := w.guarded()
			for _, fault := range faults {
				w.fault(fault)
			}
			m := massacre{w: w, dice: dice}
			for m.killed < *kills && !m.ended {
				m.life(true)
			}
			for !m.ended {
				m.life(false)
			}
			t.Logf("%d nodes: killed %d times, %d starts gave up by themselves", nodes, m.killed, m.gaveUp)
			if m.killed < *kills {
				t.Errorf("the upgrade ended after %d kills", m.killed)
			}
			w.clearFaults()
			w.theUpdate()
			w.nodesRun(nodes, "v1.37.")
			w.isCleanWith(int32(nodes))
			g.verdict()
		})
	}
}

// poor is an AWS that does all that it may do to calls.
func poor() []fakeaws.Fault {
	return []fakeaws.Fault{
		{Name: fakeaws.FaultThrottle, Action: "autoscaling:*", Chance: 0.1},
		{Name: fakeaws.FaultUnavailable, Chance: 0.05},
		{Name: fakeaws.FaultContention, Chance: 0.2},
		{Name: fakeaws.FaultLatency, Chance: 0.2, Delay: fakeaws.Duration(300 * time.Millisecond)},
		{Name: fakeaws.FaultLostReply, Chance: 0.1},
		{Name: fakeaws.FaultStale, Action: "autoscaling:Describe*", Delay: fakeaws.Duration(3 * time.Second)},
	}
}

// chance is seeded; the seed is printed.
func chance(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("replay the moments with -seed %d", s)
	return rand.New(rand.NewPCG(s, 0))
}

// massacre starts an upgrade as often as it is killed.
type massacre struct {
	w              *world
	dice           *rand.Rand
	killed, gaveUp int
	ended          bool
}

// mostFailures is how often in a row AWS may keep a start from getting anywhere.
const mostFailures = 100

// life starts the command and, if it is to, kills it at some moment after it has
// begun to work. The next one finds the world as it was left, and the Lease of a dead
// process of its own machine, for which it does not wait.
func (m *massacre) life(kill bool) {
	t := m.w.t
	t.Helper()
	command := m.w.start(upgrade()...)
	if kill {
		for tick := time.Tick(20 * time.Millisecond); !command.over() && !command.holds(); <-tick {
		}
		command.after(time.Duration(m.dice.IntN(1500)) * time.Millisecond)
		if !command.over() {
			m.w.check(command.cmd.Process.Signal(syscall.SIGKILL))
		}
	}
	switch r := command.end(); r.code {
	case -1:
		m.killed++
	case 0:
		m.ended = true
	default:
		if m.gaveUp++; m.gaveUp > mostFailures {
			t.Fatalf("it gave up %d times, at last with code %d\n%s", m.gaveUp, r.code, r.out)
		}
		t.Logf("a start gave up with code %d: %s", r.code, lastLine(r.out))
	}
}

// lease returns the node group's Lease, nil if there is none.
func (w *world) lease() *coordinationv1.Lease {
	var leases coordinationv1.LeaseList
	if w.kube.List(w.t.Context(), &leases, client.InNamespace(v1alpha1.Namespace)) != nil {
		return nil
	}
	for _, lease := range leases.Items {
		if strings.HasPrefix(lease.Name, "ng-") {
			return &lease
		}
	}
	return nil
}

func (w *world) holder() string {
	if lease := w.lease(); lease != nil {
		name, _, _ := strings.Cut(aws.ToString(lease.Spec.HolderIdentity), " #") // behind it stands which process it is
		return name
	}
	return ""
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestTwoEngines stops the command at a random moment for longer than its Lease
// lasts. Another one takes the update over; woken in the middle of that, the old
// one may finish its call, and stands down.
func TestTwoEngines(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	dice := chance(t)
	g := w.guarded()
	old := w.start(upgrade()...)
	w.eventually("the first works", func() bool { return old.holds() })
	old.after(time.Duration(5000+dice.IntN(5000)) * time.Millisecond)
	w.check(old.cmd.Process.Signal(syscall.SIGSTOP))
	heir := w.start(upgrade()...)
	w.eventually("the second works", func() bool { return heir.holds() })
	heir.after(time.Duration(dice.IntN(4000)) * time.Millisecond)
	w.check(old.cmd.Process.Signal(syscall.SIGCONT))
	heir.end().has(t, 0, "is working on node group", "Successful after")
	old.end().has(t, 0, "is working on node group")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.isClean()
	g.verdict()
	if t.Failed() {
		t.Logf("the old one:\n%s\nits heir:\n%s\nwhat AWS was asked to change:\n%s", old.out.String(), heir.out.String(), w.changes())
	}
}

// changes lists what AWS was asked to change, a line each.
func (w *world) changes() string {
	var text strings.Builder
	for _, call := range w.journal() {
		if !strings.HasPrefix(call.Action, "Describe") && call.Service == "autoscaling" {
			fmt.Fprintf(&text, "%s %s %v %s\n", call.Time.Format("15:04:05.000"), call.Action, call.Params, call.Error)
		}
	}
	return text.String()
}

// running is a command under way.
type running struct {
	w     *world
	cmd   *exec.Cmd
	out   transcript
	ended chan struct{}
}

// transcript is what was printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(text)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// start starts a command.
func (w *world) start(args ...string) *running {
	w.t.Helper()
	r := &running{w: w, cmd: exec.CommandContext(w.ctx(), binary(w.t), args...), ended: make(chan struct{})}
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = w.env, &r.out, &r.out
	w.check(r.cmd.Start())
	go func() {
		defer close(r.ended)
		_ = r.cmd.Wait()
	}()
	return r
}

// holds reports whether it has the node group's Lease.
func (r *running) holds() bool {
	return strings.HasSuffix(r.w.holder(), fmt.Sprintf("process %d", r.cmd.Process.Pid))
}

// over reports whether it has ended.
func (r *running) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// after returns after a time, or when the command has ended.
func (r *running) after(d time.Duration) {
	select {
	case <-r.ended:
	case <-time.After(d):
	}
}

// end waits until it has ended.
func (r *running) end() result {
	<-r.ended
	return result{code: r.cmd.ProcessState.ExitCode(), out: r.out.String()}
}

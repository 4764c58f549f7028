package ring

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
)

// names are what processes are called in Leases. There, a process writes which process of the
// operating system it is, so that another one on the same machine can tell that it has ended
// (internal/kube/process.go). All processes of a world are the same one of the operating system, so
// the wire translates: on the server they are called ring-1, ring-2 and so on. To a reader, one on
// its machine that has died is a process that has ended, and one on another machine is just that.
type names struct {
	mu   sync.Mutex
	real string // " #MACHINE-PID-START" of the test's own process, as soon as it is known

	os, ring, start *regexp.Regexp
}

func newNames() *names {
	return &names{
		os:    regexp.MustCompile(` #[0-9a-z]+-[0-9]+-[0-9]+`),
		ring:  regexp.MustCompile(` #ring-([0-9]+)`),
		start: regexp.MustCompile(`[0-9]+$`),
	}
}

// sent translates what a process sends.
func (n *names) sent(p *process, body []byte) []byte {
	return n.os.ReplaceAllFunc(body, func(name []byte) []byte {
		n.mu.Lock()
		n.real = string(name)
		n.mu.Unlock()
		return fmt.Appendf(nil, " #ring-%d", p.number)
	})
}

// received translates what a process receives.
func (n *names) received(p *process, body []byte) []byte {
	return n.ring.ReplaceAllFunc(body, func(name []byte) []byte {
		number, _ := strconv.Atoi(string(n.ring.FindSubmatch(name)[1]))
		n.mu.Lock()
		real := n.real
		n.mu.Unlock()
		switch other := p.world.processNumbered(number); {
		case other == p:
			return []byte(real)
		case other.host != p.host:
			return fmt.Appendf(nil, " #elsewhere-%d-1", number)
		case other.isDead():
			return n.start.ReplaceAll([]byte(real), []byte("1"))
		default:
			return []byte(real)
		}
	})
}

package connect

import (
	"errors"
	"sync"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// MFA asks a person for the code of an MFA device, once in the life of a process: at its first call to
// AWS, before anything is changed. Later a person may be gone, and the status would be drawn over the
// question.
type MFA struct {
	Streams terminal.Streams

	mu    sync.Mutex
	asked bool
}

func (m *MFA) canAsk() bool { return m != nil && m.Streams.CanAsk() }

// ask returns a code of a device.
func (m *MFA) ask(device string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked {
		return "", aws.Advise(errors.New("the session of the MFA device "+device+" has ended"),
			"end this command with Ctrl-C and run it again: it asks for a new code and continues. duration_seconds in the profile makes sessions longer")
	}
	m.asked = true
	return terminal.Ask(m.Streams, "Code of the MFA device "+device+": ")
}

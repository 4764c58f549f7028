package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Story is what happened, one line each: the time since the beginning, then an event
// of the engine, or after a dash what happened in the world.
type Story struct {
	began  time.Time
	lines  []string
	events []upgrade.Event
}

// String returns the whole story.
func (s *Story) String() string { return strings.Join(s.lines, "\n") + "\n" }

// Last returns the last n lines.
func (s *Story) Last(n int) string {
	return strings.Join(s.lines[max(0, len(s.lines)-n):], "\n")
}

func (s *Story) tell(now time.Time, format string, args ...any) {
	s.add(now, "- "+fmt.Sprintf(format, args...))
}

func (s *Story) event(e upgrade.Event) {
	s.events = append(s.events, e)
	mark := ""
	if e.Warning {
		mark = "! "
	}
	s.add(e.Time, fmt.Sprintf("%s%s: %s", mark, e.Reason, e.Message))
}

func (s *Story) add(now time.Time, line string) {
	t := now.Sub(s.began).Truncate(time.Second)
	stamp := fmt.Sprintf("%02d:%02d:%02d", int(t.Hours()), int(t.Minutes())%60, int(t.Seconds())%60)
	s.lines = append(s.lines, stamp+"  "+line)
}

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// On a terminal a person is asked, sees a status line, and ends it with Ctrl-C.
func TestTerminal(t *testing.T) {
	w := newWorld(t)
	line := slices.DeleteFunc(upgrade(), func(arg string) bool { return arg == "--yes" })
	t.Run("no", func(t *testing.T) {
		w := w.with(t)
		w.onTerminal([]answer{{shown: "Go ahead? [y/N]", typed: "\n"}}, line...).has(t, 1, "3 of 3 are outdated", "aborted; nothing was changed")
		w.changedNothing()
	})
	t.Run("Ctrl-C instead", func(t *testing.T) {
		w := w.with(t)
		w.onTerminal([]answer{{shown: "Go ahead? [y/N]", typed: ctrlC}}, line...).has(t, 130, "interrupted before anything was changed")
		w.changedNothing()
	})
	t.Run("yes, and Ctrl-C in the middle", func(t *testing.T) {
		w := w.with(t)
		w.onTerminal([]answer{{shown: "Go ahead? [y/N]", typed: "y\n"}, {shown: "Scale up, 0 of 3 nodes", typed: ctrlC}}, line...).has(t, 130, "stopped at 0 of 3 nodes")
	})
}

// While a person thinks about the plan, somebody else begins another upgrade of the
// group: the yes begins nothing beside it.
func TestYesThatCameTooLate(t *testing.T) {
	w := newWorld(t)
	line := slices.DeleteFunc(upgrade(), func(arg string) bool { return arg == "--yes" })
	begin := func() {
		w.interrupted("NodeTainted", os.Interrupt, upgrade("--kubernetes-version", "1.35")...).has(t, 130)
	}
	r := w.onTerminal([]answer{{shown: "Go ahead? [y/N]", typed: "y\n", meanwhile: begin}}, line...)
	r.has(t, 1, w.theUpdate().Name, "under way to another target", "nothing was changed")
}

// Of two groups at the same time each has a status line, and the times in them go
// on from second to second, whether or not there is anything new.
func TestTerminalOfGroups(t *testing.T) {
	w := newWorld(t, "--groups", "2", "--boot", "20s")
	r := w.onTerminal([]answer{{shown: "Go ahead? [y/N]", typed: "y\n"}, {shown: ", joined) ", typed: ctrlC}},
		slices.DeleteFunc(upgradeAll("--parallel-groups", "2", "--verbose"), func(arg string) bool { return arg == "--yes" })...)
	r.has(t, 130, "0 of 2 groups are done", "; update ", "to continue, run:")
	if two := `\rnodegroup: Scale up, 0 of 3 nodes[^\r\n]*\x1b\[K\r\nnodegroup-2: Scale up, 0 of 3 nodes`; !regexp.MustCompile(two).MatchString(r.out) {
		t.Errorf("nothing shows a line for each group:\n%q", r.out)
	}
	seen := map[string]bool{}
	for _, time := range regexp.MustCompile(`nodegroup: Scale up[^\r\n]*\((\d+s) of 15m\)`).FindAllStringSubmatch(r.out, -1) {
		seen[time[1]] = true
	}
	if len(seen) < 8 { // without news there is a pass every 5 s
		t.Errorf("in 20 s the time was shown as %v only", slices.Sorted(maps.Keys(seen)))
	}
}

const ctrlC = "\x03"

// answer is what to type when something is shown, and what happens before.
type answer struct {
	shown, typed string
	meanwhile    func()
}

// onTerminal runs a command on a terminal of its own and types answers, one
// after the other.
func (w *world) onTerminal(answers []answer, args ...string) result {
	w.t.Helper()
	person, terminal := w.openTerminal()
	defer person.Close()
	cmd := exec.CommandContext(w.ctx(), binary(w.t), args...)
	cmd.Env = w.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	w.check(cmd.Start())
	w.check(terminal.Close())

	var shown bytes.Buffer
	seen := 0 // up to where answers were given
	for chunk := make([]byte, 4096); ; {
		n, err := person.Read(chunk)
		shown.Write(chunk[:n])
		if i := strings.Index(shown.String()[seen:], next(answers)); len(answers) > 0 && i >= 0 {
			seen = shown.Len()
			if answers[0].meanwhile != nil {
				answers[0].meanwhile()
			}
			_, err := person.WriteString(answers[0].typed)
			w.check(err)
			answers = answers[1:]
		}
		if err != nil {
			break // the terminal is closed when the command ends
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return result{code: cmd.ProcessState.ExitCode(), out: shown.String()}
}

func next(answers []answer) string {
	if len(answers) == 0 {
		return ""
	}
	return answers[0].shown
}

// openTerminal returns both ends of a new terminal, 200 columns wide.
func (w *world) openTerminal() (person, terminal *os.File) {
	w.t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	w.check(err)
	fd := int(person.Fd())
	w.check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	w.check(unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	w.check(err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	w.check(err)
	return person, terminal
}

package kube

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestWhichHoldersAreDead asks about real processes. It needs /proc, as Linux has it.
func TestWhichHoldersAreDead(t *testing.T) {
	child := exec.Command("cat") // it ends with its input
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	me := withProcess("ann@laptop, process 1")
	if !strings.Contains(me, processMark) {
		t.Fatalf("the operating system does not tell which process %q is", me)
	}
	of := func(machine, pid, start string) string {
		return "ann@laptop, process 1" + processMark + machine + "-" + pid + "-" + start
	}
	machine, pid, start := thisMachine(), strconv.Itoa(child.Process.Pid), startOf(child.Process.Pid)
	for name, c := range map[string]struct {
		holder string
		want   bool
	}{
		"This process is alive.":                                         {me, false},
		"A child that runs is alive.":                                    {of(machine, pid, start), false},
		"A process number that is used again is another process.":        {of(machine, strconv.Itoa(os.Getpid()), "1"), true},
		"Nothing is known about another machine.":                        {of("another", pid, "1"), false},
		"Nothing is known about a holder that names no process.":         {"ann@laptop, process 1", false},
		"Nothing is known about a holder whose process is not a number.": {of(machine, "x", start), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isDead(c.holder); got != c.want {
				t.Errorf("%s is dead: %t", c.holder, got)
			}
		})
	}
	if got := withoutProcess(me); got != "ann@laptop, process 1" {
		t.Errorf("people read %q", got)
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if holder := of(machine, pid, start); !isDead(holder) {
		t.Errorf("%s has ended and does not count as dead", holder)
	}
}

package kube

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// The holder of a Lease is named for people ("ann@laptop, process 4711"). Behind that stands which
// process it is, so that another process on the same machine can tell that the holder is dead, and
// need not wait until the Lease has expired:
//
//	ann@laptop, process 4711 #MACHINE-PID-START
//
// MACHINE stands for this boot of the machine and the namespace in which PID is a process, and START
// is when that process started, because numbers of processes are used again.

const processMark = " #"

// withProcess returns the name of a holder with the process that it is, and just the name where the
// operating system does not tell.
func withProcess(holder string) string {
	machine, start := thisMachine(), startOf(os.Getpid())
	if machine == "" || start == "" {
		return holder
	}
	return fmt.Sprintf("%s%s%s-%d-%s", holder, processMark, machine, os.Getpid(), start)
}

// withoutProcess returns the name of a holder for people.
func withoutProcess(holder string) string {
	name, _, _ := strings.Cut(holder, processMark)
	return name
}

// isDead reports whether a holder was a process of this machine that has ended. It is false where that
// cannot be told: for another machine, another container, or a holder that does not name its process.
func isDead(holder string) bool {
	_, process, _ := strings.Cut(holder, processMark)
	parts := strings.Split(process, "-")
	machine := thisMachine()
	if len(parts) != 3 || machine == "" || parts[0] != machine {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	if err != nil || pid <= 0 {
		return false
	}
	running, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	if errors.Is(running.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		return true
	}
	start := startOf(pid)
	return start != "" && start != parts[2]
}

// thisMachine identifies this boot of the machine and the namespace of its process numbers, "" where
// the operating system does not tell.
func thisMachine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	sum := fnv.New64a()
	sum.Write(boot)
	sum.Write([]byte(namespace))
	return strconv.FormatUint(sum.Sum64(), 36)
}

// startOf is when a process started, in ticks since the machine was booted (proc(5), stat, field 22),
// "" where that cannot be read. A process that has ended and was not waited for yet has no start.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may hold anything
	fields := strings.Fields(rest)
	const state, start = 0, 19 // fields 3 and 22 of all
	switch {
	case len(fields) <= start:
		return ""
	case fields[state] == "Z" || fields[state] == "X":
		return "ended"
	}
	return fields[start]
}

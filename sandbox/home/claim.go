package home

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// RunningError says that a sandbox is already running in the directory.
type RunningError struct {
	Dir Dir
	PID int
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("a sandbox is already running in %s (process %d); use it (nodelift-sandbox env --dir %s), stop it (nodelift-sandbox down --dir %s) or choose another --dir",
		e.Dir, e.PID, e.Dir, e.Dir)
}

// UnusableError says why a directory cannot be used for a sandbox.
type UnusableError struct {
	Dir Dir
	Why string
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("directory %s cannot be used for a sandbox: %s; choose another --dir", e.Dir, e.Why)
}

// Claim takes the directory for this process: it creates it if it is missing,
// locks it and removes everything but the lock. The lock lasts as long as the
// returned file is open, here or in a child that inherited it.
//
// If the directory is in use, the error is a *RunningError; if it is not a
// sandbox's or not writable, an *UnusableError. In both cases nothing was
// changed. If an earlier sandbox was just killed, Claim waits up to patience for
// its last children to end.
func (d Dir) Claim(patience time.Duration) (*os.File, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, &UnusableError{d, reason(err)}
	}
	lock, err := d.open()
	if err != nil {
		return nil, &UnusableError{d, reason(err)}
	}
	if err := d.acquire(lock, patience); err != nil {
		lock.Close()
		return nil, err
	}
	if err := d.begin(lock); err != nil {
		lock.Close()
		return nil, err
	}
	return lock, nil
}

// usable refuses a directory with files that no sandbox created.
func (d Dir) usable() error {
	found, err := os.ReadDir(string(d))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return &UnusableError{d, reason(err)}
	}
	for _, entry := range found {
		if entry.Name() == lockName {
			return nil
		}
	}
	if len(found) > 0 {
		return &UnusableError{d, fmt.Sprintf("it contains other files, such as %s", found[0].Name())}
	}
	return nil
}

// acquire takes the lock. It waits only if the owner has ended.
func (d Dir) acquire(lock *os.File, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock %s: %w", lock.Name(), err)
		}
		owner := d.owner()
		if Alive(owner) || time.Now().After(deadline) {
			return &RunningError{d, owner}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// begin removes the files of an earlier run and records who owns the directory now.
func (d Dir) begin(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return fmt.Errorf("write %s: %w", lock.Name(), err)
	}
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write %s: %w", lock.Name(), err)
	}
	for _, name := range entries {
		if err := os.RemoveAll(d.Path(name)); err != nil {
			return fmt.Errorf("remove the files of an earlier sandbox: %w", err)
		}
	}
	for _, name := range []string{"pki", "etcd", "logs"} {
		if err := os.Mkdir(d.Path(name), 0o700); err != nil {
			return fmt.Errorf("prepare %s: %w", d, err)
		}
	}
	return nil
}

func (d Dir) open() (*os.File, error) {
	return os.OpenFile(d.Path(lockName), os.O_RDWR|os.O_CREATE, 0o600)
}

// owner is the process that last claimed the directory, 0 if unknown.
func (d Dir) owner() int {
	text, err := os.ReadFile(d.Path(lockName))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// Alive tells whether a process is running. A zombie, which has ended but was
// not waited for yet, is not.
func Alive(pid int) bool {
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || !procfs()
	}
	// The state follows the name, which is in brackets and may contain brackets itself.
	return !bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}

// procfs tells whether this system shows its processes as files.
func procfs() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// reason is the cause of a file error without its path, which the caller names.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

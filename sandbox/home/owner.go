package home

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Owner returns the process of the sandbox that is running here, 0 if there is
// none or if the directory does not exist.
func (d Dir) Owner() (int, error) {
	lock, err := os.Open(d.Path(lockName))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return d.owner(), nil
	}
	return 0, fmt.Errorf("read the lock of %s: %w", d, err)
}

// End asks the sandbox that is running here to stop, and returns when its last
// process has ended. If that takes longer than patience, End kills it. End
// returns false if no sandbox was running.
func (d Dir) End(ctx context.Context, patience time.Duration) (bool, error) {
	pid, err := d.Owner()
	if err != nil || pid == 0 {
		return false, err
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return true, fmt.Errorf("stop sandbox process %d: %w", pid, err)
		}
		if d.free(ctx, patience) {
			return true, nil
		}
		if ctx.Err() != nil {
			return true, ctx.Err()
		}
	}
	return true, fmt.Errorf("%s is still locked %s after its sandbox (process %d) was killed; look for processes named nodelift-sandbox and end them", d, patience, pid)
}

// free waits until the lock is free and its owner has left the process table.
func (d Dir) free(ctx context.Context, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if pid, err := d.Owner(); err == nil && pid == 0 && !Alive(d.owner()) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

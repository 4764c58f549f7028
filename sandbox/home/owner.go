package home

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Owner returns the process of the sandbox that lives here, 0 if none does.
// A directory that does not exist holds no sandbox.
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
	return 0, fmt.Errorf("look at the lock of %s: %w", d, err)
}

// End asks the sandbox that lives here to stop and returns when its last
// process is gone; if that takes longer than patience, it is killed. It returns
// false if none was running.
func (d Dir) End(ctx context.Context, patience time.Duration) (bool, error) {
	pid, err := d.Owner()
	if err != nil || pid == 0 {
		return false, err
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return true, fmt.Errorf("end sandbox process %d: %w", pid, err)
		}
		if d.free(ctx, patience) {
			return true, nil
		}
		if ctx.Err() != nil {
			return true, ctx.Err()
		}
	}
	return true, fmt.Errorf("the lock of %s is still held %s after its sandbox (process %d) was killed; look for processes named nodelift-sandbox", d, patience, pid)
}

// free waits until nobody holds the lock and its owner has left the process table.
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

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/nodelift/nodelift/sandbox"
	"github.com/nodelift/nodelift/sandbox/home"
	"golang.org/x/sys/unix"
)

// A detached sandbox is a second process that runs "up" in a session of its
// own. Until it is ready, its stderr is a pipe to the process that started it,
// which prints what it reads. Then the sandbox replaces its stderr by a log
// file; that closes the pipe, and the process that started it ends.

// endedError says that the detached process ended before it was ready. That
// process has printed the reason.
type endedError struct{ code int }

func (e *endedError) Error() string { return fmt.Sprintf("the sandbox ended with code %d", e.code) }

func (e *endedError) Is(target error) bool { return target == errSaid }

// startDetached starts the sandbox and returns when it is ready. If ctx ends
// earlier, the sandbox ends too.
func startDetached(ctx context.Context, o sandbox.Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start the sandbox: find the file of this program: %w", err)
	}
	cmd := exec.Command(program, append(os.Args[1:], "--detach=false", "--detached")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	talk, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	if _, err := os.Stderr.ReadFrom(talk); err != nil {
		return err
	}
	if state, err := o.Dir.ReadState(); err == nil && state.PID == cmd.Process.Pid {
		fmt.Println(evalLine(o.Dir))
		return nil
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &endedError{exit.ExitCode()}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the sandbox ended before it was ready: %v", err)
}

// detachStderr replaces stderr by a log file. The process that started this one
// is waiting for that.
func detachStderr(dir home.Dir) {
	log, err := os.OpenFile(dir.Log("sandbox"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return // stderr stays a pipe that is no longer read, which does no harm
	}
	defer log.Close()
	unix.Dup3(int(log.Fd()), int(os.Stderr.Fd()), 0) // not Dup2, which some architectures lack
}

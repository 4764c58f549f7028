package controlplane

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// LifelineFD is the file descriptor of a component's lifeline: a pipe that
// closes when the sandbox ends.
const LifelineFD = 3

// stopLimit is how long a component may take to end before it is killed. There
// is nothing to save in a sandbox.
const stopLimit = 2 * time.Second

// child is a component in a process of its own.
type child struct {
	name     string
	log      string
	cmd      *exec.Cmd
	lifeline *os.File
	stopping chan struct{} // closed before we stop it
	gone     chan struct{} // closed when it has ended
}

// spawn starts a component; one that ends without having been stopped is
// reported to c.failed.
func (c *Cluster) spawn(name string, args []string) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: find the file of this program: %w", name, err)
	}
	log, err := os.OpenFile(c.conf.Dir.Log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close()
	hold, lifeline, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer hold.Close()

	cmd := exec.Command(program, append([]string{name}, args...)...)
	cmd.Dir = string(c.conf.Dir)
	cmd.Env = []string{"HOME=" + string(c.conf.Dir)} // without the user's environment
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{hold, c.conf.Lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that only the sandbox gets a Ctrl-C
	if err := cmd.Start(); err != nil {
		lifeline.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	it := &child{name: name, log: log.Name(), cmd: cmd, lifeline: lifeline, stopping: make(chan struct{}), gone: make(chan struct{})}
	c.children = append(c.children, it)
	go it.watch(c.failed)
	return it, nil
}

func (it *child) watch(failed chan<- error) {
	err := it.cmd.Wait()
	close(it.gone)
	select {
	case <-it.stopping:
	default:
		failed <- it.complaint(fmt.Sprintf("ended (%s)", ending(err)))
	}
}

// stop stops the component and returns when it has ended.
func (it *child) stop() {
	close(it.stopping)
	it.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-it.gone:
	case <-time.After(stopLimit):
		it.cmd.Process.Kill()
		<-it.gone
	}
	it.lifeline.Close()
}

// complaint is an error about the component with the end of its log.
func (it *child) complaint(what string) error {
	return fmt.Errorf("%s %s; its log %s ends with:\n%s", it.name, what, it.log, tail(it.log, 12))
}

func ending(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// tail returns the last lines of a file, indented.
func tail(file string, lines int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "  (" + err.Error() + ")"
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}

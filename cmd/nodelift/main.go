// Command nodelift upgrades the nodes of a Kubernetes node group without taking
// its workloads down.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nodelift/nodelift/internal/cli"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// version is set by the Makefile when it links.
var version = "unreleased"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	// A second signal ends the process at once, unless it is the first one sent
	// twice, as timeout(1) does.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second/2, stop) })
	os.Exit(cli.Main(ctx, cli.Process{
		Streams: terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, Args: os.Args[1:], Version: version,
	}))
}

// endings are the signals after which the command finishes the calls in flight and
// leaves things in order. A terminal that is closed is one, unless nohup(1) has said
// that it is not.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

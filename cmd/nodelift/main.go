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

// sentTwice is how long after a signal another one is the same one: timeout(1) sends it twice.
const sentTwice = time.Second / 2

func main() {
	ctx, again := untilAsked()
	os.Exit(cli.Main(ctx, cli.Process{
		Streams: terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, Args: os.Args[1:], Version: version, Again: again,
	}))
}

// untilAsked is a context that ends with the first signal that asks the process to end, and a channel
// that is closed with the second one. A third one ends the process as it does without a handler.
func untilAsked() (context.Context, <-chan struct{}) {
	ctx, end := context.WithCancel(context.Background())
	signals, again := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, endings()...)
	go func() {
		<-signals
		asked := time.Now()
		end()
		for heard := asked; heard.Sub(asked) < sentTwice; heard = time.Now() {
			<-signals
		}
		close(again)
		signal.Stop(signals)
	}()
	return ctx, again
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

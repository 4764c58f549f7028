// Package components is the code of the control plane's processes, linked into
// this binary: Kubernetes' own commands and etcd's server.
//
// It is the only package that imports k8s.io/kubernetes, and makes building it
// take minutes. Nothing but the command's main package may import it, above all
// no test: tests start the built binary.
//
// A binary is one component for its whole life. The commands read os.Args,
// register flags and metrics globally and install signal handlers, so that two
// of them in one process get in each other's way.
package components

import (
	"fmt"
	"os"

	"github.com/nodelift/nodelift/sandbox/controlplane"
	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // requests made, by code
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Run turns this process into the component that args (the program's name
// first) asks for and never returns. If they ask for none, it does nothing.
func Run(args []string) {
	if len(args) < 2 {
		return
	}
	main, known := map[string]func([]string) int{
		controlplane.Etcd:              etcd,
		controlplane.APIServer:         command(apiserver.NewAPIServerCommand),
		controlplane.ControllerManager: command(controllermanager.NewControllerManagerCommand),
		controlplane.Scheduler:         command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	}[args[1]]
	if !known {
		return
	}
	go endWithSandbox()
	os.Args = args[1:]
	os.Exit(main(args[2:]))
}

// command runs one of Kubernetes' commands, which read os.Args by themselves.
func command(build func() *cobra.Command) func([]string) int {
	return func([]string) int { return cli.Run(build()) }
}

// endWithSandbox ends this process when the sandbox that started it is gone:
// then the other end of the pipe closes. Nothing is worth saving.
func endWithSandbox() {
	lifeline := os.NewFile(controlplane.LifelineFD, "lifeline")
	_, err := lifeline.Read(make([]byte, 1))
	fmt.Fprintf(os.Stderr, "the sandbox is gone (%v): ending\n", err)
	os.Exit(1)
}

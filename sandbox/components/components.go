// Package components is the code of the control plane's processes, linked into
// this binary: Kubernetes' own commands and etcd's server.
//
// It is the only package that imports k8s.io/kubernetes, which takes minutes to
// compile. Only the command's main package may import it, and no test: tests
// start the built binary.
//
// A process is one component from start to end. The commands read os.Args,
// register flags and metrics globally and install signal handlers, so two of
// them in one process would conflict.
package components

import (
	"fmt"
	"os"

	"github.com/nodelift/nodelift/sandbox/controlplane"
	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // counts client requests by status code
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Run runs the component that args (the program's name first) name, and does not
// return. If they name none, it does nothing.
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

// endWithSandbox ends this process when the sandbox that started it has ended,
// which closes the other end of the pipe. There is no data to save.
func endWithSandbox() {
	lifeline := os.NewFile(controlplane.LifelineFD, "lifeline")
	_, err := lifeline.Read(make([]byte, 1)) // returns when the pipe closes
	fmt.Fprintf(os.Stderr, "the sandbox has ended (%v); ending too\n", err)
	os.Exit(1)
}

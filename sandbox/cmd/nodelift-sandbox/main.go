// Command nodelift-sandbox is a Kubernetes cluster on AWS that needs neither: a
// real control plane, fake nodes, and EC2 with Auto Scaling behind their real
// protocols, in processes on this machine.
package main

import (
	"os"

	"github.com/nodelift/nodelift/sandbox/cli"
	"github.com/nodelift/nodelift/sandbox/components"
)

func main() {
	components.Run(os.Args)
	os.Exit(cli.Main(os.Args[1:]))
}

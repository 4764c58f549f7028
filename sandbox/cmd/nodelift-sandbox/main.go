// Command nodelift-sandbox runs an EKS-like cluster on this machine, without
// AWS: a real Kubernetes control plane, fake nodes, and a fake AWS that speaks
// the protocols of EC2 and Auto Scaling.
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

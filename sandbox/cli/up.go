package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/sandbox"
	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/nodelift/nodelift/sandbox/workload"
	"github.com/spf13/cobra"
)

func upCommand(at func() home.Dir) *cobra.Command {
	var o sandbox.Options
	var detach, detached bool
	var policy string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a sandbox and keep it running until Ctrl-C or down",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir = at()
			if err := readPolicy(&o, policy); err != nil {
				return err
			}
			if detach {
				return startDetached(cmd.Context(), o)
			}
			return up(cmd.Context(), o, detached)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Groups, "groups", 1, "node groups, all alike: nodegroup, nodegroup-2, …")
	flags.IntVar(&o.Nodes, "nodes", 3, "nodes of each group at the start: its desired and maximum size")
	flags.IntVar(&o.Zones, "zones", 3, "availability zones over which the nodes are spread")
	flags.StringVar(&o.KubernetesVersion, "kubernetes-version", "1.36", "Kubernetes version of the nodes at the start, such as 1.36")
	flags.StringVar(&o.AMIFamily, "ami-family", "AmazonLinux2023", "image family of the nodes, as eksctl calls it")
	flags.StringVar(&o.AMIVariant, "ami-variant", "standard", "variant of the image: standard, nvidia, nvidia-595, neuron, fips, nvidia-fips or gpu, if the family has it")
	flags.StringVar(&o.Arch, "arch", "x86_64", "architecture of the nodes: x86_64 or arm64")
	flags.DurationVar(&o.Boot, "boot", 5*time.Second, "time from the launch of an instance until its node joins")
	flags.DurationVar(&o.PodStart, "pod-start", time.Second, "time that a pod takes to start, unless an annotation says otherwise")
	flags.DurationVar(&o.PodStop, "pod-stop", time.Second, "time that a pod takes to stop, unless an annotation says otherwise or its grace period is shorter")
	flags.StringVar(&o.Workload, "workload", "sample", "what runs in the cluster: "+strings.Join(workload.Names(), ", "))
	flags.StringVar(&o.Cluster, "cluster", "eksworkshop-eksctl", "name of the cluster")
	flags.StringVar(&o.Name, "name", "nodegroup", "name of the (first) node group")
	flags.BoolVar(&o.EKSLabels, "eks-labels", false, "give the nodes the labels that EKS gives nodes of managed node groups")
	flags.StringVar(&policy, "iam-policy", "", "file with the IAM policy of the sandbox's user (default: everything is allowed)")
	flags.BoolVar(&detach, "detach", false, "return when the sandbox is ready, and leave it running")
	flags.BoolVar(&detached, "detached", false, "")
	flags.MarkHidden("detached") // the other side of --detach, see detach.go
	return cmd
}

// readPolicy reads the policy of the user, if there is one.
func readPolicy(o *sandbox.Options, file string) (err error) {
	if file == "" {
		return nil
	}
	if o.IAMPolicy, err = os.ReadFile(file); err != nil {
		return &sandbox.UsageError{Why: fmt.Sprintf("--iam-policy: %v", err)}
	}
	if err := fakeaws.New(fakeaws.Config{}).SetPolicy(o.IAMPolicy); err != nil {
		return &sandbox.UsageError{Why: fmt.Sprintf("--iam-policy %s: %v", file, err)}
	}
	return nil
}

// up runs a sandbox in this process.
func up(ctx context.Context, o sandbox.Options, detached bool) error {
	began := time.Now()
	ready := false
	say := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%5.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	err := sandbox.Run(ctx, o, sandbox.Hooks{Say: say, Ready: func(s home.State) {
		ready = true
		say("ready: Kubernetes %s, %d nodes of %s in %d zones", s.KubernetesVersion, o.Nodes*o.Groups, o.KubernetesVersion, o.Zones)
		if detached {
			detachStderr(o.Dir)
			return
		}
		fmt.Fprintf(os.Stderr, "\nIn another terminal:  %s\nCtrl-C ends it.\n", evalLine(o.Dir))
	}})
	if err == nil && !ready {
		return context.Canceled
	}
	return err
}

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/sandbox"
	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/spf13/cobra"
)

func faultCommand(at func() home.Dir) *cobra.Command {
	fault := &cobra.Command{
		Use:   "fault",
		Short: "Make AWS calls and instances fail",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	fault.AddCommand(setFaultCommand(at), listFaultsCommand(at), clearFaultsCommand(at))
	return fault
}

func setFaultCommand(at func() home.Dir) *cobra.Command {
	var f fakeaws.Fault
	var lasts, delay time.Duration
	var smallest, largest, desired int
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Make something fail, once or until the fault is cleared",
		Long: `Make something fail. Lasting faults are listed with an id until they are cleared.

Lasting faults of calls (all take --action, --chance, --count and --for):
  throttle         calls above --rate per second are throttled; without --rate, all calls
  error            calls of --action are refused with --code and --message (and the HTTP --status)
  unavailable      calls are answered with status 500
  contention       Auto Scaling calls that change something are refused with ResourceContention
  latency          calls are answered --delay later
  hold             calls wait until the fault is cleared, and are carried out then (only --action, --for)
  lost-reply       calls are carried out, but the connection is closed without an answer
  stale            describe calls are answered with data that is up to --delay old

Lasting faults of permissions, launches and images:
  denied           the permission --action is missing, also ec2:CreateTags and iam:PassRole, which no call of the
                   upgrade has (--chance, --count, --for)
  no-capacity      launches fail, in --zone or everywhere (--chance, --count, --for)
  no-addresses     launches fail in --zone or everywhere: the subnet is full (--chance, --count, --for)
  vcpu-limit       launches fail that would need more than --limit vCPUs (--for)
  missing          the --resource that launch templates name does not exist: a security group, key pair, instance
                   profile, placement group or snapshot; or a KMS key, without which instances end while they start (--for)
  private-image    the owner of --image no longer shares it: it cannot be seen nor launched (--for)
  broken-image     instances of --image never join, or with --not-ready join and stay not ready (--for)

Faults that happen once:
  node-dies        the kubelet of --instance stops reporting for good
  interruption     the spot instance --instance is reclaimed
  rebalance        the --group moves an instance to another zone, unless AZRebalance is suspended
  sizes            somebody sets --min, --max or --desired of the --group
  delete-template  somebody deletes the launch --template, or one --version of it`,
		Example: `  nodelift-sandbox fault set throttle --action 'autoscaling:*' --rate 0.5
  nodelift-sandbox fault set lost-reply --action TerminateInstanceInAutoScalingGroup --count 1
  nodelift-sandbox fault set error --action TerminateInstanceInAutoScalingGroup --code ScalingActivityInProgress --count 3
  nodelift-sandbox fault set denied --action iam:PassRole
  nodelift-sandbox fault set no-capacity --zone us-west-2b --for 2m`,
		Args: exactly("one NAME of a fault; see --help", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Name, f.For, f.Delay = args[0], fakeaws.Duration(lasts), fakeaws.Duration(delay)
			for name, size := range map[string]struct {
				field **int
				value *int
			}{"min": {&f.Min, &smallest}, "max": {&f.Max, &largest}, "desired": {&f.Desired, &desired}} {
				if cmd.Flags().Changed(name) {
					*size.field = size.value
				}
			}
			return atAWS(cmd, at(), func(ctx context.Context, endpoint string) error {
				set, err := cloud.SetFault(ctx, endpoint, f)
				if err == nil {
					fmt.Println(cmp.Or(set.ID, "done"))
				}
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Action, "action", "", "which calls, such as autoscaling:TerminateInstanceInAutoScalingGroup or ec2:Describe* (default all)")
	flags.Float64Var(&f.Chance, "chance", 0, "probability with which each call or launch fails, up to 1 (default 1)")
	flags.IntVar(&f.Count, "count", 0, "how many times the fault occurs (default unlimited)")
	flags.DurationVar(&lasts, "for", 0, "how long the fault lasts (default until it is cleared)")
	flags.Float64Var(&f.Rate, "rate", 0, "calls per second that are allowed")
	flags.DurationVar(&delay, "delay", 0, "how late answers come, or how old their data may be")
	flags.StringVar(&f.Code, "code", "", "error code")
	flags.StringVar(&f.Message, "message", "", "error message")
	flags.IntVar(&f.Status, "status", 0, "HTTP status of the error (default 400)")
	flags.StringVar(&f.Zone, "zone", "", "availability zone (default all)")
	flags.IntVar(&f.Limit, "limit", 0, "the most vCPUs of all instances")
	flags.StringVar(&f.Resource, "resource", "", "id or name of what a launch template names, as the template has it")
	flags.StringVar(&f.Image, "image", "", "machine image")
	flags.BoolVar(&f.NotReady, "not-ready", false, "instances join and stay not ready")
	flags.StringVar(&f.Instance, "instance", "", "instance")
	flags.StringVar(&f.Group, "group", "", "Auto Scaling group (default the only one)")
	flags.IntVar(&smallest, "min", 0, "minimum size")
	flags.IntVar(&largest, "max", 0, "maximum size")
	flags.IntVar(&desired, "desired", 0, "desired size")
	flags.StringVar(&f.Template, "template", "", "launch template, by its id")
	flags.StringVar(&f.Version, "version", "", "version of the launch template (default all of it)")
	return cmd
}

func listFaultsCommand(at func() home.Dir) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the lasting faults",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return atAWS(cmd, at(), func(ctx context.Context, endpoint string) error {
				faults, err := cloud.Faults(ctx, endpoint)
				if err != nil {
					return err
				}
				return printFaults(os.Stdout, faults)
			})
		},
	}
}

func clearFaultsCommand(at func() home.Dir) *cobra.Command {
	return &cobra.Command{
		Use:   "clear [ID]",
		Short: "Clear one fault, or all",
		Args:  exactly("at most one ID of a fault; see nodelift-sandbox fault list", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atAWS(cmd, at(), func(ctx context.Context, endpoint string) error {
				return cloud.ClearFaults(ctx, endpoint, url.PathEscape(strings.Join(args, "")))
			})
		},
	}
}

// exactly returns a *sandbox.UsageError if the number of arguments is wrong.
func exactly(what string, counts ...int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for _, n := range counts {
			if len(args) == n {
				return nil
			}
		}
		return &sandbox.UsageError{Why: fmt.Sprintf("%s takes %s", cmd.CommandPath(), what)}
	}
}

// atAWS calls do with the address of the running sandbox's AWS. What the sandbox
// refuses becomes a *sandbox.UsageError.
func atAWS(cmd *cobra.Command, dir home.Dir, do func(ctx context.Context, endpoint string) error) error {
	state, err := dir.ReadState()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
	defer cancel()
	err = do(ctx, state.AWSEndpoint)
	if refused := (*cloud.RefusedError)(nil); errors.As(err, &refused) {
		return &sandbox.UsageError{Why: refused.Why}
	}
	return err
}

func printFaults(out io.Writer, faults []fakeaws.Fault) error {
	if len(faults) == 0 {
		fmt.Fprintln(os.Stderr, "no faults")
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tWHAT\tLEFT\tUNTIL")
	for _, f := range faults {
		left, until := "", ""
		if f.Count > 0 {
			left = fmt.Sprint(f.Count)
		}
		if f.Until != nil {
			until = f.Until.Format(time.TimeOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.ID, f.Name, describeFault(f), left, until)
	}
	return table.Flush()
}

// describeFault lists what a fault affects and how, one word each.
func describeFault(f fakeaws.Fault) string {
	var words []string
	for _, word := range []string{f.Action, f.Code, f.Zone, f.Image, f.Resource} {
		if word != "" {
			words = append(words, word)
		}
	}
	if f.Rate > 0 {
		words = append(words, fmt.Sprintf("%g/s", f.Rate))
	}
	if f.Delay > 0 {
		words = append(words, time.Duration(f.Delay).String())
	}
	if f.Chance > 0 {
		words = append(words, fmt.Sprintf("chance %g", f.Chance))
	}
	if f.NotReady {
		words = append(words, "not ready")
	}
	return strings.Join(words, " ")
}

package cli

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/install"
	"github.com/nodelift/nodelift/internal/kube"
)

// newInstall prints manifests and applies none: people look at what gets rights in their
// cluster, and kubectl diff shows what would change.
func newInstall(p Process) *cobra.Command {
	var values install.Values
	cmd := &cobra.Command{
		Use:   "install --image IMAGE",
		Short: "Print the manifests of the controller in the cluster, for kubectl apply",
		Long: `Print all that the Helm chart of Nodelift installs, for those who do not use Helm: the
namespace, the resource definitions, roles, and the controller's Deployment. Nothing is
applied.

  nodelift crds | kubectl apply --server-side -f -
  nodelift install --image IMAGE > nodelift.yaml
  kubectl diff --server-side -f nodelift.yaml
  kubectl apply --server-side -f nodelift.yaml`,
		Args: noArguments(""),
		RunE: func(*cobra.Command, []string) error {
			if err := checkInstall(values); err != nil {
				return err
			}
			return printInstall(p, values)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(wordFlag(&values.Image, "reference", regexp.MustCompile(`^[^\s@:]+(:[0-9]+/[^\s@:]+)?(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$`),
		"give the image with its tag or digest, like registry.example.com/nodelift:0.1.0"),
		"image", "image of the controller with its tag or digest")
	flags.Var(checked[string]{&values.Region, "region", parseRegion, func(name string) string { return name }}, "region", "AWS region of calls that concern no node group (without it: what AWS sets)")
	flags.Var(roleFlag(&values.RoleARN), "role-arn", "IAM role of the controller's service account (IRSA; none with EKS Pod Identity)")
	flags.BoolVar(&values.Force, "allow-force", false, "let the controller delete pods past their budgets, for updates that ask for it")
	return cmd
}

func parseRegion(name string) (string, error) {
	if !aws.IsRegion(name) {
		return "", errors.New("give the name of an AWS region, like us-west-2")
	}
	return name, nil
}

func checkInstall(v install.Values) error {
	if v.Image == "" {
		return exit.Usagef("which image? Give --image, like 123456789012.dkr.ecr.us-west-2.amazonaws.com/nodelift:0.1.0; docs/install.md says how to build it")
	}
	return nil
}

func printInstall(p Process, values install.Values) error {
	definitions, err := kube.Manifests()
	if err != nil {
		return err
	}
	manifests, err := install.Manifests(values)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s%s", definitions, manifests)
	return err
}

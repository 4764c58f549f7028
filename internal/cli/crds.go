package cli

import (
	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/internal/kube"
)

func newCRDs(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "crds",
		Short: "Print the resource definitions, for kubectl apply",
		Long: `Print the two resource definitions and the namespace that an upgrade installs, for
somebody with the right to install them:

  nodelift crds | kubectl apply --server-side -f -`,
		Args: noArguments(""),
		RunE: func(*cobra.Command, []string) error {
			manifests, err := kube.Manifests()
			if err != nil {
				return err
			}
			_, err = p.Out.Write(manifests)
			return err
		},
	}
}

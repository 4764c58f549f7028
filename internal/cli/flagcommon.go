package cli

import (
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/show"
)

func addClusterFlags(flags *pflag.FlagSet, a *connect.Access) {
	flags.Var(textFlag(&a.Kubeconfig), "kubeconfig", "kubeconfig file, as kubectl takes it")
	flags.Var(textFlag(&a.Context), "context", "context of the kubeconfig file")
	flags.Var(textFlag(&a.As), "as", "user to act as in the cluster, as kubectl does")
	flags.Var(listFlag(&a.AsGroups), "as-group", "groups of that user, separated by commas")
	flags.Var(limitFlag(&a.RequestTimeout, 0, forever), "request-timeout", "how long one request to the API server or to AWS may take; 0s means their defaults")
}

func addCloudFlags(flags *pflag.FlagSet, a *connect.Access) {
	flags.Var(textFlag(&a.Region), "region", "AWS region")
	flags.Var(textFlag(&a.Profile), "profile", "profile of the AWS configuration")
	flags.Var(roleFlag(&a.RoleARN), "role-arn", "IAM role to assume with these AWS credentials")
}

func addShowFlags(flags *pflag.FlagSet, o *show.Options) {
	flags.Var(choiceFlag(&o.Output, "text", "json"), "output", "how to print what happens")
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "print every event, also those of each pod and each mark of a node (json has them all)")
}

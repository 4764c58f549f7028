package cli

import "github.com/spf13/pflag"

// access says which cluster and which cloud a command talks to.
type access struct {
	kubeconfig string
	context    string
	region     string
	profile    string
}

func (a *access) addClusterFlags(flags *pflag.FlagSet) {
	flags.Var(textFlag(&a.kubeconfig), "kubeconfig", "kubeconfig file, as kubectl takes it")
	flags.Var(textFlag(&a.context), "context", "context of the kubeconfig file")
}

func (a *access) addCloudFlags(flags *pflag.FlagSet) {
	flags.Var(textFlag(&a.region), "region", "AWS region")
	flags.Var(textFlag(&a.profile), "profile", "profile of the AWS configuration")
}

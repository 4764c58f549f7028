package connect

import (
	"fmt"
	"time"

	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/kube"
)

// Access says which cluster and which cloud a command talks to.
type Access struct {
	Kubeconfig string
	Context    string
	// As is the user to act as in the cluster, with AsGroups; "" for oneself.
	As       string
	AsGroups []string
	// RequestTimeout is how long one request to the API server or to AWS may take, 0 for their defaults.
	RequestTimeout time.Duration
	Region         string
	Profile        string
	RoleARN        string // to assume, "" for none
	MFA            *MFA   // nil: nobody can be asked for codes
}

// options are those of the cloud in a region, for this version of the program.
func (a Access) options(region, program string) aws.Options {
	o := aws.Options{Region: region, Profile: a.Profile, RoleARN: a.RoleARN, RequestTimeout: a.RequestTimeout, Version: program}
	if a.MFA.canAsk() {
		o.MFACode = a.MFA.ask
	}
	return o
}

// config is how to reach the cluster.
func (a Access) config() (*rest.Config, error) {
	config, err := kube.Config(a.Kubeconfig, a.Context)
	if err != nil {
		return nil, fmt.Errorf("%w; name a cluster with --kubeconfig and --context, as for kubectl", err)
	}
	if a.As == "" && len(a.AsGroups) > 0 {
		return nil, exit.Usagef("--as-group needs a user of these groups: give --as, too")
	}
	if a.As != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: a.As, Groups: a.AsGroups}
	}
	if a.RequestTimeout > 0 {
		kube.LimitRequests(config, a.RequestTimeout)
	}
	return config, nil
}

package cli

import (
	"context"
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/view"
)

// planOf is the plan of a change, without the account.
func (o *change) planOf(ctx context.Context, s *connect.Connection, group *v1alpha1.NodeGroup, update *v1alpha1.NodeGroupUpdate, sentence string) (*show.ChangePlan, error) {
	version, err := s.Cluster.Version(ctx)
	if err != nil {
		return nil, err
	}
	return &show.ChangePlan{
		Place: show.Place{
			Region: group.Spec.Region, APIServer: s.Cluster.Host(), Version: version,
			Cluster: group.Spec.ClusterName, Group: group.Spec.AutoScalingGroup,
		},
		Verb: o.verb, Update: update.Name, Sentence: sentence, Settings: view.Settings(*update),
	}, nil
}

// askWho adds the account to a plan, and who this command is in it.
func askWho(ctx context.Context, p *show.ChangePlan, cloud *aws.Cloud) error {
	who, err := cloud.Identity(ctx)
	p.Account, p.Caller = who.Account, who.ARN
	return err
}

// who names the account for a retry. If a controller works in the cluster, the command
// needs no credentials: then the plan names no account.
func (o *change) who(ctx context.Context, s *connect.Connection, group *v1alpha1.NodeGroup, plan *show.ChangePlan) error {
	cloud, err := o.cloudOf(ctx, group)
	if err == nil {
		err = askWho(ctx, plan, cloud)
	}
	if err == nil {
		return nil
	}
	controller, unknown := s.Cluster.Announced(ctx)
	if unknown != nil || controller == "" {
		return fmt.Errorf("%w; nobody else works on updates in the cluster, so nothing was changed", err)
	}
	plan.Account, plan.Caller = "", ""
	return nil
}

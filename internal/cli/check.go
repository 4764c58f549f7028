package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// in is the connection with another cloud.
func (s *connection) in(cloud *aws.Cloud) *connection {
	there := *s
	there.cloud = cloud
	return &there
}

// checks makes the checks of updates that this command has not just made itself.
func (c *carrier) checks(update string) func(context.Context, *v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
	if update == c.checked {
		return nil
	}
	return c.check
}

// check says what speaks against beginning an update that anybody may have written:
// what a command would say before it writes one, by the same rules.
func (s *connection) check(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
	if group.Spec.ClusterName == "" {
		return refused(fmt.Sprintf("node group %s does not say which cluster it belongs to, so nobody can tell whether it is this one; "+
			"set spec.clusterName to the cluster's name in AWS and create another update", group.Name)), nil
	}
	policy, err := kube.Policy(update.Spec, group.Spec)
	if err != nil {
		return nil, err
	}
	target := kube.Target(update.Spec.Target)
	if of := update.Spec.RollbackOf; of != "" {
		undone, why, err := s.undoable(ctx, update)
		if err != nil || why != nil {
			return refused(errorText(why)), err
		}
		target = upgrade.Target{TemplateVersion: strconv.FormatInt(undone.Status.Resolved.Before.Number, 10)}
	}
	there := *s
	if there.version, err = s.cluster.Version(ctx); err != nil {
		return nil, err
	}
	q := question{
		group: group.Spec.AutoScalingGroup, nodeGroup: group.Name, cluster: group.Spec.ClusterName, target: target,
		sizes: kube.Scaling(update.Spec.Scaling), policy: policy, needed: workRights(policy),
	}
	facts, err := there.facts(ctx, q)
	if err != nil {
		return nil, err
	}
	report := preflight.Check
	if q.sizes != nil {
		report = preflight.CheckScaling
	}
	var sentences []string
	for _, finding := range report(facts).Refusals {
		sentences = append(sentences, finding.String())
	}
	return refused(sentences...), nil
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// refused are sentences as what an update ends with.
func refused(sentences ...string) []upgrade.Error {
	var all []upgrade.Error
	for _, sentence := range sentences {
		if sentence != "" {
			all = append(all, upgrade.Error{Code: upgrade.NotPermitted, Message: sentence})
		}
	}
	return all
}

// undoable returns the update that another one rolls back, or why that cannot be.
func (s *connection) undoable(ctx context.Context, back *v1alpha1.NodeGroupUpdate) (undone *v1alpha1.NodeGroupUpdate, why, err error) {
	of := back.Spec.RollbackOf
	undone, err = s.cluster.Update(ctx, of)
	switch {
	case errors.Is(err, upgrade.ErrNotFound):
		return nil, fmt.Errorf("update %s, which is to be rolled back, does not exist; kubectl get nodegroupupdates lists those that do", of), nil
	case err != nil:
		return nil, nil, err
	case undone.Spec.NodeGroup != back.Spec.NodeGroup:
		return nil, fmt.Errorf("update %s, which is to be rolled back, is of node group %s and not of %s", of, undone.Spec.NodeGroup, back.Spec.NodeGroup), nil
	case undone.Spec.Scaling != nil:
		return nil, fmt.Errorf("update %s changes the sizes of node group %s alone, which is not rolled back: scale it back instead", of, undone.Spec.NodeGroup), nil
	case !hasChanged(undone):
		return nil, fmt.Errorf("update %s has changed nothing, so there is nothing to roll back", of), nil
	}
	for _, refuses := range []func(context.Context, *v1alpha1.NodeGroupUpdate) error{s.isNewest, s.canGoBack} {
		if err := refuses(ctx, undone); errors.Is(err, upgrade.ErrNotFound) || errors.As(err, new(notNewestError)) {
			return nil, err, nil
		} else if err != nil {
			return nil, nil, err
		}
	}
	return undone, nil, nil
}

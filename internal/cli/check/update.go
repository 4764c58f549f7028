package check

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Check says why an update may not begin that anybody may have written. It applies the
// rules that a command applies before it writes an update.
func (s *Checks) Check(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) ([]upgrade.Error, error) {
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
		undone, why, err := s.rollbackTarget(ctx, update)
		if err != nil || why != nil {
			return refused(errorText(why)), err
		}
		target = targetBack(undone.Status.Resolved)
	}
	there := Of(s.In(s.Cloud))
	if there.Version, err = s.Cluster.Version(ctx); err != nil {
		return nil, err
	}
	q := Question{
		Group: group.Spec.AutoScalingGroup, NodeGroup: group.Name, Cluster: group.Spec.ClusterName, Target: target,
		Sizes: kube.Scaling(update.Spec.Scaling), Policy: policy, Needed: workRights(policy),
	}
	facts, err := there.Facts(ctx, q)
	if err != nil {
		return nil, err
	}
	report := preflight.Check
	if q.Sizes != nil {
		report = preflight.CheckScaling
	}
	var sentences []string
	for _, finding := range report(facts).Refusals {
		sentences = append(sentences, finding.String())
	}
	return refused(sentences...), nil
}

// targetBack is the target of a rollback. A parameter in the version from before may name another image
// by now, so the rollback is to the image itself.
func targetBack(undone *v1alpha1.Resolved) upgrade.Target {
	before := undone.Before
	if before.Parameter != "" && !undone.ByTemplate {
		return upgrade.Target{Image: before.Image}
	}
	return upgrade.Target{TemplateVersion: strconv.FormatInt(before.Number, 10)}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// refused turns sentences into the errors that an update ends with.
func refused(sentences ...string) []upgrade.Error {
	var all []upgrade.Error
	for _, sentence := range sentences {
		if sentence != "" {
			all = append(all, upgrade.Error{Code: upgrade.NotPermitted, Message: sentence})
		}
	}
	return all
}

package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/view"
)

// changePlan is what a person sees before an update is changed.
type changePlan struct {
	place
	Verb     string `json:"verb"`
	Update   string `json:"update"`
	Sentence string `json:"sentence"` // what will happen
	Settings string `json:"-"`        // those of the update, in words
}

// text is the plan as people read it.
func (p changePlan) text() string {
	rows := append(p.rows(), [2]string{"Group", p.Group}, [2]string{"Update", p.Update})
	if p.Settings != "" {
		rows = append(rows, [2]string{"Settings", p.Settings})
	}
	return "\n" + text.Rows("", rows) + "\n" + p.Sentence + "\n"
}

// planOf is the plan of a change of an update, without who asks for it.
func (o *change) planOf(ctx context.Context, s *connection, group *v1alpha1.NodeGroup, update *v1alpha1.NodeGroupUpdate, sentence string) (*changePlan, error) {
	version, err := s.cluster.Version(ctx)
	if err != nil {
		return nil, err
	}
	return &changePlan{
		place: place{
			Region: cmp.Or(o.region, group.Spec.Region), APIServer: s.cluster.Host(), Version: version,
			Cluster: group.Spec.ClusterName, Group: group.Spec.AutoScalingGroup,
		},
		Verb: o.verb, Update: update.Name, Sentence: sentence, Settings: view.Settings(*update),
	}, nil
}

// askWho adds to a plan the account and who the command is there.
func (p *changePlan) askWho(ctx context.Context, cloud *aws.Cloud) error {
	who, err := cloud.Identity(ctx)
	p.Account, p.Caller = who.Account, who.ARN
	return err
}

func rollbackSentence(u *v1alpha1.NodeGroupUpdate) string {
	r := u.Status.Resolved
	will := fmt.Sprintf("This will roll back update %s (%s)", u.Name, u.Status.Status)
	if !u.Ended() {
		will = fmt.Sprintf("This will cancel update %s (%s) and roll it back", u.Name, view.Standing(*u))
	}
	return fmt.Sprintf("%s: the group uses version %d of launch template %s again, with image %s (%s). "+
		"Nodes that run image %s are replaced; the others stay.",
		will, r.Before.Number, r.Before.ID, r.From.ID, cmp.Or(r.From.Release, r.From.Name, "release unknown"), r.Image.ID)
}

func retrySentence(u *v1alpha1.NodeGroupUpdate) string {
	will := fmt.Sprintf("This will retry update %s (%s %s)", u.Name, u.Status.Status, view.Standing(*u))
	if u.Spec.Scaling != nil {
		return fmt.Sprintf("%s: the group is scaled to the same sizes (%s) with the same settings.", will, cmp.Or(u.Status.Target, "not resolved yet"))
	}
	target := cmp.Or(u.Status.Target, "the same target")
	if r := u.Status.Resolved; r != nil {
		target = "image " + view.Image(r.Image)
		if r.ByTemplate && r.Template != nil {
			target = fmt.Sprintf("version %d of launch template %s, with %s", r.Template.Number, r.Template.ID, target)
		}
	}
	return fmt.Sprintf("%s: nodes that are still outdated are upgraded to %s with the same settings. Nodes that were replaced stay.", will, target)
}

func cancelSentence(u *v1alpha1.NodeGroupUpdate, restore bool) string {
	will := fmt.Sprintf("This will cancel update %s (%s)", u.Name, view.Standing(*u))
	if u.Spec.Scaling != nil {
		return will + ": no more nodes are drained, and the group keeps the size that it has reached."
	}
	will += ": no more nodes are drained, nodes that were replaced stay, and what was borrowed is restored."
	switch r := u.Status.Resolved; {
	case restore && r != nil && r.Before != nil:
		return will + fmt.Sprintf("\nThe launch template goes back to version %d (%s).", r.Before.Number, r.From.ID)
	case restore:
		return will + "\nThe launch template goes back to the version from before."
	case r != nil && r.Template != nil:
		return will + fmt.Sprintf("\nThe group keeps launch template version %d (%s); new nodes will use it.", r.Template.Number, r.Image.ID)
	}
	return will
}

// who names the account for a retry. Where a controller works, it has credentials of
// its own, and the command needs none.
func (o *change) who(ctx context.Context, s *connection, group *v1alpha1.NodeGroup, plan *changePlan) error {
	cloud, err := o.cloudOf(ctx, group)
	if err == nil {
		err = plan.askWho(ctx, cloud)
	}
	if err == nil {
		return nil
	}
	controller, unknown := s.cluster.Announced(ctx)
	if unknown != nil || controller == "" {
		return fmt.Errorf("%w; nobody else works on updates in the cluster, so nothing was changed", err)
	}
	plan.Account, plan.Caller = "", ""
	return nil
}

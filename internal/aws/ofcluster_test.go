package aws_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// The groups of a cluster are those whose tags say so and those that its nodes
// are instances of.
func TestOfCluster(t *testing.T) {
	w := newWorld(t)
	for name, tag := range map[string]fakeaws.Tag{
		"owned":  {Key: "kubernetes.io/cluster/prod", Value: "owned"},
		"eksctl": {Key: "alpha.eksctl.io/cluster-name", Value: "prod"},
		"other":  {Key: "kubernetes.io/cluster/test", Value: "owned"},
	} {
		must(t, w.CreateGroup(fakeaws.GroupSpec{
			Name: name, Zones: []string{"us-west-2a"}, LaunchTemplateID: w.template.ID, LaunchTemplateVersion: "1", Tags: []fakeaws.Tag{tag},
		}))
	}
	w.newGroup("untagged", w.template.ID, "1", 1)
	w.step()
	nodes := map[string]bool{w.read("untagged").Instances[0].ID: true}
	before := w.calls("DescribeAutoScalingGroups")
	found, err := w.aws.Groups.OfCluster(t.Context(), "prod", nodes)
	must(t, err)
	var names []string
	for _, group := range found {
		names = append(names, group.Name)
	}
	if diff := cmp.Diff([]string{"eksctl", "owned", "untagged"}, names); diff != "" {
		t.Error(diff)
	}
	if n := w.calls("DescribeAutoScalingGroups") - before; n != 1 {
		t.Errorf("%d calls, want one for each hundred groups", n)
	}
}

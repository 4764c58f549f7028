package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// <TAB> offers an update only to the verbs that can do something with it.
func TestUpdatesAreOfferedToVerbsThatFit(t *testing.T) {
	update := func(name string, phase string, status v1alpha1.UpdateStatus) v1alpha1.NodeGroupUpdate {
		u := v1alpha1.NodeGroupUpdate{}
		u.Name, u.Status.Phase, u.Status.Status = name, phase, status
		u.Status.Resolved = &v1alpha1.Resolved{Before: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 1}}
		return u
	}
	scaling := update("scaling", "Done", v1alpha1.UpdateFailed)
	scaling.Spec.Scaling = &v1alpha1.ScalingConfig{}
	updates := []v1alpha1.NodeGroupUpdate{update("done", "Done", v1alpha1.UpdateSuccessful), update("failed", "Done", v1alpha1.UpdateFailed), scaling, update("running", "Upgrade", v1alpha1.UpdateInProgress)}
	for verb, want := range map[string][]string{
		"pause":    {"running\tInProgress"},
		"cancel":   {"running\tInProgress"},
		"retry":    {"scaling\tFailed", "failed\tFailed"},
		"rollback": {"running\tInProgress", "failed\tFailed", "done\tSuccessful"},
		"describe": {"running\tInProgress", "scaling\tFailed", "failed\tFailed", "done\tSuccessful"},
	} {
		if diff := cmp.Diff(want, updateCompletions(verb, updates)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", verb, diff)
		}
	}
}

// <TAB> offers a node group by the name that people use, if that means only one.
func TestGroupsAreOfferedByNamesThatMeanOne(t *testing.T) {
	group := func(name, tag string) v1alpha1.NodeGroup {
		g := v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{NodegroupName: tag, AutoScalingGroup: "asg-" + name}}
		g.Name = name
		return g
	}
	got := groupCompletions([]v1alpha1.NodeGroup{group("a-1", "shop"), group("b-1", "batch"), group("b-2", "batch"), group("c-1", "")})
	want := []string{"shop\tasg-a-1", "b-1\tasg-b-1", "b-2\tasg-b-2", "c-1\tasg-c-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

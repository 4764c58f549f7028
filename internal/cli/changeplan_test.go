package cli

import (
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is asked about has not been done yet, and is not said as if it were.
func TestSentencesOfChanges(t *testing.T) {
	update := func(status v1alpha1.UpdateStatus) *v1alpha1.NodeGroupUpdate {
		u := &v1alpha1.NodeGroupUpdate{}
		u.Name, u.Status.Status = "workers-a", status
		if status != v1alpha1.UpdateInProgress {
			u.Status.Phase = "Done"
		}
		u.Status.Resolved = &v1alpha1.Resolved{
			Image: v1alpha1.Image{ID: "ami-0bbb", Release: "1.37.1-20260915", Version: "1.37"}, From: v1alpha1.Image{ID: "ami-0aaa", Name: "old"},
			Template: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 2}, Before: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 1},
		}
		return u
	}
	running, failed, done, scaling := update(v1alpha1.UpdateInProgress), update(v1alpha1.UpdateFailed), update(v1alpha1.UpdateSuccessful), update(v1alpha1.UpdateFailed)
	scaling.Spec.Scaling, scaling.Status.Resolved, scaling.Status.Target = &v1alpha1.ScalingConfig{}, nil, "desired size 3"
	back := ": the group uses version 1 of launch template lt-0123 again, with image ami-0aaa (old). Nodes that run image ami-0bbb are replaced; the others stay."
	parameter := update(v1alpha1.UpdateInProgress)
	parameter.Status.Resolved.Before.Parameter = "resolve:ssm:/golden/image"
	image := upgrade.TemplateVersion{ID: "lt-0123", Number: 1, Image: "ami-0aaa"}
	named := upgrade.TemplateVersion{ID: "lt-0123", Number: 1, Image: "ami-0ccc", Parameter: "resolve:ssm:/golden/image"}
	byTemplate := update(v1alpha1.UpdateSuccessful)
	byTemplate.Status.Resolved.ByTemplate = true
	const ends = "This will cancel update workers-a (before the first node): no more nodes are drained, nodes that were replaced stay, and sizes, processes, autoscaler and marks are restored."
	for name, tc := range map[string]struct{ got, want string }{
		"a rollback goes back to the image that the nodes ran": {rollbackSentence(parameter, named), "This will cancel update workers-a (before the first node) and roll it back: " +
			"the group uses a new version of launch template lt-0123 with the image that the nodes ran, ami-0aaa (old); version 1 takes its image from parameter /golden/image, which names " +
			"ami-0ccc now, and is used again at the end if the parameter names ami-0aaa then. Nodes that run image ami-0bbb are replaced; the others stay."},
		"a rollback to a template version takes what its parameter names": {rollbackSentence(byTemplate, named), "This will roll back update workers-a (Successful): the group uses version 1 of " +
			"launch template lt-0123 again, which takes its image from parameter /golden/image, which names ami-0ccc now. Nodes that run image ami-0bbb are replaced; the others stay."},
		"a cancel may give the parameter back": {cancelSentence(parameter, false), ends + "\nThe group keeps launch template version 2 (ami-0bbb), or takes its image from the parameter of " +
			"version 1 again (resolve:ssm:/golden/image) if that names the same image now."},
		"a cancel with the template gives the parameter back": {cancelSentence(parameter, true), ends + "\nThe launch template goes back to version 1, which takes its image from a parameter (resolve:ssm:/golden/image)."},
		"a rollback in the middle cancels first":              {rollbackSentence(running, image), "This will cancel update workers-a (before the first node) and roll it back" + back},
		"a rollback after the end names the verdict":          {rollbackSentence(done, image), "This will roll back update workers-a (Successful)" + back},
		"a retry names the very image": {retrySentence(failed), "This will retry update workers-a (Failed before the first node): " +
			"nodes that are still outdated are upgraded to image ami-0bbb (1.37.1-20260915) with the same settings. Nodes that were replaced stay."},
		"a retry of a scaling names the sizes": {retrySentence(scaling), "This will retry update workers-a (Failed before the first node): " +
			"the group is scaled to the same sizes (desired size 3) with the same settings."},
		"a cancel says which template version stays": {cancelSentence(running, false), "This will cancel update workers-a (before the first node): " +
			"no more nodes are drained, nodes that were replaced stay, and sizes, processes, autoscaler and marks are restored.\nThe group keeps launch template version 2 (ami-0bbb); new nodes will use it."},
		"a cancel says which template version comes back": {cancelSentence(running, true), "This will cancel update workers-a (before the first node): " +
			"no more nodes are drained, nodes that were replaced stay, and sizes, processes, autoscaler and marks are restored.\nThe launch template goes back to version 1 (ami-0aaa)."},
		"a cancel of a scaling keeps the size": {cancelSentence(scaling, false), "This will cancel update workers-a (before the first node): " +
			"no more nodes are drained, and the group keeps the size that it has reached."},
	} {
		if tc.got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, tc.got, tc.want)
		}
	}
}

// Advice names only what can be done.
func TestAdviceAfterTheEnd(t *testing.T) {
	changed := &v1alpha1.Resolved{Before: &v1alpha1.TemplateVersion{ID: "lt-0123", Number: 1}}
	const retry, rollback = "; 'nodelift retry update a' starts it again", "; 'nodelift rollback update a' undoes it"
	for name, tc := range map[string]struct {
		status   v1alpha1.UpdateStatus
		resolved *v1alpha1.Resolved
		of       string
		want     string
	}{
		"what was Successful is not retried":           {v1alpha1.UpdateSuccessful, changed, "", rollback},
		"what failed can be retried and rolled back":   {v1alpha1.UpdateFailed, changed, "", retry + rollback},
		"what has changed nothing is not rolled back":  {v1alpha1.UpdateFailed, nil, "", retry},
		"a rollback is not retried":                    {v1alpha1.UpdateFailed, changed, "z", rollback},
		"a rollback that has changed nothing is over":  {v1alpha1.UpdateCancelled, nil, "z", ""},
		"what was Cancelled can be retried and undone": {v1alpha1.UpdateCancelled, changed, "", retry + rollback},
	} {
		u := &v1alpha1.NodeGroupUpdate{}
		u.Name, u.Status.Status, u.Status.Resolved, u.Spec.RollbackOf = "a", tc.status, tc.resolved, tc.of
		if got := afterEnd(u); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

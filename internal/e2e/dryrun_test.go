package e2e

import (
	"slices"
	"testing"
)

// A dry run changes nothing at all, on neither side.
func TestDryRun(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.nodelift(upgrade("--dry-run")...)
	r.has(t, 0, "3 of 3 are outdated", "Nothing was changed")
	w.changedNothing()

	t.Run("without a yes", func(t *testing.T) {
		w := w.with(t)
		line := slices.DeleteFunc(upgrade(), func(arg string) bool { return arg == "--yes" })
		w.nodelift(line...).has(t, 1, "3 of 3 are outdated", "this is not a terminal, so nobody can be asked", "add --yes")
		w.changedNothing()
	})
}

// changedNothing fails the test if nodelift has ever asked for a change.
func (w *world) changedNothing() {
	w.t.Helper()
	for _, call := range w.journal() {
		reads := []string{"Describe", "Get", "List"}
		isRead := slices.ContainsFunc(reads, func(verb string) bool { return len(call.Action) > len(verb) && call.Action[:len(verb)] == verb })
		if !isRead && call.Params["DryRun"] != "true" && call.Error == "" {
			w.t.Errorf("it called %s:%s", call.Service, call.Action)
		}
	}
	requests := w.audit()
	if len(requests) == 0 {
		w.t.Error("the audit log has no request of nodelift: what is it called there?")
	}
	for _, r := range requests {
		isReview := r.Object.Resource == "selfsubjectaccessreviews" // which is how to ask, and is not stored
		if !isReview && !slices.Contains([]string{"get", "list", "watch"}, r.Verb) {
			w.t.Errorf("it asked to %s %s %s", r.Verb, r.Object.Resource, r.Object.Name)
		}
	}
}

package terminal

import "testing"

func TestWrapped(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"what fits":  {"Update a, before the first node.", "Update a, before the first node."},
		"a sentence": {"somebody@somewhere works on node group workers and is asked", "somebody@somewhere works on node group\nworkers and is asked"},
		"a row": {
			"Surge       3 nodes more before the first drain, 6 at most (now desired 3)",
			"Surge       3 nodes more before the\n            first drain, 6 at most (now\n            desired 3)",
		},
		"a warning": {
			"  - pods have no controller (default/scratch): they are evicted and nothing recreates them",
			"  - pods have no controller\n    (default/scratch): they are evicted\n    and nothing recreates them",
		},
		"a word that is too long": {
			"Image       ami-0123456789abcdef0-0123456789abcdef0-0123456789 -> b",
			"Image       ami-0123456789abcdef0-0123456789abcdef0-0123456789\n            -> b",
		},
		"a command": {"  nodelift upgrade nodegroup --cluster prod --name workers", "  nodelift upgrade nodegroup --cluster prod --name workers"},
		"a command in a sentence": {
			"it has to end first; go on with it by nodelift resume update workers-1-abc, or cancel it",
			"it has to end first; go on with it by nodelift resume update workers-1-abc, or cancel it",
		},
		"a table": {"GROUP     NODES  OUTDATED  IMAGE                        STRATEGY", "GROUP     NODES  OUTDATED  IMAGE                        STRATEGY"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Wrapped(tc.text, 40); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if got := Wrapped(tc.text, 0); got != tc.text {
				t.Errorf("where there is no terminal: %q", got)
			}
		})
	}
}

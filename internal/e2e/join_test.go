package e2e

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// New machines take longer than they may: the update fails, names zone,
// instance and what Auto Scaling says, and the group launches what it launched
// before.
func TestNodeNeverJoins(t *testing.T) {
	w := newWorld(t, "--boot", "90s") // what joins until its place is given back is a node like others
	before := aws.ToString(w.describe().LaunchTemplate.Version)
	r := w.nodelift(upgrade("--join-timeout", "5s")...)
	r.has(t, 1, "NodeCreationFailure", "us-west-2", "i-", "Launching a new EC2 instance")
	if now := aws.ToString(w.describe().LaunchTemplate.Version); now != before {
		t.Errorf("the group uses version %s of its template, want %s as before", now, before)
	}
	if !slices.ContainsFunc(w.journal(), func(c fakeaws.Call) bool { return c.Action == "DescribeScalingActivities" }) {
		t.Error("Auto Scaling was not asked why: docs/iam-policy.json allows it for that")
	}
	w.nodesRun(3, "v1.36.")
	w.isClean()
}

package e2e

import (
	"slices"
	"strings"
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

// What an instance that never joins has written to its console is a part of the error, without what
// terminals do not print, since it is gone soon after the instance. Without the permission, the error
// says so, and the update ends as it would.
func TestConsoleOfANodeThatNeverJoins(t *testing.T) {
	w := newWorld(t)
	w.fault(fakeaws.Fault{Name: fakeaws.FaultBrokenImage, Image: w.published("AmazonLinux2023", "x86_64")})
	r := w.nodelift(upgrade("--join-timeout", "8s")...)
	r.has(t, 1, "NodeCreationFailure", "The last lines on the console of i-", "the kubelet does not start: unknown flag: --network-plugin", "cloud-init.target. | ")
	if strings.Contains(r.out, "\x1b") || len(r.out) > 1<<14 {
		t.Errorf("%d bytes are told, with the console's colours:\n%q", len(r.out), r.out)
	}
	w = w.between(func(action string) (int, string) {
		if action == "GetConsoleOutput" {
			return 403, ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.")
		}
		return 0, ""
	})
	r = w.nodelift(upgrade("--join-timeout", "8s")...)
	r.has(t, 1, "NodeCreationFailure", "The console of i-", "could not be read: ec2:GetConsoleOutput on instance i-", "is not allowed for these credentials")
	w.nodesRun(3, "v1.36.")
	w.isClean()
}

package e2e

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// docs/kops.md: an instance group is found by its name and refused, with what to run instead. After kOps
// has written a version of its launch template, --adopt replaces the nodes, and the group follows $Latest
// as before, so that kOps finds nothing to do.
func TestGroupOfKops(t *testing.T) {
	w := newWorld(t, "--nodes", "1", "--zones", "1")
	w.tag("kops.k8s.io/instancegroup", "nodes-us-west-2a")
	w.follow("$Latest")
	ask := func(more ...string) []string {
		return upgrade(append([]string{"--name", "nodes-us-west-2a"}, more...)...)
	}
	w.nodelift(ask()...).has(t, 1, "belongs to kops (tag kops.k8s.io/instancegroup)", "--launch-template-version '$Latest' --adopt (docs/kops.md)", "nothing was changed")
	w.changedNothing()

	nodeup := "#!/bin/bash\nset -o errexit\n/var/cache/kubernetes-install/nodeup --install-systemd-unit\n"
	w.newTemplateVersion(&ec2types.RequestLaunchTemplateData{
		ImageId: aws.String(w.image("Ubuntu2404", "1.37")), UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(nodeup))),
	})
	w.nodelift(ask("--launch-template-version", "$Latest")...).has(t, 1, "or give --adopt")
	w.nodelift(ask("--launch-template-version", "$Latest", "--adopt")...).has(t, 0, "Successful after")
	group := w.describe()
	if version := aws.ToString(group.LaunchTemplate.Version); version != "$Latest" {
		t.Errorf("the group uses version %s at the end, want $Latest as before", version)
	}
	for _, i := range group.Instances {
		if version := aws.ToString(i.LaunchTemplate.Version); version != "2" {
			t.Errorf("an instance has version %s, and kOps would replace it", version)
		}
	}
	w.nodesRun(1, "v1.37.")
	w.isCleanWith(1)
}

package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestFind(t *testing.T) {
	w := newWorld(t)
	owned := fakeaws.Tag{Key: "kubernetes.io/cluster/" + cluster, Value: "owned"}
	eksctl := fakeaws.Tag{Key: "alpha.eksctl.io/cluster-name", Value: cluster}
	called := func(key, name string) fakeaws.Tag { return fakeaws.Tag{Key: key, Value: name} }
	w.newGroup("eksctl-harbour-workers-ASG1", w.template.ID, "1", 0, owned, eksctl, called("alpha.eksctl.io/nodegroup-name", "workers"))
	w.newGroup("nodes-a.harbour", w.template.ID, "1", 0, owned, called("kops.k8s.io/instancegroup", "nodes-a"))
	w.newGroup("asg-gpu", w.template.ID, "1", 0, owned, called("nodelift.dev/nodegroup", "gpu"))
	w.newGroup("asg-eksctl", w.template.ID, "1", 0, eksctl, called("alpha.eksctl.io/nodegroup-name", "spot"))
	w.newGroup("eks-managed-12", w.template.ID, "1", 0, owned, called("eks:nodegroup-name", "managed"))
	w.newGroup("twin-1", w.template.ID, "1", 0, owned, called("nodelift.dev/nodegroup", "twin"))
	w.newGroup("twin-2", w.template.ID, "1", 0, eksctl, called("alpha.eksctl.io/nodegroup-name", "twin"))
	w.newGroup("elsewhere", w.template.ID, "1", 0, called("kubernetes.io/cluster/inland", "owned"), called("nodelift.dev/nodegroup", "far"))
	tests := map[string]struct {
		name, cluster string
		want          string
		says          string
	}{
		"by its own name":                          {name: group, cluster: cluster, want: group},
		"by its own name whatever the cluster":     {name: "elsewhere", cluster: cluster, want: "elsewhere"},
		"by eksctl's tag":                          {name: "workers", cluster: cluster, want: "eksctl-harbour-workers-ASG1"},
		"by eksctl's tag, and its cluster's, too":  {name: "spot", cluster: cluster, want: "asg-eksctl"},
		"by our tag":                               {name: "gpu", cluster: cluster, want: "asg-gpu"},
		"by kOps' tag":                             {name: "nodes-a", cluster: cluster, want: "nodes-a.harbour"},
		"by EKS's tag, to be refused":              {name: "managed", cluster: cluster, want: "eks-managed-12"},
		"several":                                  {name: "twin", cluster: cluster, says: "twin is the name of 2 Auto Scaling groups of cluster harbour in us-west-2 (twin-1, twin-2); name one of them"},
		"none lists what there is":                 {name: "wrokers", cluster: cluster, says: "cluster harbour in us-west-2 has asg-eksctl (spot), asg-gpu (gpu), eks-managed-12 (managed), eksctl-harbour-workers-ASG1 (workers), nodes-a.harbour (nodes-a), twin-1 (twin), twin-2 (twin)"},
		"not in another cluster":                   {name: "far", cluster: cluster, says: "cluster harbour in us-west-2 has"},
		"no group at all is about the cluster too": {name: "workers", cluster: "harbor", says: "no Auto Scaling group in us-west-2 is tagged kubernetes.io/cluster/harbor"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := w.aws.Groups.Find(context.Background(), tt.name, tt.cluster)
			if got != tt.want || (tt.says == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %q, %v", got, err)
			}
			if missing := errors.Is(err, upgrade.ErrNotFound); err != nil && missing == strings.Contains(tt.says, "is the name of") {
				t.Errorf("is not found: %v", missing)
			}
		})
	}
}

func TestFindReadsAllPages(t *testing.T) {
	w := newWorld(t)
	for i := range 130 {
		w.newGroup("filler-"+string(rune('a'+i%26))+string(rune('a'+i/26)), w.template.ID, "$Latest", 0,
			fakeaws.Tag{Key: "kubernetes.io/cluster/" + cluster, Value: "owned"})
	}
	w.newGroup("zz", w.template.ID, "1", 0, fakeaws.Tag{Key: "kubernetes.io/cluster/" + cluster, Value: "owned"},
		fakeaws.Tag{Key: "nodelift.dev/nodegroup", Value: "last"})
	if got, err := w.aws.Groups.Find(context.Background(), "last", cluster); got != "zz" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	following, err := w.aws.Groups.Following(context.Background(), group, upgrade.TemplateRef{ID: w.template.ID})
	if err != nil || len(following) != 130 {
		t.Errorf("%d groups follow, %v", len(following), err)
	}
}

func TestDetails(t *testing.T) {
	w := newWorld(t)
	w.newGroup("tagged", w.template.ID, "1", 0, fakeaws.Tag{Key: "team", Value: "blue"})
	got, err := w.aws.Groups.Details(context.Background(), "tagged")
	must(t, err)
	if got.Name != "tagged" || !strings.Contains(got.ARN, "tagged") || !cmp.Equal(got.Tags, map[string]string{"team": "blue"}) || got.Refresh != nil {
		t.Errorf("got %+v", got)
	}
	must(t, w.MarkRefreshing("tagged", true))
	if got, err = w.aws.Groups.Details(context.Background(), "tagged"); err != nil || got.Refresh == nil || got.Refresh.Status != "InProgress" {
		t.Errorf("a refresh in progress: %+v, %v", got.Refresh, err)
	}
	must(t, w.MarkRefreshing("tagged", false))
	if got, err = w.aws.Groups.Details(context.Background(), "tagged"); err != nil || got.Refresh != nil {
		t.Errorf("a refresh that was cancelled: %+v, %v", got.Refresh, err)
	}
}

func TestIdentity(t *testing.T) {
	w := newWorld(t)
	got, err := w.aws.Identity(context.Background())
	if want := (aws.Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/sandbox"}); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if w.aws.Region != "us-west-2" {
		t.Errorf("region %s", w.aws.Region)
	}
}

package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsv1apply "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// An autoscaler that GitOps scales up again is seen running: with its holders where
// only the manifest's fields were applied, without where the whole was replaced.
// Letting it go then leaves it as GitOps wants it.
func testAutoscalerPutBack(t *testing.T, config *rest.Config) {
	for name, tc := range map[string]struct {
		putBack func(*testing.T, *Cluster, *appsv1.Deployment)
		holders []string
	}{
		"by an apply of its fields": {applied, []string{"blue"}},
		"by a replacement":          {replaced, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, c := within(t), connect(t, config)
			live := &autoscaler{watched: c.live, live: c.live}
			manifest := theAutoscaler()
			create(t, c, manifest.DeepCopy())
			seen := func(replicas int, holders ...string) {
				t.Helper()
				got, err := live.State(ctx)
				if err != nil {
					t.Fatal(err)
				}
				want := upgrade.AutoscalerState{{Name: "kube-system/cluster-autoscaler", Replicas: replicas, SuspendedBy: holders}}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(upgrade.AutoscalerDeployment{}, "Before")); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
			if err := live.Suspend(ctx, "blue"); err != nil {
				t.Fatal(err)
			}
			seen(0, "blue")
			tc.putBack(t, c, manifest)
			seen(1, tc.holders...)
			if err := live.Resume(ctx, "blue"); err != nil {
				t.Fatal(err)
			}
			seen(1)
			after := get(t, c.live, theAutoscaler())
			if after.Annotations[annotationHolders]+after.Annotations[annotationReplicas] != "" {
				t.Errorf("left behind: %v", after.Annotations)
			}
		})
	}
}

func theAutoscaler() *appsv1.Deployment {
	labels := map[string]string{"app": "cluster-autoscaler"}
	d := deployment("kube-system", "cluster-autoscaler", 1, labels)
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: "example.com/main"}}
	return d
}

func applied(t *testing.T, c *Cluster, _ *appsv1.Deployment) {
	t.Helper()
	fields := appsv1apply.Deployment("cluster-autoscaler", "kube-system").WithSpec(appsv1apply.DeploymentSpec().WithReplicas(1))
	if err := c.live.Apply(t.Context(), fields, client.FieldOwner("gitops"), client.ForceOwnership); err != nil {
		t.Fatal(err)
	}
}

func replaced(t *testing.T, c *Cluster, manifest *appsv1.Deployment) {
	t.Helper()
	again := manifest.DeepCopy()
	again.Spec.Replicas = ptr.To[int32](1)
	if err := c.live.Update(t.Context(), again); err != nil {
		t.Fatal(err)
	}
}

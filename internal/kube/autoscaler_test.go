package kube

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func deployment(namespace, name string, replicas int32, labels map[string]string) *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: in(namespace, name), Spec: appsv1.DeploymentSpec{Replicas: &replicas}}
	d.Labels = labels
	return d
}

func TestFindAutoscaler(t *testing.T) {
	chart := map[string]string{"app.kubernetes.io/name": "aws-cluster-autoscaler"}
	for name, tc := range map[string]struct {
		there []client.Object
		want  string
	}{
		"there is none":          {[]client.Object{deployment("kube-system", "coredns", 2, nil)}, ""},
		"by the chart's label":   {[]client.Object{deployment("scaling", "ca", 1, chart)}, "scaling/ca"},
		"by the app label":       {[]client.Object{deployment("a", "ca", 1, map[string]string{"app": "cluster-autoscaler"})}, "a/ca"},
		"by kops' label":         {[]client.Object{deployment("a", "ca", 1, map[string]string{"k8s-app": "cluster-autoscaler"})}, "a/ca"},
		"by its name":            {[]client.Object{deployment("a", "my-cluster-autoscaler", 1, nil)}, "a/my-cluster-autoscaler"},
		"in kube-system first":   {[]client.Object{deployment("a", "ca", 1, chart), deployment("kube-system", "cluster-autoscaler", 1, nil)}, "kube-system/cluster-autoscaler"},
		"several in kube-system": {[]client.Object{deployment("kube-system", "ca", 1, chart), deployment("kube-system", "cluster-autoscaler", 1, nil)}, "kube-system/ca, kube-system/cluster-autoscaler"},
		"several elsewhere":      {[]client.Object{deployment("a", "ca", 1, chart), deployment("b", "ca", 1, chart)}, "a/ca, b/ca"},
		"one for AWS":            {[]client.Object{of("aws", deployment("a", "ca", 1, chart))}, "a/ca"},
		"not those of other clusters, which this one manages": {[]client.Object{of("clusterapi", deployment("a", "a-cluster-autoscaler", 1, nil)), of("aws", deployment("b", "ca", 1, chart))}, "b/ca"},
		"one for another cloud that is suspended":             {[]client.Object{of("clusterapi", suspended(deployment("a", "ca", 0, chart)))}, "a/ca"},
		"a suspended one, too":                                {[]client.Object{suspended(deployment("a", "ca", 0, chart)), deployment("kube-system", "ca", 1, chart)}, "a/ca, kube-system/ca"},
	} {
		t.Run(name, func(t *testing.T) {
			live := clusterWith(t, tc.there...)
			state, err := (&autoscaler{watched: live, live: live}).State(t.Context())
			if err != nil || state.String() != tc.want {
				t.Errorf("found %q (%v), want %q", state, err, tc.want)
			}
		})
	}
}

// of gives the Deployment the arguments that name its cloud, as the watch keeps them.
func of(cloud string, d *appsv1.Deployment) *appsv1.Deployment {
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "ca", Command: []string{"./cluster-autoscaler", "--cloud-provider=" + cloud}}}
	kept, _ := slim(d)
	return kept.(*appsv1.Deployment)
}

func suspended(d *appsv1.Deployment) *appsv1.Deployment {
	d.Annotations = map[string]string{annotationHolders: "blue", annotationReplicas: "2"}
	return d
}

// step is something that happens to the autoscaler, and how it is after.
type step struct {
	do       string // suspend HOLDER, resume HOLDER, scale N
	replicas int32
	holders  []string
}

func TestAutoscalerIsSharedByGroups(t *testing.T) {
	for name, tc := range map[string]struct {
		replicas int32
		steps    []step
	}{
		"one group": {2, []step{
			{"suspend blue", 0, []string{"blue"}},
			{"suspend blue", 0, []string{"blue"}},
			{"resume blue", 2, nil},
			{"resume blue", 2, nil},
		}},
		"the last of two restores it": {3, []step{
			{"suspend blue", 0, []string{"blue"}},
			{"suspend green", 0, []string{"blue", "green"}},
			{"resume blue", 0, []string{"green"}},
			{"resume green", 3, nil},
		}},
		"what its owner had off stays off": {0, []step{
			{"suspend blue", 0, []string{"blue"}},
			{"resume blue", 0, nil},
		}},
		"what somebody scales up meanwhile stays so": {1, []step{
			{"suspend blue", 0, []string{"blue"}},
			{"scale 4", 4, []string{"blue"}},
			{"resume blue", 4, nil},
		}},
		"a second group notes what was scaled up meanwhile": {1, []step{
			{"suspend blue", 0, []string{"blue"}},
			{"scale 4", 4, []string{"blue"}},
			{"suspend green", 0, []string{"blue", "green"}},
			{"resume blue", 0, []string{"green"}},
			{"resume green", 4, nil},
		}},
		"a holder that is not there": {1, []step{{"resume blue", 1, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			live := clusterWith(t, deployment("kube-system", "cluster-autoscaler", tc.replicas, nil))
			a := &autoscaler{watched: live, live: live}
			for _, s := range tc.steps {
				act(t, a, s.do)
				want := upgrade.AutoscalerState{{Name: "kube-system/cluster-autoscaler", Replicas: int(s.replicas), SuspendedBy: s.holders}}
				got, err := a.State(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(upgrade.AutoscalerDeployment{}, "Before")); diff != "" {
					t.Fatalf("after %q, -want +got:\n%s", s.do, diff)
				}
			}
			d := get(t, live, deployment("kube-system", "cluster-autoscaler", 0, nil))
			if len(d.Annotations) > 0 {
				t.Errorf("left behind: %v", d.Annotations)
			}
		})
	}
}

// TestOneAutoscalerForEachZone has a process killed after it has suspended the first of two Deployments.
func TestOneAutoscalerForEachZone(t *testing.T) {
	chart := map[string]string{"app.kubernetes.io/name": "cluster-autoscaler"}
	first := deployment("kube-system", "ca-a", 0, chart)
	first.Annotations = map[string]string{annotationHolders: "blue", annotationReplicas: "1"}
	live := clusterWith(t, first, deployment("kube-system", "ca-b", 2, chart))
	a := &autoscaler{watched: live, live: live}
	for _, s := range []struct {
		do              string
		suspended, held bool
		replicas        int
	}{
		{"", false, true, 2},
		{"suspend blue", true, true, 0},
		{"resume blue", false, false, 3},
	} {
		if s.do != "" {
			act(t, a, s.do)
		}
		got, err := a.State(t.Context())
		if err != nil || got.IsSuspendedBy("blue") != s.suspended || got.IsHeldBy("blue") != s.held || got.Replicas() != s.replicas || !got.Runs() {
			t.Errorf("after %q: %+v (%v)", s.do, got, err)
		}
	}
}

func act(t *testing.T, a *autoscaler, do string) {
	t.Helper()
	verb, object, _ := strings.Cut(do, " ")
	var err error
	switch verb {
	case "suspend":
		err = a.Suspend(t.Context(), object)
	case "resume":
		err = a.Resume(t.Context(), object)
	case "scale":
		d := get(t, a.live, deployment("kube-system", "cluster-autoscaler", 0, nil))
		d.Spec.Replicas = ptr.To(int32(object[0] - '0'))
		err = a.live.Update(t.Context(), d)
	}
	if err != nil {
		t.Fatalf("%s: %v", do, err)
	}
}

func TestAutoscalerWithoutADeployment(t *testing.T) {
	live := clusterWith(t)
	a := &autoscaler{watched: live, live: live}
	act(t, a, "suspend blue")
	act(t, a, "resume blue")
}

func TestAutoscalerWhoseReplicasAreLost(t *testing.T) {
	d := suspended(deployment("kube-system", "cluster-autoscaler", 0, nil))
	delete(d.Annotations, annotationReplicas)
	live := clusterWith(t, d)
	err := (&autoscaler{watched: live, live: live}).Resume(t.Context(), "blue")
	if err == nil || !strings.Contains(err.Error(), "scale it by hand") {
		t.Errorf("got %v", err)
	}
}

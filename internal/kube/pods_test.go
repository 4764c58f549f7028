package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// podOn is a pod that runs on the node, labelled app=NAME.
func podOn(node, name string, change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: in("shop", name)}
	pod.UID, pod.Labels = types.UID("uid-of-"+name), map[string]string{"app": name}
	pod.Spec.NodeName = node
	pod.Status.Phase = corev1.PodRunning
	change(pod)
	return pod
}

func ownedBy(kind string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{Kind: kind, Name: "owner", Controller: ptr.To(true)}}
}

func volume(v corev1.VolumeSource) []corev1.Volume {
	return []corev1.Volume{{Name: "data", VolumeSource: v}}
}

func TestPodInTheEnginesWords(t *testing.T) {
	grace := 30 * time.Second
	for name, tc := range map[string]struct {
		change func(*corev1.Pod)
		want   upgrade.Pod
	}{
		"a bare pod": {func(*corev1.Pod) {}, upgrade.Pod{Grace: grace}},
		"Ready, with a grace period": {func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
			p.Spec.TerminationGracePeriodSeconds = ptr.To[int64](3600)
			p.OwnerReferences = ownedBy("ReplicaSet")
		}, upgrade.Pod{Ready: true, Grace: time.Hour, Owner: "ReplicaSet/owner"}},
		"Pending":   {func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }, upgrade.Pod{Pending: true, Grace: grace}},
		"Succeeded": {func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, upgrade.Pod{Finished: true, Grace: grace}},
		"Failed":    {func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, upgrade.Pod{Finished: true, Grace: grace}},
		"of a DaemonSet": {func(p *corev1.Pod) { p.OwnerReferences = ownedBy("DaemonSet") },
			upgrade.Pod{Stays: true, Owner: "DaemonSet/owner", Grace: grace}},
		"a static pod's mirror": {func(p *corev1.Pod) {
			p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"}
			p.OwnerReferences = ownedBy("Node")
		}, upgrade.Pod{Stays: true, Owner: "Node/owner", Grace: grace}},
		"being deleted": {func(p *corev1.Pod) {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ptr.To(metav1.NewTime(at(5))), ptr.To[int64](5)
			p.Finalizers = []string{"example.com/wait"}
		}, upgrade.Pod{Deleting: at(5), Grace: 5 * time.Second, Finalizers: []string{"example.com/wait"}}},
		"with emptyDir": {func(p *corev1.Pod) {
			p.Spec.Volumes = volume(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})
		},
			upgrade.Pod{LocalData: true, Grace: grace}},
		"with a host's directory": {func(p *corev1.Pod) {
			p.Spec.Volumes = volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/data"}})
		}, upgrade.Pod{LocalData: true, Grace: grace}},
		"that Cluster Autoscaler is asked not to evict": {func(p *corev1.Pod) {
			p.Annotations = map[string]string{"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
		}, upgrade.Pod{Keep: "cluster-autoscaler.kubernetes.io/safe-to-evict=false", Grace: grace}},
		"that it may evict": {func(p *corev1.Pod) {
			p.Annotations = map[string]string{"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}
		}, upgrade.Pod{Grace: grace}},
		"that Karpenter is asked not to evict": {func(p *corev1.Pod) {
			p.Annotations = map[string]string{"karpenter.sh/do-not-disrupt": "true"}
		}, upgrade.Pod{Keep: "karpenter.sh/do-not-disrupt=true", Grace: grace}},
		"with a host's socket": {func(p *corev1.Pod) {
			p.Spec.Volumes = volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/run/x", Type: ptr.To(corev1.HostPathSocket)}})
		}, upgrade.Pod{Grace: grace}},
		"that tolerates everything": {func(p *corev1.Pod) {
			p.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		}, upgrade.Pod{Tolerates: "every taint", Grace: grace}},
		"that tolerates our taint": {func(p *corev1.Pod) {
			p.Spec.Tolerations = []corev1.Toleration{{Key: upgrade.TaintKey, Value: upgrade.TaintValue, Effect: corev1.TaintEffectNoSchedule}}
		}, upgrade.Pod{Tolerates: "eks.amazonaws.com/nodegroup=unschedulable", Grace: grace}},
		"that tolerates what every pod does": {func(p *corev1.Pod) {
			p.Spec.Tolerations = []corev1.Toleration{{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}}
		}, upgrade.Pod{Grace: grace}},
	} {
		t.Run(name, func(t *testing.T) {
			pod := podOn(theNode, "web-0", tc.change)
			tc.want.Namespace, tc.want.Name, tc.want.UID, tc.want.Node = "shop", "web-0", string(pod.UID), theNode
			if diff := cmp.Diff(tc.want, podOf(pod)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func budget(namespace, name string, selector *metav1.LabelSelector) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: in(namespace, name), Spec: policyv1.PodDisruptionBudgetSpec{Selector: selector},
		Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: 1, CurrentHealthy: 3, DesiredHealthy: 2, ExpectedPods: 4},
	}
}

func TestBudgetsSelectAsTheEvictionAPIDoes(t *testing.T) {
	app := func(name string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	}
	live := clusterWith(t, podOn(theNode, "web", nothing),
		budget("shop", "exact", app("web")),
		budget("shop", "empty", &metav1.LabelSelector{}),
		budget("shop", "none", nil),
		budget("shop", "other", app("db")),
		budget("shop", "broken", &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: "Like"}}}),
		budget("elsewhere", "exact", app("web")),
	)
	got, err := (&pods{watched: live, live: live, evicted: newEvicted()}).Occupancy(t.Context(), []string{theNode})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"shop/empty", "shop/exact"}, got.Pods[theNode][0].Budgets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := upgrade.Budget{Namespace: "shop", Name: "exact", Allowed: 1, Healthy: 3, Needed: 2, Expected: 4}
	if diff := cmp.Diff(want, got.Budgets["shop/exact"]); diff != "" || len(got.Budgets) != 2 {
		t.Errorf("%d budgets, -want +got:\n%s", len(got.Budgets), diff)
	}
}

func TestBudgetIsStaleUntilItsStatusIsOfThisGeneration(t *testing.T) {
	pdb := budget("shop", "web", nil)
	pdb.Generation, pdb.Status.ObservedGeneration = 2, 1
	pdb.Spec.UnhealthyPodEvictionPolicy = ptr.To(policyv1.AlwaysAllow)
	if b := budgetOf(pdb); !b.Stale || !b.AlwaysAllow {
		t.Errorf("got %+v", b)
	}
	pdb.Status.ObservedGeneration = 2
	if b := budgetOf(pdb); b.Stale {
		t.Errorf("got %+v", b)
	}
}

func persistent(name, claim string, zones ...string) *corev1.PersistentVolume {
	volume := &corev1.PersistentVolume{ObjectMeta: named(name)}
	volume.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "shop", Name: claim}
	if len(zones) > 0 {
		in := corev1.NodeSelectorRequirement{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: zones}
		volume.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{in}}},
		}}
	}
	return volume
}

func TestVolumesTieAPodToZonesAndNodes(t *testing.T) {
	claim := func(name string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name},
		}}
	}
	attachment := &storagev1.VolumeAttachment{ObjectMeta: named("csi-1")}
	attachment.Spec.NodeName, attachment.Spec.Source.PersistentVolumeName = theNode, ptr.To("pv-1")
	elsewhere := &storagev1.VolumeAttachment{ObjectMeta: named("csi-2")}
	elsewhere.Spec.NodeName, elsewhere.Spec.Source.PersistentVolumeName = "another", ptr.To("pv-2")
	live := clusterWith(t,
		podOn(theNode, "db-0", func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{claim("zonal"), claim("regional"), claim("unbound"),
				{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}}}
		}),
		persistent("pv-1", "zonal", "us-west-2a"), persistent("pv-2", "regional", "us-west-2a", "us-west-2b"),
		persistent("pv-3", "other", "us-west-2c"), attachment, elsewhere,
	)
	got, err := (&pods{watched: live, live: live, evicted: newEvicted()}).OccupancyNow(t.Context(), []string{theNode})
	if err != nil {
		t.Fatal(err)
	}
	pod := got.Pods[theNode][0]
	if diff := cmp.Diff([]string{"shop/zonal", "shop/regional", "shop/unbound", "shop/db-0-scratch"}, pod.Claims); diff != "" {
		t.Errorf("claims, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"us-west-2a"}, pod.Zones); diff != "" {
		t.Errorf("zones, -want +got:\n%s", diff)
	}
	want := map[string][]upgrade.Volume{theNode: {{Name: "pv-1", Claim: "shop/zonal"}}}
	if diff := cmp.Diff(want, got.Volumes); diff != "" {
		t.Errorf("volumes, -want +got:\n%s", diff)
	}
}

// A disk of a node ties its pod to that node, however its driver says so.
func TestVolumesThatOneNodeAloneHas(t *testing.T) {
	on := func(field bool, key string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) {
			is := []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{theNode}}}
			term := corev1.NodeSelectorTerm{MatchExpressions: is}
			if field {
				term = corev1.NodeSelectorTerm{MatchFields: is}
			}
			v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}}
		}
	}
	for name, tc := range map[string]struct {
		change func(*corev1.PersistentVolume)
		want   []string
	}{
		"a local volume":               {func(v *corev1.PersistentVolume) { v.Spec.Local = &corev1.LocalVolumeSource{Path: "/disk"} }, []string{"pv-1"}},
		"one bound to a hostname":      {on(false, corev1.LabelHostname), []string{"pv-1"}},
		"one bound to a node's name":   {on(true, "metadata.name"), []string{"pv-1"}},
		"one bound to a zone":          {on(false, corev1.LabelTopologyZone), nil},
		"one that is bound to nothing": {func(*corev1.PersistentVolume) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := persistent("pv-1", "data")
			tc.change(v)
			live := clusterWith(t, v, podOn(theNode, "db-0", func(p *corev1.Pod) {
				p.Spec.Volumes = volume(corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}})
			}))
			got, err := (&pods{watched: live, live: live, evicted: newEvicted()}).OccupancyNow(t.Context(), []string{theNode})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Pods[theNode][0].LocalVolumes); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPodOfATerminatingNamespace(t *testing.T) {
	closing := &corev1.Namespace{ObjectMeta: named("shop")}
	closing.Finalizers = []string{"example.com/wait"}
	live := clusterWith(t, closing, podOn(theNode, "web", nothing))
	if err := live.Delete(t.Context(), closing); err != nil {
		t.Fatal(err)
	}
	got, err := (&pods{watched: live, live: live, evicted: newEvicted()}).Occupancy(t.Context(), []string{theNode})
	if err != nil || !got.Pods[theNode][0].NamespaceTerminating {
		t.Errorf("got %+v, %v", got.Pods, err)
	}
}

func TestPodsWithoutANodeAreNamedWithTheSchedulersWords(t *testing.T) {
	refused := func(message string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status.Phase = corev1.PodPending
			p.Status.Conditions = []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: message,
			}}
		}
	}
	gated := func(p *corev1.Pod) {
		refused("x")(p)
		p.Status.Conditions[0].Reason = corev1.PodReasonSchedulingGated
	}
	live := clusterWith(t,
		podOn("", "web", refused("0/6 nodes are available: 6 Insufficient cpu. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.")),
		podOn("", "gated", gated), podOn("", "fresh", nothing), podOn(theNode, "placed", refused("x")),
		budget("shop", "exact", &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}),
	)
	got, err := (&pods{watched: live, live: live, evicted: newEvicted()}).Unschedulable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []upgrade.Pod{{
		Namespace: "shop", Name: "web", UID: "uid-of-web", Pending: true, Grace: 30 * time.Second,
		Unschedulable: "0/6 nodes are available: 6 Insufficient cpu", Budgets: []string{"shop/exact"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDeleteOfAPodThatIsGoneIsDone(t *testing.T) {
	live := clusterWith(t)
	p := &pods{watched: live, live: live, evicted: newEvicted()}
	if err := p.Delete(t.Context(), upgrade.Pod{Namespace: "shop", Name: "gone", UID: "old"}); err != nil {
		t.Error(err)
	}
}

func nothing(*corev1.Pod) {}

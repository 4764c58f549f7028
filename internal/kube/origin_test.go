package kube

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// A node group is of the cluster in which something was first borrowed. In another one, where a backup was
// restored, nothing is done with it.
func TestNodeGroupIsOfOneCluster(t *testing.T) {
	system := func(uid types.UID) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceSystem, UID: uid}}
	}
	here := clusterWith(t, theGroup(), theUpdate(), system("uid-here"))
	ours := &records{live: here, watched: here, name: "workers-1-a"}
	record, err := ours.Load(t.Context())
	if err != nil || record.Update.Fault != nil {
		t.Fatalf("a new node group: %+v, %v", record.Update.Fault, err)
	}
	record.Ledger = upgrade.Ledger{ARN: "arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:uuid:autoScalingGroupName/workers", Marks: true}
	if _, err = ours.SaveLedger(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if record, err = ours.Load(t.Context()); err != nil || record.Update.Fault != nil {
		t.Errorf("in its own cluster: %+v, %v", record.Update.Fault, err)
	}
	group := ours.group.DeepCopy()
	group.ResourceVersion = ""
	there := clusterWith(t, group, theUpdate(), system("uid-there"))
	record, err = (&records{live: there, watched: there, name: "workers-1-a"}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f := record.Update.Fault; f == nil || f.Lost || !strings.Contains(f.Why, "was copied from another cluster") {
		t.Errorf("in another cluster the fault is %+v", f)
	}
}

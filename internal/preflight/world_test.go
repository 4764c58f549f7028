package preflight

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// sound are facts that nothing is wrong with: group workers of cluster harbour,
// three nodes in three zones, on the way from 1.36 to 1.37.
func sound() Facts {
	from := upgrade.Image{
		ID: "ami-136", Name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20260818", Arch: "x86_64",
		Family: "AmazonLinux2023", Version: "1.36", Release: "1.36.2-20260818",
	}
	to := upgrade.Image{
		ID: "ami-137", Name: "amazon-eks-node-al2023-x86_64-standard-1.37-v20260915", Arch: "x86_64",
		Family: "AmazonLinux2023", Version: "1.37", Release: "1.37.1-20260915",
	}
	template := upgrade.TemplateVersion{ID: "lt-1", Name: "workers", Number: 4, Image: from.ID}
	f := Facts{
		Cluster: Cluster{Name: "harbour", Version: "v1.37.1-eks-1234567"},
		Group: upgrade.Group{
			Name: "workers", Size: upgrade.Size{Max: 3, Desired: 3}, Zones: []string{"a", "b", "c"},
			Template: upgrade.TemplateRef{ID: "lt-1", Name: "workers", Version: "4"},
		},
		Traits:     Traits{Tags: map[string]string{"kubernetes.io/cluster/harbour": "owned"}},
		Template:   template,
		UserData:   encoded(nodeConfigMIME),
		Present:    from,
		Asked:      upgrade.Target{Version: "1.37"},
		Target:     upgrade.Resolved{Image: to, From: from},
		Policy:     upgrade.DefaultPolicy(),
		Autoscaler: upgrade.AutoscalerState{{Name: "kube-system/cluster-autoscaler", Replicas: 1}},
		Occupancy:  upgrade.Occupancy{Pods: map[string][]upgrade.Pod{}, Budgets: map[string]upgrade.Budget{}},
		Replicas:   map[string]int{},
	}
	for _, zone := range f.Group.Zones {
		f.add(zone, from.ID, template)
	}
	return f
}

// add adds an instance with its node: i-1 and node-1, and so on.
func (f *Facts) add(zone, image string, template upgrade.TemplateVersion) {
	n := len(f.Group.Instances) + 1
	f.Group.Instances = append(f.Group.Instances, upgrade.Instance{
		ID: fmt.Sprintf("i-%d", n), Zone: zone, Lifecycle: upgrade.InService, Image: image, Template: template,
	})
	f.Cluster.Nodes = append(f.Cluster.Nodes, corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%d", n), Labels: map[string]string{}},
		Spec:       corev1.NodeSpec{ProviderID: fmt.Sprintf("aws:///us-west-2%s/i-%d", zone, n)},
		Status:     corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.36.2-eks-7654321"}},
	})
}

// run adds a pod of a Deployment with two replicas to node-1.
func (f *Facts) run(name string, change func(*upgrade.Pod)) {
	pod := upgrade.Pod{Namespace: "shop", Name: name, Node: "node-1", Owner: "ReplicaSet/" + name}
	f.Replicas[WorkloadID(pod.Namespace, pod.Owner)] = 2
	change(&pod)
	f.Occupancy.Pods["node-1"] = append(f.Occupancy.Pods["node-1"], pod)
}

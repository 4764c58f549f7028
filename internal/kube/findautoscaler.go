package kube

import (
	"cmp"
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// findAutoscalers finds Cluster Autoscaler's Deployments, none if there are none: those in kube-system, else
// those in any namespace. Some clusters have one for each zone, each for the groups of that zone. One for
// another cloud is none of them. Those that are suspended are found whatever they are, so that they are
// resumed.
func findAutoscalers(ctx context.Context, read client.Reader) ([]*appsv1.Deployment, error) {
	var list appsv1.DeploymentList
	if err := read.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, explain(err, "list deployments")
	}
	var system, others []*appsv1.Deployment
	for i := range list.Items {
		switch d := &list.Items[i]; {
		case !isAutoscaler(d), isForAnotherCloud(d) && len(holdersOf(d)) == 0:
		case d.Namespace == metav1.NamespaceSystem:
			system = append(system, d)
		default:
			others = append(others, d)
		}
	}
	if len(system) > 0 {
		others = slices.DeleteFunc(others, func(d *appsv1.Deployment) bool { return len(holdersOf(d)) == 0 })
	}
	found := append(system, others...)
	slices.SortFunc(found, func(a, b *appsv1.Deployment) int { return cmp.Compare(nameOf(a), nameOf(b)) })
	return found, nil
}

// isAutoscaler knows the labels of the Helm chart (under both of its names), of the
// project's own manifests and of kops. Without these it goes by the name.
func isAutoscaler(d *appsv1.Deployment) bool {
	switch d.Labels["app.kubernetes.io/name"] {
	case "cluster-autoscaler", "aws-cluster-autoscaler":
		return true
	}
	return d.Labels["app"] == "cluster-autoscaler" || d.Labels["k8s-app"] == "cluster-autoscaler" ||
		d.Name == "cluster-autoscaler" || strings.HasSuffix(d.Name, "-cluster-autoscaler")
}

// isForAnotherCloud reports whether its arguments name another cloud than AWS. Clusters that run the control
// planes of others, or manage them with Cluster API, have such a Deployment for each of those
// (--cloud-provider=clusterapi): it changes nodes of another cluster.
func isForAnotherCloud(d *appsv1.Deployment) bool {
	for _, c := range d.Spec.Template.Spec.Containers {
		for _, word := range slices.Concat(c.Command, c.Args) {
			cloud, named := strings.CutPrefix(word, "--cloud-provider=")
			if named && cloud != "aws" {
				return true
			}
		}
	}
	return false
}

func nameOf(d *appsv1.Deployment) string { return d.Namespace + "/" + d.Name }

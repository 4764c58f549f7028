package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// findAutoscaler finds Cluster Autoscaler's Deployment, nil if there is none: the one that
// is suspended, else the one in kube-system, else the one in any namespace. Several
// candidates are an error, because suspending one would leave the others running.
func findAutoscaler(ctx context.Context, read client.Reader) (*appsv1.Deployment, error) {
	var list appsv1.DeploymentList
	if err := read.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, explain(err, "list deployments")
	}
	candidates := slices.DeleteFunc(list.Items, func(d appsv1.Deployment) bool { return !isAutoscaler(&d) })
	for _, preferred := range []func(*appsv1.Deployment) bool{isSuspended, isInKubeSystem, anywhere} {
		switch chosen := choose(candidates, preferred); len(chosen) {
		case 0:
		case 1:
			return chosen[0], nil
		default:
			return nil, fmt.Errorf("there are several Deployments of Cluster Autoscaler (%s): scale all but one to 0 and remove their labels, or suspend them yourself and let the update ignore the autoscaler",
				strings.Join(namesOf(chosen), ", "))
		}
	}
	return nil, nil
}

func choose(all []appsv1.Deployment, preferred func(*appsv1.Deployment) bool) []*appsv1.Deployment {
	var chosen []*appsv1.Deployment
	for i := range all {
		if preferred(&all[i]) {
			chosen = append(chosen, &all[i])
		}
	}
	return chosen
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

func isSuspended(d *appsv1.Deployment) bool    { return len(holdersOf(d)) > 0 }
func isInKubeSystem(d *appsv1.Deployment) bool { return d.Namespace == metav1.NamespaceSystem }
func anywhere(*appsv1.Deployment) bool         { return true }

func namesOf(deployments []*appsv1.Deployment) []string {
	names := make([]string, 0, len(deployments))
	for _, d := range deployments {
		names = append(names, d.Namespace+"/"+d.Name)
	}
	slices.Sort(names)
	return names
}

package fakekube

import (
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Resource is a kind of objects that the server has.
type Resource struct {
	schema.GroupVersionResource
	Kind       string
	Namespaced bool
	// Status is set if the status is a subresource, which writes of the object do not change.
	Status bool
	// Generation is set if each change of the spec is counted in metadata.generation.
	Generation bool
}

func (r Resource) gvk() schema.GroupVersionKind { return r.GroupVersion().WithKind(r.Kind) }

// CoreResources are the resources of Kubernetes itself that clients of this server may use.
func CoreResources() []Resource {
	of := func(gv schema.GroupVersion, resource, kind string, namespaced bool) Resource {
		return Resource{GroupVersionResource: gv.WithResource(resource), Kind: kind, Namespaced: namespaced}
	}
	pods, nodes := of(corev1.SchemeGroupVersion, "pods", "Pod", true), of(corev1.SchemeGroupVersion, "nodes", "Node", false)
	budgets := of(policyv1.SchemeGroupVersion, "poddisruptionbudgets", "PodDisruptionBudget", true)
	deployments := of(appsv1.SchemeGroupVersion, "deployments", "Deployment", true)
	pods.Status, nodes.Status, budgets.Status, deployments.Status = true, true, true, true
	budgets.Generation, deployments.Generation = true, true
	return []Resource{
		pods, nodes, budgets, deployments,
		of(corev1.SchemeGroupVersion, "namespaces", "Namespace", false),
		of(corev1.SchemeGroupVersion, "persistentvolumes", "PersistentVolume", false),
		of(storagev1.SchemeGroupVersion, "volumeattachments", "VolumeAttachment", false),
		of(coordinationv1.SchemeGroupVersion, "leases", "Lease", true),
		of(eventsv1.SchemeGroupVersion, "events", "Event", true),
	}
}

// discover answers what clients ask to find out which resources there are; nil for any other
// path.
func (s *Server) discover(parts []string) any {
	switch {
	case len(parts) == 1 && parts[0] == "version":
		return map[string]string{"major": "1", "minor": "37", "gitVersion": "v1.37.1"}
	case len(parts) == 1 && parts[0] == "api":
		return metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}
	case len(parts) == 1 && parts[0] == "apis":
		list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
		for _, gv := range s.versions() {
			if gv.Group != "" {
				list.Groups = append(list.Groups, groupOf(gv))
			}
		}
		return list
	case len(parts) == 2 && parts[0] == "apis":
		for _, gv := range s.versions() {
			if gv.Group == parts[1] {
				return groupOf(gv)
			}
		}
	case len(parts) == 2 && parts[0] == "api":
		return s.resourceList(schema.GroupVersion{Version: parts[1]})
	case len(parts) == 3 && parts[0] == "apis":
		return s.resourceList(schema.GroupVersion{Group: parts[1], Version: parts[2]})
	}
	return nil
}

func groupOf(gv schema.GroupVersion) metav1.APIGroup {
	version := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
	return metav1.APIGroup{
		TypeMeta: metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"},
		Name:     gv.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version,
	}
}

// versions are the groups and versions in the order of the resources, each once.
func (s *Server) versions() []schema.GroupVersion {
	var all []schema.GroupVersion
	seen := map[schema.GroupVersion]bool{}
	for _, r := range s.cfg.Resources {
		if gv := r.GroupVersion(); !seen[gv] {
			seen[gv] = true
			all = append(all, gv)
		}
	}
	return all
}

func (s *Server) resourceList(gv schema.GroupVersion) any {
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv.String()}
	for _, r := range s.cfg.Resources {
		if r.GroupVersion() != gv {
			continue
		}
		list.APIResources = append(list.APIResources, metav1.APIResource{
			Name: r.Resource, Kind: r.Kind, Namespaced: r.Namespaced,
			Verbs: metav1.Verbs{"create", "delete", "get", "list", "patch", "update", "watch"},
		})
	}
	if len(list.APIResources) == 0 {
		return nil
	}
	return list
}

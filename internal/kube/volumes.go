package kube

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// attachments returns the volumes that are attached to some nodes, by node.
func (p *pods) attachments(ctx context.Context, nodes []string) (map[string][]upgrade.Volume, error) {
	var list storagev1.VolumeAttachmentList
	if err := p.watched.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, explain(err, "list volumeattachments")
	}
	wanted := make(map[string]bool, len(nodes))
	for _, node := range nodes {
		wanted[node] = true
	}
	volumes := map[string][]upgrade.Volume{}
	for i := range list.Items {
		a := &list.Items[i]
		if wanted[a.Spec.NodeName] {
			volumes[a.Spec.NodeName] = append(volumes[a.Spec.NodeName], p.attached(ctx, a))
		}
	}
	return volumes, nil
}

// attached names a volume and its claim. A volume without a PersistentVolume has the name
// of its attachment; one whose PersistentVolume is gone has no claim.
func (p *pods) attached(ctx context.Context, a *storagev1.VolumeAttachment) upgrade.Volume {
	name := a.Spec.Source.PersistentVolumeName
	if name == nil {
		return upgrade.Volume{Name: a.Name}
	}
	var volume corev1.PersistentVolume
	if err := p.watched.Get(ctx, client.ObjectKey{Name: *name}, &volume); err != nil {
		return upgrade.Volume{Name: *name}
	}
	claim := claimOfVolume(&volume)
	if len(claim) == 0 {
		return upgrade.Volume{Name: *name}
	}
	return upgrade.Volume{Name: *name, Claim: claim[0]}
}

// ties returns the zones in which all volumes of some claims can be used, nil for any zone,
// and the volumes that exist on one node alone.
func (p *pods) ties(ctx context.Context, claims []string) (zones, local []string) {
	for _, claim := range claims {
		var list corev1.PersistentVolumeList
		err := p.watched.List(ctx, &list, client.MatchingFields{fieldClaim: claim}, client.UnsafeDisableDeepCopy)
		if err != nil || len(list.Items) == 0 {
			continue // not bound yet: its zone follows its pod
		}
		if isOnOneNode(&list.Items[0]) {
			local = append(local, list.Items[0].Name)
		}
		allowed := zonesOf(&list.Items[0])
		if zones == nil {
			zones = allowed
			continue
		}
		if allowed != nil {
			zones = slices.DeleteFunc(zones, func(z string) bool { return !slices.Contains(allowed, z) })
		}
	}
	return zones, local
}

// isOnOneNode reports whether a volume is a disk or directory of one node.
func isOnOneNode(volume *corev1.PersistentVolume) bool {
	if volume.Spec.Local != nil {
		return true
	}
	affinity := volume.Spec.NodeAffinity
	if affinity == nil || affinity.Required == nil {
		return false
	}
	for _, term := range affinity.Required.NodeSelectorTerms {
		if slices.ContainsFunc(slices.Concat(term.MatchExpressions, term.MatchFields), isOneNode) {
			return true
		}
	}
	return false
}

func isOneNode(r corev1.NodeSelectorRequirement) bool {
	return (r.Key == corev1.LabelHostname || r.Key == metav1.ObjectNameField) && r.Operator == corev1.NodeSelectorOpIn
}

// zonesOf returns the zones in which a volume can be used, nil for all.
func zonesOf(volume *corev1.PersistentVolume) []string {
	affinity := volume.Spec.NodeAffinity
	if affinity == nil || affinity.Required == nil {
		return nil
	}
	var zones []string
	for _, term := range affinity.Required.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			if isZoneLabel(e.Key) && e.Operator == corev1.NodeSelectorOpIn {
				zones = append(zones, e.Values...)
			}
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// isZoneLabel knows the labels with which volume drivers name a zone.
func isZoneLabel(key string) bool {
	return key == corev1.LabelTopologyZone || key == corev1.LabelFailureDomainBetaZone || key == "topology.ebs.csi.aws.com/zone"
}

package cli

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// request is the update that the options ask for, of a node group and with a
// target that is resolved.
func (o *upgradeOptions) request(nodeGroup string, target upgrade.Target) *v1alpha1.NodeGroupUpdate {
	if o.sizes != nil {
		return o.scalingRequest(nodeGroup)
	}
	u := &v1alpha1.NodeGroupUpdate{
		Spec: v1alpha1.NodeGroupUpdateSpec{
			NodeGroup: nodeGroup,
			Target: &v1alpha1.Target{
				Version: target.Version, ReleaseVersion: target.Release,
				ImageID: target.Image, LaunchTemplateVersion: target.TemplateVersion,
				AMIFamily: target.Family,
			},
		},
	}
	o.addSettings(&u.Spec)
	return u
}

// addSettings writes the settings that were given. The others are the node
// group's.
func (o *upgradeOptions) addSettings(spec *v1alpha1.NodeGroupUpdateSpec) {
	if o.isGiven("strategy") {
		spec.Strategy = v1alpha1.Strategy(o.strategy)
	}
	if o.isGiven("node-order") {
		spec.NodeOrder = v1alpha1.NodeOrder(o.nodeOrder)
	}
	if o.isGiven("max-unavailable") {
		spec.MaxUnavailable = new(intstr.Parse(o.policy.MaxUnavailable.String()))
	}
	if o.isGiven("force") {
		spec.Force = o.policy.Force
	}
	if o.isGiven("drain-timeout") {
		spec.DrainTimeout = &metav1.Duration{Duration: o.policy.DrainTimeout}
	}
	if o.isGiven("join-timeout") {
		spec.JoinTimeout = &metav1.Duration{Duration: o.policy.JoinTimeout}
	}
	if o.isGiven("cordon-wait") {
		spec.CordonWait = &metav1.Duration{Duration: o.policy.CordonWait}
	}
	if o.isGiven("min-ready") {
		spec.MinReady = &metav1.Duration{Duration: o.policy.MinReady}
	}
	if o.isGiven("autoscaler") {
		spec.Autoscaler = v1alpha1.AutoscalerMode(o.autoscaler)
	}
	if o.isGiven("canary") {
		spec.Canary = &v1alpha1.Canary{Nodes: int32(o.policy.Canary), Soak: &metav1.Duration{Duration: o.policy.CanarySoak}}
	}
	if o.isGiven("soak") {
		spec.Soak = &metav1.Duration{Duration: o.policy.Soak}
	}
	if o.isGiven("on-drain-timeout") {
		spec.OnDrainTimeout = v1alpha1.OnDrainTimeout(o.onTimeout)
	}
	o.health.add(&spec.HealthSettings, o.isGiven)
	if o.isGiven("rollback-on-failure") {
		spec.RollbackOnFailure = &o.policy.RollbackOnFailure
	}
	if o.isGiven("respect-safe-to-evict") {
		spec.RespectSafeToEvict = &o.policy.RespectSafeToEvict
	}
}

func (o *upgradeOptions) isGiven(flag string) bool {
	_, given := o.given[flag]
	return given
}

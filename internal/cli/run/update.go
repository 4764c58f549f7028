package run

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Update is the update that the request asks for, of one node group and with a target
// that is resolved.
func (r *Request) Update(nodeGroup string, target upgrade.Target) *v1alpha1.NodeGroupUpdate {
	if r.Sizes != nil {
		return r.scalingUpdate(nodeGroup)
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
	r.addSettings(&u.Spec)
	return u
}

// addSettings writes the settings that were given. The others are left to the node
// group.
func (r *Request) addSettings(spec *v1alpha1.NodeGroupUpdateSpec) {
	if r.isGiven("strategy") {
		spec.Strategy = v1alpha1.Strategy(r.Policy.Strategy)
	}
	if r.isGiven("node-order") {
		spec.NodeOrder = v1alpha1.NodeOrder(r.Policy.NodeOrder)
	}
	if r.isGiven("max-unavailable") {
		spec.MaxUnavailable = new(intstr.Parse(r.Policy.MaxUnavailable.String()))
	}
	if r.isGiven("force") {
		spec.Force = r.Policy.Force
	}
	if r.isGiven("drain-timeout") {
		spec.DrainTimeout = &metav1.Duration{Duration: r.Policy.DrainTimeout}
	}
	if r.isGiven("join-timeout") {
		spec.JoinTimeout = &metav1.Duration{Duration: r.Policy.JoinTimeout}
	}
	if r.isGiven("cordon-wait") {
		spec.CordonWait = &metav1.Duration{Duration: r.Policy.CordonWait}
	}
	if r.isGiven("min-ready") {
		spec.MinReady = &metav1.Duration{Duration: r.Policy.MinReady}
	}
	if r.isGiven("autoscaler") {
		spec.Autoscaler = v1alpha1.AutoscalerMode(r.Policy.Autoscaler)
	}
	if r.isGiven("canary") {
		spec.Canary = &v1alpha1.Canary{Nodes: int32(r.Policy.Canary), Soak: &metav1.Duration{Duration: r.Policy.CanarySoak}}
	}
	if r.isGiven("soak") {
		spec.Soak = &metav1.Duration{Duration: r.Policy.Soak}
	}
	if r.isGiven("on-drain-timeout") {
		spec.OnDrainTimeout = v1alpha1.OnDrainTimeout(r.Given["on-drain-timeout"])
	}
	r.addHealth(&spec.HealthSettings)
	if r.isGiven("rollback-on-failure") {
		spec.RollbackOnFailure = &r.Policy.RollbackOnFailure
	}
	if r.isGiven("adopt") {
		spec.Adopt = &r.Policy.Adopt
	}
	if r.isGiven("respect-safe-to-evict") {
		spec.RespectSafeToEvict = &r.Policy.RespectSafeToEvict
	}
}

func (r *Request) isGiven(flag string) bool {
	_, given := r.Given[flag]
	return given
}

// scalingUpdate is the update that a request for other sizes asks for.
func (r *Request) scalingUpdate(nodeGroup string) *v1alpha1.NodeGroupUpdate {
	u := &v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: nodeGroup, Scaling: scalingConfig(*r.Sizes)}}
	r.addSettings(&u.Spec)
	return u
}

func scalingConfig(s upgrade.Scaling) *v1alpha1.ScalingConfig {
	return &v1alpha1.ScalingConfig{MinSize: narrow(s.Min), MaxSize: narrow(s.Max), DesiredSize: narrow(s.Desired)}
}

func narrow(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(int32(*n))
}

// addHealth writes the settings about bad health that were given.
func (r *Request) addHealth(settings *v1alpha1.HealthSettings) {
	if most := r.Policy.Health.MaxUnready; r.isGiven("max-unready-pods") && most != nil {
		settings.MaxUnreadyPods = new(intstr.Parse(most.String()))
	}
	if r.isGiven("on-bad-health") {
		settings.OnBadHealth = v1alpha1.OnBadHealth(r.Policy.Health.Then)
	}
	if r.isGiven("bad-health-after") {
		settings.BadHealthAfter = &metav1.Duration{Duration: r.Policy.Health.After}
	}
}

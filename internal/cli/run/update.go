package run

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Update is what the request writes: the update that the options ask for, of a node group and with a
// target that is resolved.
func (o *Request) Update(nodeGroup string, target upgrade.Target) *v1alpha1.NodeGroupUpdate {
	if o.Sizes != nil {
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
func (o *Request) addSettings(spec *v1alpha1.NodeGroupUpdateSpec) {
	if o.isGiven("strategy") {
		spec.Strategy = v1alpha1.Strategy(o.Policy.Strategy)
	}
	if o.isGiven("node-order") {
		spec.NodeOrder = v1alpha1.NodeOrder(o.Policy.NodeOrder)
	}
	if o.isGiven("max-unavailable") {
		spec.MaxUnavailable = intOrPercent(o.Policy.MaxUnavailable)
	}
	if o.isGiven("force") {
		spec.Force = o.Policy.Force
	}
	if o.isGiven("drain-timeout") {
		spec.DrainTimeout = &metav1.Duration{Duration: o.Policy.DrainTimeout}
	}
	if o.isGiven("join-timeout") {
		spec.JoinTimeout = &metav1.Duration{Duration: o.Policy.JoinTimeout}
	}
	if o.isGiven("cordon-wait") {
		spec.CordonWait = &metav1.Duration{Duration: o.Policy.CordonWait}
	}
	if o.isGiven("min-ready") {
		spec.MinReady = &metav1.Duration{Duration: o.Policy.MinReady}
	}
	if o.isGiven("autoscaler") {
		spec.Autoscaler = v1alpha1.AutoscalerMode(o.Policy.Autoscaler)
	}
	if o.isGiven("canary") {
		spec.Canary = &v1alpha1.Canary{Nodes: int32(o.Policy.Canary), Soak: &metav1.Duration{Duration: o.Policy.CanarySoak}}
	}
	if o.isGiven("soak") {
		spec.Soak = &metav1.Duration{Duration: o.Policy.Soak}
	}
	if o.isGiven("on-drain-timeout") {
		spec.OnDrainTimeout = v1alpha1.OnDrainTimeout(o.Given["on-drain-timeout"])
	}
	o.addHealth(&spec.HealthSettings)
	if o.isGiven("rollback-on-failure") {
		spec.RollbackOnFailure = &o.Policy.RollbackOnFailure
	}
	if o.isGiven("respect-safe-to-evict") {
		spec.RespectSafeToEvict = &o.Policy.RespectSafeToEvict
	}
}

func (o *Request) isGiven(flag string) bool {
	_, given := o.Given[flag]
	return given
}

func intOrPercent(c upgrade.Count) *intstr.IntOrString {
	value := intstr.FromInt32(int32(c.Value))
	if c.Percent {
		value = intstr.FromString(show.Count(c))
	}
	return &value
}

// scalingRequest is the update that the options ask for.
func (o *Request) scalingRequest(nodeGroup string) *v1alpha1.NodeGroupUpdate {
	u := &v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: nodeGroup, Scaling: scalingConfig(*o.Sizes)}}
	o.addSettings(&u.Spec)
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

// addHealth does the same for the settings about bad health.
func (o *Request) addHealth(settings *v1alpha1.HealthSettings) {
	if most := o.Policy.Health.MaxUnready; o.isGiven("max-unready-pods") && most != nil {
		value := intstr.FromInt32(int32(most.Value))
		if most.Percent {
			value = intstr.FromString(show.Share(*most))
		}
		settings.MaxUnreadyPods = &value
	}
	if o.isGiven("on-bad-health") {
		settings.OnBadHealth = v1alpha1.OnBadHealth(o.Policy.Health.Then)
	}
	if o.isGiven("bad-health-after") {
		settings.BadHealthAfter = &metav1.Duration{Duration: o.Policy.Health.After}
	}
}

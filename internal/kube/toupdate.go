package kube

import (
	"cmp"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// toUpdate translates what people asked for: what the update says, else what its node group
// says, else EKS's default. Deleting an update that has not ended cancels it. A cancelled
// update with inconsistent settings restores by the defaults.
func toUpdate(update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) upgrade.Update {
	policy, err := Policy(update.Spec, group.Spec)
	if err != nil {
		policy = upgrade.DefaultPolicy()
	}
	asked := upgrade.Update{
		Name:           update.Name,
		UID:            string(update.UID),
		Group:          group.Spec.AutoScalingGroup,
		NodeGroup:      group.Name,
		Target:         Target(update.Spec.Target),
		Scaling:        Scaling(update.Spec.Scaling),
		Policy:         policy,
		Cancelled:      update.Spec.Cancelled || update.DeletionTimestamp != nil,
		PauseRequested: update.Spec.PausedAt(time.Now()),

		RestoreTemplate:      update.Spec.RestoreTemplate,
		AcceptedHealthPauses: int(update.Spec.AcceptedStops),
	}
	if err != nil && !asked.Cancelled {
		asked.Fault = inconsistent(update, err)
	}
	return asked
}

// Target translates what an update's nodes become; nothing if it has no target.
func Target(t *v1alpha1.Target) upgrade.Target {
	if t == nil {
		return upgrade.Target{}
	}
	return upgrade.Target{
		Version: t.Version, Release: t.ReleaseVersion, Image: t.ImageID, TemplateVersion: t.LaunchTemplateVersion,
		Family: t.AMIFamily,
	}
}

// Policy is how an update works: what it says itself, else what its node group says, else
// the defaults. The error says which setting is inconsistent.
func Policy(update v1alpha1.NodeGroupUpdateSpec, group v1alpha1.NodeGroupSpec) (upgrade.Policy, error) {
	policy := upgrade.DefaultPolicy()
	if update.Scaling != nil { // Cluster Autoscaler would change the sizes that are asked for
		policy.Autoscaler = upgrade.AutoscalerSuspend
	}
	config := group.UpdateConfig
	if config == nil {
		config = &v1alpha1.UpdateConfig{}
	}
	policy.Strategy = upgrade.Strategy(cmp.Or(update.Strategy, config.UpdateStrategy, v1alpha1.StrategyDefault))
	policy.NodeOrder = upgrade.NodeOrder(cmp.Or(update.NodeOrder, group.NodeOrder, v1alpha1.NodeOrderRandom))
	for _, settings := range []v1alpha1.Settings{group.Settings, update.Settings} {
		applySettings(&policy, settings)
		if err := applyHealth(&policy.Health, settings.HealthSettings); err != nil {
			return policy, err
		}
	}
	if err := checkSettings(update, group); err != nil {
		return policy, err
	}
	if update.Force {
		policy.Force, policy.Quarantine = true, false
	}
	if update.Scaling != nil { // it replaces no node
		policy.Strategy, policy.NodeOrder, policy.RollbackOnFailure = upgrade.Default, upgrade.Random, false
		if policy.Health.Then == upgrade.BadHealthRollsBack { // a scaling cannot be rolled back
			policy.Health.Then = upgrade.BadHealthCancels
		}
	}
	if update.RollbackOf != "" || update.Scaling != nil { // back to the old image as fast as possible
		policy.Canary, policy.CanarySoak, policy.Soak = 0, 0, 0
	}
	if update.RollbackOf != "" {
		policy.Health = upgrade.DefaultPolicy().Health
	}
	var err error
	if policy.MaxUnavailable, err = maxUnavailable(update.MaxUnavailable, *config); err != nil {
		return policy, err
	}
	return policy, policy.Check()
}

// usualCanarySoak is the default of canary.soak.
const usualCanarySoak = 10 * time.Minute

// applySettings overwrites a policy with the settings that are set.
func applySettings(policy *upgrade.Policy, settings v1alpha1.Settings) {
	for _, s := range []struct {
		to   *time.Duration
		from *metav1.Duration
	}{
		{&policy.DrainTimeout, settings.DrainTimeout},
		{&policy.JoinTimeout, settings.JoinTimeout},
		{&policy.CordonWait, settings.CordonWait},
		{&policy.MinReady, settings.MinReady},
		{&policy.Soak, settings.Soak},
	} {
		if s.from != nil {
			*s.to = s.from.Duration
		}
	}
	if settings.Autoscaler != "" {
		policy.Autoscaler = upgrade.AutoscalerMode(settings.Autoscaler)
	}
	if settings.RespectSafeToEvict != nil {
		policy.RespectSafeToEvict = *settings.RespectSafeToEvict
	}
	if settings.Adopt != nil {
		policy.Adopt = *settings.Adopt
	}
	if at := settings.OnDrainTimeout; at != "" {
		policy.Force, policy.Quarantine = at == v1alpha1.OnDrainTimeoutForce, at == v1alpha1.OnDrainTimeoutQuarantine
	}
	if c := settings.Canary; c != nil {
		policy.Canary, policy.CanarySoak = int(c.Nodes), usualCanarySoak
		if c.Soak != nil {
			policy.CanarySoak = c.Soak.Duration
		}
	}
	if settings.RollbackOnFailure != nil {
		policy.RollbackOnFailure = *settings.RollbackOnFailure
	}
}

// Settings turns a policy into the settings of a resource, each of them set.
func Settings(p upgrade.Policy) v1alpha1.Settings {
	return v1alpha1.Settings{
		NodeOrder:          v1alpha1.NodeOrder(p.NodeOrder),
		DrainTimeout:       &metav1.Duration{Duration: p.DrainTimeout},
		JoinTimeout:        &metav1.Duration{Duration: p.JoinTimeout},
		CordonWait:         &metav1.Duration{Duration: p.CordonWait},
		MinReady:           &metav1.Duration{Duration: p.MinReady},
		Autoscaler:         v1alpha1.AutoscalerMode(p.Autoscaler),
		RespectSafeToEvict: &p.RespectSafeToEvict,
		Adopt:              &p.Adopt,
		OnDrainTimeout:     onDrainTimeout(p),
		RollbackOnFailure:  &p.RollbackOnFailure,
		Canary:             canary(p),
		Soak:               &metav1.Duration{Duration: p.Soak},
		HealthSettings:     healthSettings(p.Health),
	}
}

func canary(p upgrade.Policy) *v1alpha1.Canary {
	if p.Canary == 0 {
		return nil
	}
	return &v1alpha1.Canary{Nodes: int32(p.Canary), Soak: &metav1.Duration{Duration: p.CanarySoak}}
}

func onDrainTimeout(p upgrade.Policy) v1alpha1.OnDrainTimeout {
	switch {
	case p.Force:
		return v1alpha1.OnDrainTimeoutForce
	case p.Quarantine:
		return v1alpha1.OnDrainTimeoutQuarantine
	}
	return v1alpha1.OnDrainTimeoutFail
}

// maxUnavailable is the update's, else that of its node group, else EKS's.
func maxUnavailable(update *intstr.IntOrString, config v1alpha1.UpdateConfig) (upgrade.Count, error) {
	const name = "maxUnavailable"
	switch bounds := upgrade.UnavailableNodes(); {
	case update != nil:
		return toCount(name, *update, bounds)
	case config.MaxUnavailable != nil:
		return toCount(name, intstr.FromInt32(*config.MaxUnavailable), bounds)
	case config.MaxUnavailablePercentage != nil:
		return toCount(name, intstr.FromString(fmt.Sprintf("%d%%", *config.MaxUnavailablePercentage)), bounds)
	}
	return upgrade.DefaultPolicy().MaxUnavailable, nil
}

// toCount reads a count and refuses what the schema refuses: the resource may be older
// than the schema.
func toCount(name string, value intstr.IntOrString, bounds upgrade.Range) (upgrade.Count, error) {
	c, err := bounds.Parse(value.String())
	if err != nil || c.Percent != (value.Type == intstr.String) {
		return c, fmt.Errorf("%s %s is not %s", name, value.String(), bounds)
	}
	return c, nil
}

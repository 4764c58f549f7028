package kube

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// applyHealth overwrites the health settings of a policy with those that are set. Each of
// maxUnreadyPods and onBadHealth alone makes an update stop for bad health.
func applyHealth(health *upgrade.Health, settings v1alpha1.HealthSettings) error {
	if after := settings.BadHealthAfter; after != nil {
		health.After = after.Duration
	}
	if settings.OnBadHealth != "" {
		health.Then = upgrade.OnBadHealth(settings.OnBadHealth)
	}
	if settings.MaxUnreadyPods == nil {
		return nil
	}
	most, err := toCount("maxUnreadyPods", *settings.MaxUnreadyPods, upgrade.UnreadyPods())
	health.MaxUnready, health.Then = &most, cmp.Or(health.Then, upgrade.BadHealthPauses)
	return err
}

// healthSettings is the inverse of applyHealth.
func healthSettings(h upgrade.Health) v1alpha1.HealthSettings {
	if h.Then == "" {
		return v1alpha1.HealthSettings{}
	}
	settings := v1alpha1.HealthSettings{OnBadHealth: v1alpha1.OnBadHealth(h.Then), BadHealthAfter: &metav1.Duration{Duration: h.After}}
	if most := h.MaxUnready; most != nil {
		settings.MaxUnreadyPods = new(intstr.Parse(most.String()))
	}
	return settings
}

func fromHealth(h upgrade.HealthBaseline) v1alpha1.Health {
	return v1alpha1.Health{
		At: fromTime(h.At), Starting: h.Starting,
		Workloads: each(h.Workloads, func(w upgrade.Workload) v1alpha1.WorkloadHealth {
			return v1alpha1.WorkloadHealth{Name: w.Name, Ready: int32(w.Ready), Unready: int32(w.Unready)}
		}),
	}
}

func toHealth(h v1alpha1.Health) upgrade.HealthBaseline {
	return upgrade.HealthBaseline{
		At: toTime(h.At), Starting: h.Starting,
		Workloads: each(h.Workloads, func(w v1alpha1.WorkloadHealth) upgrade.Workload {
			return upgrade.Workload{Name: w.Name, Ready: int(w.Ready), Unready: int(w.Unready)}
		}),
	}
}

func fromStop(s upgrade.HealthPause) v1alpha1.Stop {
	return v1alpha1.Stop{At: fromTime(s.At), Why: s.Why}
}

func toStop(s v1alpha1.Stop) upgrade.HealthPause {
	return upgrade.HealthPause{At: toTime(s.At), Why: s.Why}
}

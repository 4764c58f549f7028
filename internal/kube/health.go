package kube

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// settleHealth overwrites what a policy says about bad health with what is set. Either of
// the two settings has it stop the update.
func settleHealth(health *upgrade.Health, settings v1alpha1.HealthSettings) error {
	if after := settings.BadHealthAfter; after != nil {
		health.After = after.Duration
	}
	if settings.OnBadHealth != "" {
		health.Then = upgrade.OnBadHealth(settings.OnBadHealth)
	}
	if settings.MaxUnreadyPods == nil {
		return nil
	}
	share, err := toShare(settings.MaxUnreadyPods)
	health.MaxUnready, health.Then = &share, cmp.Or(health.Then, upgrade.BadHealthPauses)
	return err
}

// toShare refuses what the schema refuses.
func toShare(value *intstr.IntOrString) (upgrade.Share, error) {
	share := upgrade.Share{Value: int(value.IntVal)}
	if value.Type == intstr.String {
		digits, percent := strings.CutSuffix(value.StrVal, "%")
		n, err := strconv.Atoi(digits)
		if err != nil || !percent || n > 100 {
			n = -1
		}
		share = upgrade.Share{Value: n, Percent: true}
	}
	if share.Value < 0 {
		return share, fmt.Errorf("maxUnreadyPods %s is not a number of pods, 0 or more, or a percentage from 0%% to 100%%", value.String())
	}
	return share, nil
}

// healthSettings is the inverse of settleHealth.
func healthSettings(h upgrade.Health) v1alpha1.HealthSettings {
	if h.Then == "" {
		return v1alpha1.HealthSettings{}
	}
	settings := v1alpha1.HealthSettings{OnBadHealth: v1alpha1.OnBadHealth(h.Then), BadHealthAfter: &metav1.Duration{Duration: h.After}}
	if share := h.MaxUnready; share != nil {
		value := intstr.FromInt32(int32(share.Value))
		if share.Percent {
			value = intstr.FromString(strconv.Itoa(share.Value) + "%")
		}
		settings.MaxUnreadyPods = &value
	}
	return settings
}

func fromHealth(h *upgrade.HealthBaseline) *v1alpha1.Health {
	if h == nil {
		return nil
	}
	return &v1alpha1.Health{
		At: fromTime(h.At), Starting: h.Starting,
		Workloads: each(h.Workloads, func(w upgrade.Workload) v1alpha1.WorkloadHealth {
			return v1alpha1.WorkloadHealth{Name: w.Name, Ready: int32(w.Ready), Unready: int32(w.Unready)}
		}),
	}
}

func toHealth(h *v1alpha1.Health) *upgrade.HealthBaseline {
	if h == nil {
		return nil
	}
	return &upgrade.HealthBaseline{
		At: toTime(h.At), Starting: h.Starting,
		Workloads: each(h.Workloads, func(w v1alpha1.WorkloadHealth) upgrade.Workload {
			return upgrade.Workload{Name: w.Name, Ready: int(w.Ready), Unready: int(w.Unready)}
		}),
	}
}

func fromStop(s *upgrade.HealthPause) *v1alpha1.Stop {
	if s == nil {
		return nil
	}
	return &v1alpha1.Stop{At: fromTime(s.At), Why: s.Why}
}

func toStop(s *v1alpha1.Stop) *upgrade.HealthPause {
	if s == nil {
		return nil
	}
	return &upgrade.HealthPause{At: toTime(s.At), Why: s.Why}
}

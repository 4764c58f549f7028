package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// healthOptions is what an upgrade was asked to do about bad health.
type healthOptions struct {
	most  upgrade.Count
	then  string
	after time.Duration
}

func newHealthOptions() healthOptions {
	return healthOptions{then: string(upgrade.BadHealthPauses), after: upgrade.DefaultPolicy().Health.After}
}

func (h *healthOptions) addFlags(flags *pflag.FlagSet) {
	flags.Var(countFlag(&h.most, upgrade.UnreadyPods()), "max-unready-pods", "how many pods that were Ready before may become not Ready, like 0 or 5%; while there are more, nothing is drained (not checked unless given)")
	flags.Lookup("max-unready-pods").DefValue = ""
	flags.Var(choiceFlag(&h.then, "pause", "cancel", "rollback"), "on-bad-health", "what happens when that lasts, or a new node turns NotReady: the upgrade is paused until somebody resumes it, cancelled, or rolled back (nothing happens unless this or --max-unready-pods is given)")
	flags.Var(limitFlag(&h.after, time.Second, forever), "bad-health-after", "how long that has to last before something happens")
}

// complete refuses a time for nothing, and is what was asked for as the engine takes it.
func (h *healthOptions) complete(flags *pflag.FlagSet, into *upgrade.Health) error {
	*into = upgrade.Health{After: h.after}
	if flags.Changed("max-unready-pods") {
		into.Then, into.MaxUnready = upgrade.OnBadHealth(h.then), &h.most
	}
	if flags.Changed("on-bad-health") {
		into.Then = upgrade.OnBadHealth(h.then)
	}
	if flags.Changed("bad-health-after") && !flags.Changed("max-unready-pods") && !flags.Changed("on-bad-health") {
		return usagef("--bad-health-after needs --max-unready-pods, which says what bad health is, or --on-bad-health, which says what happens then")
	}
	return nil
}

// settings are those that were given.
func (h *healthOptions) settings(isGiven func(string) bool) v1alpha1.HealthSettings {
	var s v1alpha1.HealthSettings
	if isGiven("max-unready-pods") {
		s.MaxUnreadyPods = new(intstr.Parse(h.most.String()))
	}
	if isGiven("on-bad-health") {
		s.OnBadHealth = v1alpha1.OnBadHealth(h.then)
	}
	if isGiven("bad-health-after") {
		s.BadHealthAfter = &metav1.Duration{Duration: h.after}
	}
	return s
}

// add writes the settings that were given and leaves the others as they are.
func (h *healthOptions) add(into *v1alpha1.HealthSettings, isGiven func(string) bool) {
	s := h.settings(isGiven)
	if s.MaxUnreadyPods != nil {
		into.MaxUnreadyPods = s.MaxUnreadyPods
	}
	if s.OnBadHealth != "" {
		into.OnBadHealth = s.OnBadHealth
	}
	if s.BadHealthAfter != nil {
		into.BadHealthAfter = s.BadHealthAfter
	}
}

// healthWords says what an upgrade does about bad health, "" for nothing.
func healthWords(h upgrade.Health) string {
	if h.Then == "" {
		return ""
	}
	bad := "a new node that had been usable is not Ready"
	if most := h.MaxUnready; most != nil {
		bad = fmt.Sprintf("more than %s of the pods that are Ready now are not any more, or %s,", most, bad)
	}
	then := map[upgrade.OnBadHealth]string{
		upgrade.BadHealthPauses: "it is paused until somebody resumes it", upgrade.BadHealthCancels: "it is cancelled", upgrade.BadHealthRollsBack: "it is rolled back",
	}[h.Then]
	return fmt.Sprintf("when %s for %s, %s", bad, printDuration(h.After), then)
}

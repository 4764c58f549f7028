package cli

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/exit"
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

// complete writes what was asked for into the policy. A time without anything that it
// applies to is wrong usage.
func (h *healthOptions) complete(flags *pflag.FlagSet, into *upgrade.Health) error {
	*into = upgrade.Health{After: h.after}
	if flags.Changed("max-unready-pods") {
		into.Then, into.MaxUnready = upgrade.OnBadHealth(h.then), &h.most
	}
	if flags.Changed("on-bad-health") {
		into.Then = upgrade.OnBadHealth(h.then)
	}
	if flags.Changed("bad-health-after") && !flags.Changed("max-unready-pods") && !flags.Changed("on-bad-health") {
		return exit.Usagef("--bad-health-after needs --max-unready-pods, which says what bad health is, or --on-bad-health, which says what happens then")
	}
	return nil
}

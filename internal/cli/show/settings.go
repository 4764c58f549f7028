package show

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// HealthWords says what an upgrade does about bad health, "" for nothing.
func HealthWords(h upgrade.Health) string {
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
	return fmt.Sprintf("when %s for %s, %s", bad, text.Duration(h.After), then)
}

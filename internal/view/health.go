package view

import (
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// healthRows say what health is compared with, and that bad health has paused the update.
func healthRows(u v1alpha1.NodeGroupUpdate) [][2]string {
	var rows [][2]string
	if h := u.Status.Health; h != nil && len(h.Workloads) > 0 {
		ready := 0
		for _, w := range h.Workloads {
			ready += int(w.Ready)
		}
		rows = append(rows, [2]string{"Health", fmt.Sprintf("compared with the %s of %s that were Ready%s", text.Count(ready, "pod"), text.Count(len(h.Workloads), "workload"), when(h))})
	}
	if u.Stopped() {
		rows = append(rows, [2]string{"Paused", u.Status.Stop.Why})
	}
	return rows
}

func when(h *v1alpha1.Health) string {
	if h.At == nil {
		return ""
	}
	return " at " + h.At.UTC().Format("2006-01-02 15:04 MST")
}

// healthSettings says in words which settings for bad health an update sets itself.
func healthSettings(s v1alpha1.HealthSettings) []string {
	var words []string
	if m := s.MaxUnreadyPods; m != nil {
		words = append(words, "max unready pods "+m.String())
	}
	if a := s.OnBadHealth; a != "" {
		words = append(words, "on bad health "+string(a))
	}
	if a := s.BadHealthAfter; a != nil {
		words = append(words, "bad health after "+text.Rough(a.Duration))
	}
	return words
}

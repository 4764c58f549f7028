package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// Describe shows one update in full.
func Describe(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) string {
	sections := []string{
		text.Rows("  ", head(u, g, now)),
		section("Errors", errorLines(u)),
		section("Waits for", waitLines(u, now)),
		section("Nodes in flight", flightLines(u, now)),
		section("Quarantined", quarantineLines(u)),
		section("Phases", phaseLines(u, now)),
		section("Counts", countLines(u)),
		section("Still owed", u.Status.Owing),
		section("Conditions", conditionLines(u)),
	}
	return strings.TrimLeft(strings.Join(sections, ""), "\n")
}

// section returns lines below a title, nothing if there are none.
func section(title string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n" + title + ":\n  " + strings.Join(lines, "\n  ") + "\n"
}

func head(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) [][2]string {
	rows := [][2]string{
		{"Update", u.Name},
		{"Node group", fmt.Sprintf("%s (Auto Scaling group %s, %s)", u.Spec.NodeGroup, dash(g.Spec.AutoScalingGroup), dash(g.Spec.Region))},
		{"Type", u.Type()},
		{"Target", dash(u.Status.Target)},
		{"Status", dash(string(u.Status.Status))},
		{"Phase", phaseWords(u.Status.Phase)},
		{"Progress", dash(progressWords(u))},
		{"Settings", Settings(u)},
	}
	if s := u.Status.Strategy; s != "" {
		rows = append(rows, [2]string{"Strategy", s})
	}
	rows = append(rows, healthRows(u)...)
	if s := u.Status.Scaling; s != nil {
		rows = append(rows, [2]string{"Sizes", sizesWords(*s)})
	}
	if gap, open := openGap(u, now); open {
		rows = append(rows, [2]string{"Worked on", "nobody for " + text.Rough(gap) + " (timeouts are paused)"})
	}
	if left, ok := TimeLeft(u, g, now); ok {
		rows = append(rows, [2]string{"Time left", about(left)})
	}
	if r := u.Status.Resolved; r != nil {
		rows = append(rows, [2]string{"Image", Image(r.From) + " -> " + Image(r.Image)})
	}
	if r := u.Status.Resolved; r != nil && r.Template != nil {
		rows = append(rows, [2]string{"Template", fmt.Sprintf("%s (%s) version %d", dash(r.Template.Name), r.Template.ID, r.Template.Number)})
	}
	return rows
}

// Image names an image with what is known about it. Not every family's releases say which
// Kubernetes is in them.
func Image(i v1alpha1.Image) string {
	known := cmp.Or(i.Release, i.Version, i.Name)
	if i.Release != "" && !strings.HasPrefix(i.Release, i.Version) {
		known += ", Kubernetes " + i.Version
	}
	if i.Family != "" {
		known = i.Family + " " + known
	}
	if known == "" {
		return dash(i.ID)
	}
	return dash(i.ID) + " (" + known + ")"
}

// Settings says in words which settings an update sets itself.
func Settings(u v1alpha1.NodeGroupUpdate) string {
	var words []string
	if s := u.Spec.Strategy; s != "" {
		words = append(words, "strategy "+string(s))
	}
	if o := u.Spec.NodeOrder; o != "" {
		words = append(words, "node order "+string(o))
	}
	if m := u.Spec.MaxUnavailable; m != nil {
		words = append(words, "max unavailable "+m.String())
	}
	if u.Spec.Force {
		words = append(words, "force")
	}
	for _, timed := range []struct {
		name string
		at   *metav1.Duration
	}{
		{"drain timeout", u.Spec.DrainTimeout}, {"join timeout", u.Spec.JoinTimeout},
		{"cordon wait", u.Spec.CordonWait}, {"min ready", u.Spec.MinReady}, {"soak", u.Spec.Soak},
	} {
		if timed.at != nil {
			words = append(words, timed.name+" "+text.Rough(timed.at.Duration))
		}
	}
	if a := u.Spec.Autoscaler; a != "" {
		words = append(words, "autoscaler "+string(a))
	}
	if r := u.Spec.RespectSafeToEvict; r != nil && *r {
		words = append(words, "respect safe-to-evict")
	}
	if c := u.Spec.Canary; c != nil {
		words = append(words, "canary "+text.Count(int(c.Nodes), "node"))
	}
	if a := u.Spec.OnDrainTimeout; a != "" {
		words = append(words, "on drain timeout "+string(a))
	}
	if r := u.Spec.RollbackOnFailure; r != nil && *r {
		words = append(words, "rollback on failure")
	}
	words = append(words, healthSettings(u.Spec.HealthSettings)...)
	if len(words) == 0 {
		return "those of the node group"
	}
	return strings.Join(words, ", ")
}

func errorLines(u v1alpha1.NodeGroupUpdate) []string {
	if u.Status.Verdict == nil {
		return nil
	}
	var lines []string
	for _, e := range u.Status.Verdict.Errors {
		lines = append(lines, e.Code+": "+e.Message)
	}
	return lines
}

// quarantineLines names the quarantined nodes.
func quarantineLines(u v1alpha1.NodeGroupUpdate) []string {
	var lines []string
	for _, q := range u.Status.Quarantined {
		state := "to be tried once more at the end"
		if q.Retried {
			state = "tried twice"
		}
		lines = append(lines, fmt.Sprintf("%s (%s, %s): %s", dash(q.Node), q.Instance, state, q.Why))
	}
	return lines
}

func waitLines(u v1alpha1.NodeGroupUpdate, now time.Time) []string {
	var lines []string
	for _, w := range u.Status.Waits {
		lines = append(lines, waitWords(w, lasting(u, now)))
	}
	return lines
}

func flightLines(u v1alpha1.NodeGroupUpdate, now time.Time) []string {
	var lines []string
	for _, n := range u.Status.NodesInFlight {
		lines = append(lines, flightWords(u, n, now))
		more := 0
		for _, held := range n.Held {
			if held.Why == "" { // the status has no room for every reason
				more++
				continue
			}
			lines = append(lines, fmt.Sprintf("  pod %s: %s, %s", held.Pod, held.Why, refused(int(held.Tries))))
		}
		if more > 0 {
			lines = append(lines, "  "+text.Count(more, "more pod")+" whose evictions were refused")
		}
	}
	return lines
}

func flightWords(u v1alpha1.NodeGroupUpdate, n v1alpha1.NodeInFlight, now time.Time) string {
	state := "draining"
	switch {
	case n.Cordoned != nil:
		state = "empty and cordoned"
	case n.Forced != nil:
		state = "pods deleted by force"
	}
	words := fmt.Sprintf("%s (%s, %s): %s, %s evicted", dash(n.Node), dash(n.Instance), dash(n.Zone), state, text.Count(int(n.Evicted), "pod"))
	if n.Since != nil {
		words += ", for " + text.Rough(worked(u, n.Since.Time, now))
	}
	return words
}

func phaseLines(u v1alpha1.NodeGroupUpdate, now time.Time) []string {
	var lines []string
	for _, p := range u.Status.Phases {
		if from, to := phaseSpan(u, p.Phase, now); p.Phase != phaseDone {
			lines = append(lines, fmt.Sprintf("%-10s  %s", phaseWords(p.Phase), text.Rough(to.Sub(from))))
		}
	}
	return lines
}

func countLines(u v1alpha1.NodeGroupUpdate) []string {
	if u.Status.Counts == nil {
		return nil
	}
	s := Summary{Counts: *u.Status.Counts}
	nodes := text.Count(int(s.Counts.Replaced), "node") + " replaced, "
	if u.Spec.Scaling != nil {
		nodes = text.Count(int(s.Counts.Shrunk), "node") + " drained, "
	}
	return []string{
		nodes + text.Count(int(s.Counts.Launched), "instance") + " launched",
		"pods evicted: " + s.evictedWords(),
		"evictions refused: " + s.refusedWords(),
	}
}

func conditionLines(u v1alpha1.NodeGroupUpdate) []string {
	var lines []string
	for _, c := range u.Status.Conditions {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%-17s %-8s %s %s", c.Type, c.Status, c.Reason, c.Message), " "))
	}
	return lines
}

// refused says how often an eviction was refused. One that cannot succeed is not tried.
func refused(times int) string {
	switch times {
	case 0:
		return "so it is not tried"
	case 1:
		return "refused once"
	}
	return fmt.Sprintf("refused %d times", times)
}

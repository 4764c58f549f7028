package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// Text is the summary as people read it.
func (s Summary) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s after %s%s\n", s.Status, text.Rough(seconds(s.Seconds)), s.idleWords())
	for _, e := range s.Errors {
		fmt.Fprintf(&b, "  %s: %s\n", e.Code, e.Message)
	}
	b.WriteString("\n" + s.figures())
	b.WriteString(s.owingWords())
	b.WriteString(s.adviceWords())
	b.WriteString(s.sizesAdvice())
	return b.String()
}

func (s Summary) idleWords() string {
	if s.IdleSeconds < 1 {
		return ""
	}
	return fmt.Sprintf(" (nobody worked on it for %s of that)", text.Rough(seconds(s.IdleSeconds)))
}

// figures are the times and counts, one per line.
func (s Summary) figures() string {
	rows := [][2]string{{"Update", s.Update}, {"Group", dash(s.Group)}}
	if s.Scaling != nil {
		rows = append(rows, [2]string{"Sizes", sizesWords(*s.Scaling)})
	}
	for _, p := range s.Phases {
		rows = append(rows, [2]string{phaseWords(p.Phase), text.Rough(seconds(p.Seconds))})
	}
	rows = append(rows,
		s.nodesWords(),
		[2]string{"Instances launched", fmt.Sprint(s.Counts.Launched)},
		[2]string{"Pods evicted", s.evictedWords()},
		[2]string{"Evictions refused", s.refusedWords()},
	)
	if s.Calls != nil {
		rows = append(rows, [2]string{"Calls", s.Calls.words()})
	}
	return text.Rows("  ", rows)
}

func (c Calls) words() string {
	return fmt.Sprintf("AWS %d (%d writes), Kubernetes %d (%d writes)",
		c.AWS, c.AWSMutating, c.Kubernetes, c.KubernetesMutating)
}

func (s Summary) evictedWords() string {
	words := fmt.Sprint(s.Counts.Evicted)
	if s.Counts.MovedAgain > 0 {
		words += fmt.Sprintf(" from outdated nodes, %d from new ones when the group shrank", s.Counts.MovedAgain)
	}
	if s.Counts.Deleted > 0 {
		words += fmt.Sprintf(", %d deleted by force", s.Counts.Deleted)
	}
	return words
}

func (s Summary) refusedWords() string {
	if len(s.Counts.Refusals) == 0 {
		return "none"
	}
	var by []string
	for _, budget := range slices.Sorted(maps.Keys(s.Counts.Refusals)) {
		by = append(by, fmt.Sprintf("%d by %s", s.Counts.Refusals[budget], dash(budget)))
	}
	return strings.Join(by, ", ")
}

func (s Summary) owingWords() string {
	if len(s.Owing) == 0 {
		return ""
	}
	return "\nStill owed, and restored by the next update:\n  " + strings.Join(s.Owing, "\n  ") + "\n"
}

// adviceWords says what to write where the group is declared, so that its next apply does
// not undo the update, or what to do first if it did not succeed.
func (s Summary) adviceWords() string {
	if s.Template == nil {
		return ""
	}
	if s.Parameter != "" && s.Status == v1alpha1.UpdateSuccessful {
		return fmt.Sprintf("\nNothing has to be written where the group is declared: its launch template takes the image from %s again, which names %s.\n", s.Parameter, s.Image)
	}
	version := fmt.Sprint(s.Template.Number)
	if strings.HasPrefix(s.Reference, "$") {
		version = s.Reference + ", as before"
	}
	intro := "Write this where the group is declared (Terraform, CloudFormation), or the next apply undoes the update:"
	rows := [][2]string{
		{"Launch template", fmt.Sprintf("%s (%s)", dash(s.Template.Name), s.Template.ID)},
		{"Image in it", s.Image},
		{"Version that the group uses", version},
	}
	if s.Status != v1alpha1.UpdateSuccessful {
		intro = "The group uses this for new nodes, and other nodes may be outdated. Write nothing of it where the group is declared\n" +
			"(Terraform, CloudFormation) before that is continued or undone:"
		rows = append(rows, s.nextWords()...)
	}
	return "\n" + intro + "\n" + text.Rows("  ", rows)
}

// nextWords are the commands that continue or undo the update.
func (s Summary) nextWords() [][2]string {
	var rows [][2]string
	for _, line := range s.Next {
		what := "To continue"
		if strings.Contains(line, " rollback ") {
			what = "To undo"
		}
		rows = append(rows, [2]string{what, line})
	}
	return rows
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

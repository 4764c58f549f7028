package view

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// Calls counts the requests that a command has made, and how many of them were to change
// something.
type Calls struct {
	AWS                int `json:"aws"`
	AWSMutating        int `json:"awsMutating"`
	Kubernetes         int `json:"kubernetes"`
	KubernetesMutating int `json:"kubernetesMutating"`
}

// Summary is what there is to say about an update that has ended.
type Summary struct {
	Update    string                `json:"update"`
	NodeGroup string                `json:"nodeGroup,omitempty"` // what people call it where there are several
	Group     string                `json:"autoScalingGroup"`
	Status    v1alpha1.UpdateStatus `json:"status"`
	// Scaling is how the sizes were to change, and Sizes what they are now.
	Scaling *v1alpha1.Scaled  `json:"scaling,omitempty"`
	Sizes   *v1alpha1.Scaling `json:"sizes,omitempty"`
	Errors  []v1alpha1.Issue  `json:"errors,omitempty"`
	Seconds float64           `json:"seconds"`
	// IdleSeconds is how long nobody was working on it.
	IdleSeconds float64         `json:"idleSeconds,omitempty"`
	Phases      []PhaseSpan     `json:"phases,omitempty"`
	Counts      v1alpha1.Counts `json:"counts"`
	// Calls is nil if the command has also worked on other groups.
	Calls    *Calls                    `json:"calls,omitempty"`
	Owing    []string                  `json:"owing,omitempty"`
	Image    string                    `json:"image,omitempty"`
	Template *v1alpha1.TemplateVersion `json:"launchTemplate,omitempty"`
	// Reference is how the group names that launch template version now: a number or
	// $Latest.
	Reference string `json:"launchTemplateReference,omitempty"`
	// Parameter is what stands in that version in place of an image, resolve:ssm:/golden/image, if the
	// group takes its image from a parameter again.
	Parameter string `json:"imageParameter,omitempty"`
	// Next are the commands that continue or undo an update which did not succeed.
	Next []string `json:"next,omitempty"`
}

// PhaseSpan is how long a phase took.
type PhaseSpan struct {
	Phase   string  `json:"phase"`
	Seconds float64 `json:"seconds"`
}

// Summarise sums up an update of a node group at the time now.
func Summarise(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, calls *Calls, now time.Time) Summary {
	s := Summary{
		Update: u.Name, Group: g.Spec.AutoScalingGroup, Status: u.Status.Status, Calls: calls, Owing: u.Status.Owing,
	}
	if began := u.Status.Started; began != nil {
		end := ended(u, now)
		s.Seconds, s.IdleSeconds = end.Sub(began.Time).Seconds(), idle(u, began.Time, end).Seconds()
	}
	for _, p := range u.Status.Phases {
		if p.Phase == phaseDone {
			continue
		}
		from, to := phaseSpan(u, p.Phase, now)
		s.Phases = append(s.Phases, PhaseSpan{p.Phase, to.Sub(from).Seconds()})
	}
	if u.Status.Verdict != nil {
		s.Errors = u.Status.Verdict.Errors
	}
	if u.Status.Counts != nil {
		s.Counts = *u.Status.Counts
	}
	s.addTemplate(u, g)
	s.addNext(u)
	if s.Scaling = u.Status.Scaling; s.Scaling != nil {
		s.Sizes = g.Status.Scaling
	}
	return s
}

// addTemplate adds what the group launches now, if the update has changed it.
func (s *Summary) addTemplate(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup) {
	r := u.Status.Resolved
	if r == nil || r.Template == nil || u.Status.Verdict != nil && u.Status.Verdict.PutTemplateBack {
		return
	}
	s.Image, s.Template = r.Image.ID, r.Template
	if now := g.Status.LaunchTemplate; now != nil {
		s.Reference = now.Version
		s.Parameter = parameterOf(*r, now.Version)
	}
}

// parameterOf is the parameter from which the group takes its image again, "" if it does not.
func parameterOf(r v1alpha1.Resolved, reference string) string {
	isFixed := reference == fmt.Sprint(r.Template.Number) || reference == "$Latest" && (r.Copy == nil || r.Copy.Number == 0)
	if r.Before == nil || r.ByTemplate || isFixed {
		return ""
	}
	return r.Before.Parameter
}

// addNext adds what can be done after an update that did not succeed and whose new launch template version
// the group still uses: nothing if it is rolled back anyway. A rollback cannot be retried.
func (s *Summary) addNext(u v1alpha1.NodeGroupUpdate) {
	settings := u.Status.Settings
	if s.Template == nil || s.Status == v1alpha1.UpdateSuccessful ||
		s.Status == v1alpha1.UpdateFailed && settings != nil && settings.RollbackOnFailure != nil && *settings.RollbackOnFailure {
		return
	}
	if u.Spec.RollbackOf == "" {
		s.Next = append(s.Next, "nodelift retry update "+u.Name)
	}
	if u.HasChanged() {
		s.Next = append(s.Next, "nodelift rollback update "+u.Name)
	}
}

// ended is when the update ended, now if it has not.
func ended(u v1alpha1.NodeGroupUpdate, now time.Time) time.Time {
	if began, _ := phaseSpan(u, phaseDone, now); !began.IsZero() {
		return began
	}
	return now
}

package plan

import "github.com/nodelift/nodelift/internal/upgrade"

// Action is one call to the world, as data: one of the types below. All are safe to repeat: they
// set absolute values, and what is already done or gone is no error.
type Action any

// The actions. The engine carries them out.
type (
	// Resize sets the sizes of the group. Only what differs between From and To is sent.
	Resize struct{ From, To upgrade.Size }
	// SetMinimum sets the minimum size of the group.
	SetMinimum struct{ Least int }
	// UseTemplate points the group at a version of a launch template.
	UseTemplate struct{ Ref upgrade.TemplateRef }
	// CreateTemplate makes a version of a launch template with another image. It is made under a
	// token of the update: one whose number was not noted is found again and not made twice.
	CreateTemplate struct {
		From  upgrade.TemplateVersion
		Image string
	}
	// CopyTemplate makes a version of a launch template that is like another one, whose image a parameter
	// names. It is made under another token of the update.
	CopyTemplate struct{ From upgrade.TemplateVersion }
	// SetProcesses suspends or resumes scaling processes of the group.
	SetProcesses struct {
		Processes []string
		Suspended bool
	}
	// Terminate terminates the instance of a node in flight, if the node is still empty then.
	Terminate struct {
		// Drain is that node, with the name that its pods are bound to, "" if that is not known.
		Drain upgrade.Drain
		// Shrink lowers the desired size with it; otherwise Auto Scaling launches a replacement.
		Shrink bool
		// Silent: the node's kubelet is silent, so that pods past their grace period count as gone.
		Silent bool
	}
	// TerminateWarm terminates instances of the group's warm pool, which are no members: those that run
	// no pod that must move.
	TerminateWarm struct{ Instances []WarmInstance }
	// SetMarks puts marks on a node.
	SetMarks struct {
		Node  string
		Marks []upgrade.Mark
	}
	// RemoveMarks takes marks off a node.
	RemoveMarks struct {
		Node  string
		Marks []upgrade.Mark
	}
	// LabelImage writes a node's image into its label.
	LabelImage struct{ Node, Image string }
	// Evict asks the eviction API to remove pods.
	Evict struct{ Pods []upgrade.Pod }
	// DeletePod deletes a pod past its budgets.
	DeletePod struct{ Pod upgrade.Pod }
	// SuspendAutoscaler scales Cluster Autoscaler to 0 for the node group.
	SuspendAutoscaler struct{}
	// ResumeAutoscaler ends that for the node group.
	ResumeAutoscaler struct{}
	// RollBack makes an update that rolls this one back.
	RollBack struct{}
)

// WarmInstance is an instance of a warm pool. Nothing runs on one that is stopped.
type WarmInstance struct {
	ID      string
	Stopped bool
}

// ChangesCloud reports whether an action sets or lowers something in the cloud. Such an action is
// decided by a fresh read. A termination without a smaller size is not: the fresh read was that by
// which the drain started, and the pods are read again right before the call.
func ChangesCloud(a Action) bool {
	switch a := a.(type) {
	case Resize, SetMinimum, UseTemplate, CreateTemplate, CopyTemplate, SetProcesses, TerminateWarm:
		return true
	case Terminate:
		return a.Shrink
	}
	return false
}

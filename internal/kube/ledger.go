package kube

import (
	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// toLedger turns the ledger in the status of a node group into the engine's; fromLedger is its
// inverse.
func toLedger(s v1alpha1.NodeGroupStatus) upgrade.Ledger {
	l := s.Ledger
	if l == nil {
		return upgrade.Ledger{ARN: s.AutoScalingGroupARN}
	}
	ledger := upgrade.Ledger{
		ARN:   s.AutoScalingGroupARN,
		Sizes: ifSet(l.Sizes, toSizes), Processes: l.Processes, Unevenness: int(l.Unevenness),
		Autoscaler: l.Autoscaler, Marks: l.Marks,
	}
	if l.Template != nil {
		ledger.Template = &upgrade.TemplateDebt{
			Before: upgrade.TemplateRef(l.Template.Before), Pinned: upgrade.TemplateVersion(l.Template.Pinned),
		}
	}
	return ledger
}

func toSizes(d v1alpha1.SizeDebt) upgrade.Sizes {
	return upgrade.Sizes{
		Owner: toSize(d.User), Expected: toSize(d.Expected), Pending: ifSet(d.Pending, toSize),
		ShrinkInstance: d.ShrinkInstance,
		Unexpected:     ifSet(d.Strange, toSize), UnexpectedSince: toTime(d.StrangeSince), Standby: int(d.Standby), UnexpectedStandby: int(d.StrangeStandby), Removing: int(d.Removing),
	}
}

func toSize(s v1alpha1.Size) upgrade.Size {
	return upgrade.Size{Max: int(s.Max), Desired: int(s.Desired)}
}

// fromLedger writes a ledger into the status of a node group: none if nothing is owed.
func fromLedger(l upgrade.Ledger, into *v1alpha1.NodeGroupStatus) {
	into.AutoScalingGroupARN, into.Ledger = l.ARN, nil
	if !l.Owes() && l.Unevenness == 0 {
		return
	}
	ledger := &v1alpha1.Ledger{
		Sizes: ifSet(l.Sizes, fromSizes), Processes: l.Processes, Unevenness: int32(l.Unevenness),
		Autoscaler: l.Autoscaler, Marks: l.Marks,
	}
	if l.Template != nil {
		ledger.Template = &v1alpha1.TemplateDebt{
			Before: v1alpha1.LaunchTemplate(l.Template.Before), Pinned: v1alpha1.TemplateVersion(l.Template.Pinned),
		}
	}
	into.Ledger = ledger
}

func fromSizes(s upgrade.Sizes) v1alpha1.SizeDebt {
	return v1alpha1.SizeDebt{
		User: fromSize(s.Owner), Expected: fromSize(s.Expected), Pending: ifSet(s.Pending, fromSize),
		ShrinkInstance: s.ShrinkInstance,
		Strange:        ifSet(s.Unexpected, fromSize), StrangeSince: fromTime(s.UnexpectedSince), Standby: int32(s.Standby), StrangeStandby: int32(s.UnexpectedStandby), Removing: int32(s.Removing),
	}
}

func fromSize(s upgrade.Size) v1alpha1.Size {
	return v1alpha1.Size{Max: int32(s.Max), Desired: int32(s.Desired)}
}

// ifSet converts what a pointer points at. Nil stays nil.
func ifSet[From, To any](from *From, turn func(From) To) *To {
	if from == nil {
		return nil
	}
	return new(turn(*from))
}

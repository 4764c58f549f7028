package view

import (
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// owed names in a few words what a node group is owed, "" for nothing.
func owed(l *v1alpha1.Ledger) string {
	if l == nil {
		return ""
	}
	var debts []string
	if s := l.Sizes; s != nil {
		debts = append(debts, fmt.Sprintf("sizes (desired %d, maximum %d)", s.User.Desired, s.User.Max))
	}
	if t := l.Template; t != nil {
		debts = append(debts, "template version "+t.Before.Version)
	}
	debts = append(debts, l.Processes...)
	if l.Autoscaler {
		debts = append(debts, "autoscaler")
	}
	if l.Marks {
		debts = append(debts, "marks on nodes")
	}
	return strings.Join(debts, ", ")
}

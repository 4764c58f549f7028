package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
)

// NodeGroups is the table of node groups, by name.
func NodeGroups(groups []v1alpha1.NodeGroup) string {
	if len(groups) == 0 {
		return "No node groups yet: the first upgrade of an Auto Scaling group creates one.\n"
	}
	var rows [][]string
	for _, g := range sortedByName(groups) {
		rows = append(rows, nodeGroupRow(g))
	}
	return Table([]string{"NAME", "GROUP", "REGION", "VERSION", "IMAGE", "DESIRED", "NODES", "UP TO DATE", "UPDATE", "OWED"}, rows)
}

func nodeGroupRow(g v1alpha1.NodeGroup) []string {
	desired, nodes, upToDate := "", "", ""
	if s := g.Status.Scaling; s != nil {
		desired = fmt.Sprint(s.DesiredSize)
	}
	if n := g.Status.Nodes; n != nil {
		nodes = fmt.Sprint(n.Total)
		if n.UpToDate+n.Outdated == n.Total { // otherwise it is not known: a scaling does not look at images
			upToDate = fmt.Sprint(n.UpToDate)
		}
	}
	return []string{
		g.Name, g.Spec.AutoScalingGroup, g.Spec.Region, dash(g.Status.Version), dash(g.Status.Image),
		dash(desired), dash(nodes), dash(upToDate), dash(g.Status.Update), dash(owed(g.Status.Ledger)),
	}
}

func sortedByName(groups []v1alpha1.NodeGroup) []v1alpha1.NodeGroup {
	return slices.SortedFunc(slices.Values(groups), func(a, b v1alpha1.NodeGroup) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// Updates is the table of updates, the newest first. Nobody works on those that are alone.
func Updates(updates []v1alpha1.NodeGroupUpdate, alone map[string]bool, now time.Time) string {
	if len(updates) == 0 {
		return "No updates yet.\n"
	}
	newestFirst := slices.SortedFunc(slices.Values(updates), func(a, b v1alpha1.NodeGroupUpdate) int {
		return b.CreationTimestamp.Compare(a.CreationTimestamp.Time)
	})
	var rows [][]string
	for _, u := range newestFirst {
		rows = append(rows, updateRow(u, alone[u.Name], now))
	}
	return Table([]string{"ID", "NODE GROUP", "TYPE", "TARGET", "STATUS", "PHASE", "PROGRESS", "AGE", "MESSAGE"}, rows)
}

func updateRow(u v1alpha1.NodeGroupUpdate, alone bool, now time.Time) []string {
	message := u.Status.Message
	switch {
	case alone && u.DeletionTimestamp != nil:
		message = "waits for somebody to cancel it, because it is being deleted: nodelift cancel update " + u.Name
	case alone:
		message = "waits for somebody to work on it: nodelift resume update " + u.Name
	case len(u.Status.Waits) > 0:
		message = u.Status.Waits[0].Message
	}
	return []string{
		u.Name, u.Spec.NodeGroup, u.Type(), dash(u.Status.Target), dash(string(u.Status.Status)), dash(u.Status.Phase),
		dash(u.Status.Progress), text.Rough(now.Sub(u.CreationTimestamp.Time)), dash(message),
	}
}

package fakeaws

import "time"

// instanceRefresh is an instance refresh that somebody else started. It can be
// described and ends, but replaces nothing.
type instanceRefresh struct {
	id         string
	start, end time.Time
	ended      string // its last status; empty while it is in progress
}

// MarkRefreshing makes DescribeInstanceRefreshes show an instance refresh of a
// group as in progress, or the one in progress as cancelled. No instance is
// replaced. A second call changes nothing. The error for an unknown group is
// ValidationError.
func (c *Cloud) MarkRefreshing(groupName string, inProgress bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, err := c.existing(groupName)
	if err != nil {
		return err
	}
	now := c.cfg.Clock()
	running := len(g.refreshes) > 0 && g.refreshes[len(g.refreshes)-1].ended == ""
	switch {
	case inProgress && !running:
		g.refreshes = append(g.refreshes, &instanceRefresh{id: c.activityID(), start: now})
	case !inProgress && running:
		last := g.refreshes[len(g.refreshes)-1]
		last.ended, last.end = "Cancelled", now
	}
	return nil
}

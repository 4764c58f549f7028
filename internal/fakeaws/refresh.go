package fakeaws

import "time"

// instanceRefresh is somebody else's rolling replacement, as far as others see
// it: it is there, and it ends. It replaces nothing.
type instanceRefresh struct {
	id         string
	start, end time.Time
	ended      string // how: empty while it goes on
}

// MarkRefreshing makes DescribeInstanceRefreshes show an instance refresh of a
// group as in progress, or the one in progress as cancelled. No instance is
// replaced by it. Doing it again changes nothing. An unknown group is
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

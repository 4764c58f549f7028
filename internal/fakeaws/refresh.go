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

type startRefreshInput struct {
	Group    string `form:"AutoScalingGroupName,required" len:"1-255"`
	Strategy string `form:"Strategy" enum:"Rolling ReplaceRootVolume"`
}

type startRefreshOutput struct {
	ID string `xml:"InstanceRefreshId"`
}

// startInstanceRefresh starts an instance refresh, which replaces nothing here. Of one group, only one is in
// progress.
func (r *request) startInstanceRefresh(in *startRefreshInput) (*startRefreshOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if n := len(g.refreshes); n > 0 && g.refreshes[n-1].ended == "" {
		return nil, newError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
	}
	refresh := &instanceRefresh{id: r.activityID(), start: r.now}
	g.refreshes = append(g.refreshes, refresh)
	return &startRefreshOutput{refresh.id}, nil
}

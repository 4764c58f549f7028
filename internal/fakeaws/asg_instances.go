package fakeaws

import (
	"cmp"
	"slices"
)

type memberDetailsXML struct {
	memberXML
	Group string `xml:"AutoScalingGroupName"`
}

type describeMembersInput struct {
	recordPaging
	IDs []string `form:"InstanceIds" len:"1-19"`
}

type describeMembersOutput struct {
	Instances members[memberDetailsXML] `xml:"AutoScalingInstances"`
	NextToken string                    `xml:"NextToken,omitempty"`
}

// describeAutoScalingInstances omits instances that are in no group, as AWS does.
// Unlike in DescribeAutoScalingGroups, the health status is in capitals.
func (r *request) describeAutoScalingInstances(in *describeMembersInput) (*describeMembersOutput, *Error) {
	if len(in.IDs) > 50 {
		return nil, validation("The number of instance ids that may be passed in is limited to 50")
	}
	var found []memberDetailsXML
	for _, m := range r.instances {
		member := m.isMember()
		if member && (len(in.IDs) == 0 || slices.Contains(in.IDs, m.ID)) {
			details := memberDetailsXML{memberXML: m.memberXML(), Group: m.Group}
			details.Health = m.health("HEALTHY", "UNHEALTHY")
			found = append(found, details)
		}
	}
	part, next, err := records(found, in.recordPaging, 50, 50, func(m memberDetailsXML) string { return m.ID })
	if err != nil {
		return nil, err
	}
	return &describeMembersOutput{Instances: members[memberDetailsXML]{part}, NextToken: next}, nil
}

type describeRefreshesInput struct {
	recordPaging
	Group string   `form:"AutoScalingGroupName,required" len:"1-255"`
	IDs   []string `form:"InstanceRefreshIds"`
}

type refreshXML struct {
	ID        string     `xml:"InstanceRefreshId"`
	Group     string     `xml:"AutoScalingGroupName"`
	Status    string     `xml:"Status"`
	Start     *timestamp `xml:"StartTime,omitempty"`
	End       *timestamp `xml:"EndTime,omitempty"`
	Complete  int        `xml:"PercentageComplete"`
	Remaining int        `xml:"InstancesToUpdate"`
}

type describeRefreshesOutput struct {
	Refreshes members[refreshXML] `xml:"InstanceRefreshes"`
	NextToken string              `xml:"NextToken,omitempty"`
}

// describeInstanceRefreshes returns what MarkRefreshing set. The fake AWS does not
// refresh instances.
func (r *request) describeInstanceRefreshes(in *describeRefreshesInput) (*describeRefreshesOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	var found []refreshXML
	for _, refresh := range slices.Backward(g.refreshes) {
		if len(in.IDs) == 0 || slices.Contains(in.IDs, refresh.id) {
			found = append(found, refresh.xml(g))
		}
	}
	part, next, err := records(found, in.recordPaging, 50, 100, func(x refreshXML) string { return x.ID })
	if err != nil {
		return nil, err
	}
	return &describeRefreshesOutput{Refreshes: members[refreshXML]{part}, NextToken: next}, nil
}

func (f *instanceRefresh) xml(g *group) refreshXML {
	x := refreshXML{ID: f.id, Group: g.name, Status: cmp.Or(f.ended, "InProgress"), Start: stampOrNil(f.start), End: stampOrNil(f.end)}
	if f.ended == "" {
		x.Remaining = len(g.active())
	}
	return x
}

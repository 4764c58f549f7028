package fakeaws

import (
	"slices"
	"time"
)

type activityXML struct {
	ID          string     `xml:"ActivityId"`
	Group       string     `xml:"AutoScalingGroupName"`
	GroupARN    string     `xml:"AutoScalingGroupARN"`
	Description string     `xml:"Description"`
	Cause       string     `xml:"Cause"`
	Start       timestamp  `xml:"StartTime"`
	End         *timestamp `xml:"EndTime,omitempty"`
	Status      string     `xml:"StatusCode"`
	Message     string     `xml:"StatusMessage,omitempty"`
	Progress    int        `xml:"Progress"`
	Details     string     `xml:"Details,omitempty"`
}

func (c *Cloud) activityXML(g *group, a *activity) activityXML {
	return activityXML{
		ID: a.id, Group: g.name, GroupARN: g.arn, Description: a.description, Cause: a.cause, Start: timestamp(a.start),
		End: stampOrNil(a.end), Status: a.status, Message: a.message, Progress: a.progress, Details: a.details,
	}
}

type describeActivitiesInput struct {
	recordPaging
	IDs            []string       `form:"ActivityIds"`
	Group          string         `form:"AutoScalingGroupName" len:"1-255"`
	Filters        []recordFilter `form:"Filters"`
	IncludeDeleted *bool          `form:"IncludeDeletedGroups"` // no group was deleted
}

type describeActivitiesOutput struct {
	Activities members[activityXML] `xml:"Activities"`
	NextToken  string               `xml:"NextToken,omitempty"`
}

// describeScalingActivities returns the activities in progress first, then those
// that have ended; in both parts the latest comes first.
func (r *request) describeScalingActivities(in *describeActivitiesInput) (*describeActivitiesOutput, *Error) {
	groups := r.groups
	if in.Group != "" {
		g, err := r.existing(in.Group)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var running, over []activityXML
	for _, g := range groups {
		for _, a := range slices.Backward(g.activities) {
			switch wanted, err := in.wants(a); {
			case err != nil:
				return nil, err
			case !wanted:
			case a.over():
				over = append(over, r.activityXML(g, a))
			default:
				running = append(running, r.activityXML(g, a))
			}
		}
	}
	all := append(latestFirst(running), latestFirst(over)...)
	part, next, err := records(all, in.recordPaging, 100, 100, func(a activityXML) string { return a.ID })
	if err != nil {
		return nil, err
	}
	return &describeActivitiesOutput{Activities: members[activityXML]{part}, NextToken: next}, nil
}

func latestFirst(all []activityXML) []activityXML {
	slices.SortStableFunc(all, func(a, b activityXML) int { return time.Time(b.Start).Compare(time.Time(a.Start)) })
	return all
}

func (in *describeActivitiesInput) wants(a *activity) (bool, *Error) {
	if len(in.IDs) > 0 && !slices.Contains(in.IDs, a.id) {
		return false, nil
	}
	for _, f := range in.Filters {
		fits, err := f.fitsActivity(a)
		if err != nil || !fits {
			return false, err
		}
	}
	return true, nil
}

func (f recordFilter) fitsActivity(a *activity) (bool, *Error) {
	if f.Name == "Status" {
		return f.has(a.status), nil
	}
	if f.Name != "StartTimeLowerBound" && f.Name != "StartTimeUpperBound" || len(f.Values) != 1 {
		return false, validation("Invalid filter: %s", f.Name)
	}
	bound, err := time.Parse(time.RFC3339, f.Values[0])
	if err != nil {
		return false, validation("Invalid time in filter %s: %s", f.Name, f.Values[0])
	}
	if f.Name == "StartTimeLowerBound" {
		return !a.start.Before(bound), nil
	}
	return !a.start.After(bound), nil
}

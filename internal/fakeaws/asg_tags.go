package fakeaws

import (
	"cmp"
	"slices"
)

// groupTag is a tag of a group in requests and answers.
type groupTag struct {
	ResourceID   string `form:"ResourceId" xml:"ResourceId"`
	ResourceType string `form:"ResourceType" xml:"ResourceType"`
	Key          string `form:"Key" xml:"Key"`
	Value        string `form:"Value" xml:"Value"`
	Propagate    bool   `form:"PropagateAtLaunch" xml:"PropagateAtLaunch"`
}

func (t groupTag) check() *Error {
	if t.Key == "" || len(t.Key) > 128 {
		return validation("A tag key has 1 to 128 characters")
	}
	if t.ResourceType != "" && t.ResourceType != "auto-scaling-group" {
		return validation("Invalid tag resource type: %s", t.ResourceType)
	}
	return nil
}

func (g *group) setTag(t groupTag) {
	g.removeTag(t.Key)
	g.tags = append(g.tags, Tag{Key: t.Key, Value: t.Value, PropagateAtLaunch: t.Propagate})
}

func (g *group) removeTag(key string) {
	g.tags = slices.DeleteFunc(g.tags, func(t Tag) bool { return t.Key == key })
}

// tagsXML returns the tags in the order of their keys.
func (g *group) tagsXML() []groupTag {
	var list []groupTag
	for _, t := range g.tags {
		list = append(list, groupTag{
			ResourceID: g.name, ResourceType: "auto-scaling-group", Key: t.Key, Value: t.Value, Propagate: t.PropagateAtLaunch,
		})
	}
	slices.SortFunc(list, func(a, b groupTag) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

type groupTagsInput struct {
	Tags []groupTag `form:"Tags,required"`
}

// createOrUpdateTags sets all tags or, if one of them is wrong, none.
func (r *request) createOrUpdateTags(in *groupTagsInput) (*done, *Error) {
	return r.eachTag(in.Tags, func(g *group, t groupTag) { g.setTag(t) })
}

// deleteTags removes tags. A missing tag is not an error.
func (r *request) deleteTags(in *groupTagsInput) (*done, *Error) {
	return r.eachTag(in.Tags, func(g *group, t groupTag) { g.removeTag(t.Key) })
}

func (r *request) eachTag(tags []groupTag, do func(*group, groupTag)) (*done, *Error) {
	for _, t := range tags {
		if err := t.check(); err != nil {
			return nil, err
		}
		if r.groupNamed(t.ResourceID) == nil {
			return nil, validation("AutoScalingGroup not found - AutoScaling Group %s not found", t.ResourceID)
		}
	}
	for _, t := range tags {
		do(r.groupNamed(t.ResourceID), t)
	}
	return &done{}, nil
}

type describeTagsInput struct {
	recordPaging
	Filters []recordFilter `form:"Filters"`
}

type describeTagsOutput struct {
	Tags      members[groupTag] `xml:"Tags"`
	NextToken string            `xml:"NextToken,omitempty"`
}

func (r *request) describeTags(in *describeTagsInput) (*describeTagsOutput, *Error) {
	for _, f := range in.Filters {
		if !slices.Contains([]string{"auto-scaling-group", "key", "value", "propagate-at-launch"}, f.Name) {
			return nil, validation("Filter type %s is not correct. Allowed Filter types are: auto-scaling-group, key, value, "+
				"propagate-at-launch", f.Name)
		}
	}
	var found []groupTag
	for _, g := range r.groups {
		for _, t := range g.tagsXML() {
			if !slices.ContainsFunc(in.Filters, func(f recordFilter) bool { return !f.fitsTag(t) }) {
				found = append(found, t)
			}
		}
	}
	part, next, err := records(found, in.recordPaging, 50, 100, func(t groupTag) string { return t.ResourceID + "\x00" + t.Key })
	if err != nil {
		return nil, err
	}
	return &describeTagsOutput{Tags: members[groupTag]{part}, NextToken: next}, nil
}

func (f recordFilter) fitsTag(t groupTag) bool {
	switch f.Name {
	case "auto-scaling-group":
		return f.has(t.ResourceID)
	case "key":
		return f.has(t.Key)
	case "value":
		return f.has(t.Value)
	default:
		return f.has(map[bool]string{true: "true", false: "false"}[t.Propagate])
	}
}

package fakeaws

import (
	"maps"
	"strings"
)

type createTagsInput struct {
	Resources []string `form:"ResourceId,required"`
	Tags      []tag    `form:"Tag,required"`
}

// createTags sets tags of instances, launch templates and subnets: of all that are
// named or, if one of them does not exist, of none.
func (r *request) createTags(in *createTagsInput) (*done, *Error) {
	tags := map[string]string{}
	for _, t := range in.Tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return nil, newError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
		tags[t.Key] = t.Value
	}
	var targets []*map[string]string
	for _, id := range in.Resources {
		target, err := r.tagsOf(id)
		if err != nil {
			return nil, err
		}
		targets = append(targets, target)
	}
	for _, target := range targets {
		if *target == nil {
			*target = map[string]string{}
		}
		maps.Copy(*target, tags)
	}
	return &done{}, nil
}

// tagsOf returns the tags of the resource with an id.
func (c *Cloud) tagsOf(id string) (*map[string]string, *Error) {
	if m := c.machine(id); m != nil {
		return &m.Tags, nil
	}
	if sub := c.network.byID(id); sub != nil {
		return &sub.tags, nil
	}
	if strings.HasPrefix(id, "lt-") {
		t, err := c.template(id, "")
		if err != nil {
			return nil, err
		}
		return &t.tags, nil
	}
	if strings.HasPrefix(id, "i-") {
		return nil, unknownInstance(id)
	}
	return nil, newError("InvalidID", "The ID '%s' is not valid", id)
}

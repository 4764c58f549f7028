package fakeaws

import (
	"maps"
	"slices"
)

// tag is EC2's: a key and a value.
type tag struct {
	Key   string `form:"Key" xml:"key"`
	Value string `form:"Value" xml:"value"`
}

// tagSpecification says which tags a resource gets when it is created.
type tagSpecification struct {
	ResourceType string `form:"ResourceType" xml:"resourceType"`
	Tags         []tag  `form:"Tag" xml:"tagSet>item"`
}

// tagList returns tags in the order of their keys.
func tagList(tags map[string]string) []tag {
	list := make([]tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{Key: key, Value: tags[key]})
	}
	return list
}

// bornWith returns the tags that new resources of a type get from specifications.
func bornWith(specifications []tagSpecification, resourceType string) map[string]string {
	tags := map[string]string{}
	for _, s := range specifications {
		if s.ResourceType != resourceType {
			continue
		}
		for _, t := range s.Tags {
			tags[t.Key] = t.Value
		}
	}
	return tags
}

// Tag is Auto Scaling's: it may be copied to the instances that are launched.
type Tag struct {
	Key, Value        string
	PropagateAtLaunch bool
}

package fakeaws

import (
	"regexp"
	"slices"
	"strings"
)

// ec2Operations are the supported operations of EC2.
func ec2Operations() map[string]operation {
	return map[string]operation{
		"CopyImage":                      serving((*request).copyImage),
		"CreateLaunchTemplate":           serving((*request).createLaunchTemplate),
		"CreateLaunchTemplateVersion":    serving((*request).createLaunchTemplateVersion),
		"CreateSubnet":                   serving((*request).createSubnet),
		"CreateTags":                     serving((*request).createTags),
		"DeregisterImage":                serving((*request).deregisterImage),
		"DescribeAvailabilityZones":      serving((*request).describeAvailabilityZones),
		"DescribeImages":                 serving((*request).describeImages),
		"DescribeInstances":              serving((*request).describeInstances),
		"DescribeInstanceTypes":          serving((*request).describeInstanceTypes),
		"DescribeLaunchTemplates":        serving((*request).describeLaunchTemplates),
		"DescribeLaunchTemplateVersions": serving((*request).describeLaunchTemplateVersions),
		"DescribeSubnets":                serving((*request).describeSubnets),
		"GetConsoleOutput":               serving((*request).getConsoleOutput),
		"ModifyLaunchTemplate":           serving((*request).modifyLaunchTemplate),
		"RunInstances":                   serving((*request).runInstances),
		"TerminateInstances":             serving((*request).terminateInstances),
	}
}

// filter selects what has one of the values.
type filter struct {
	Name   string   `form:"Name"`
	Values []string `form:"Value"`
}

// paging is the paging input of every describe operation of EC2.
type paging struct {
	MaxResults *int   `form:"MaxResults"`
	NextToken  string `form:"NextToken"`
}

// ec2Page returns the page of a list that was requested. low and high are the
// limits that EC2 documents for MaxResults.
func ec2Page[T any](all []T, p paging, low, high int, key func(T) string) ([]T, string, *Error) {
	size := 0
	if p.MaxResults != nil {
		size = *p.MaxResults
		if size < low || size > high {
			return nil, "", newError("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. "+
				"Expecting a value between %d and %d.", size, low, high)
		}
	}
	part, next, ok := page(all, p.NextToken, size, key)
	if !ok {
		return nil, "", newError("InvalidParameterValue", "Invalid value '%s' for nextToken", p.NextToken)
	}
	return part, next, nil
}

// filterable says by which filters a kind of resource can be selected.
type filterable[T any] struct {
	fields map[string]func(T) string
	tags   func(T) map[string]string // nil for resources without tags
}

// matching returns the elements that pass all filters.
func (f filterable[T]) matching(all []T, filters []filter) ([]T, *Error) {
	for _, filter := range filters {
		if f.fields[filter.Name] == nil && (f.tags == nil || !isTagFilter(filter.Name)) {
			return nil, newError("InvalidParameterValue", "The filter '%s' is invalid", filter.Name)
		}
	}
	var kept []T
	for _, element := range all {
		if !slices.ContainsFunc(filters, func(filter filter) bool { return !filter.passes(f.values(filter.Name, element)) }) {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

// values are the values of an element that a filter compares.
func (f filterable[T]) values(name string, element T) []string {
	if field := f.fields[name]; field != nil {
		return []string{field(element)}
	}
	var values []string
	for key, value := range f.tags(element) {
		switch name {
		case "tag-key":
			values = append(values, key)
		case "tag:" + key:
			values = append(values, value)
		}
	}
	return values
}

func isTagFilter(name string) bool { return name == "tag-key" || strings.HasPrefix(name, "tag:") }

func (f filter) passes(values []string) bool {
	return slices.ContainsFunc(f.Values, func(pattern string) bool {
		return slices.ContainsFunc(values, glob(pattern))
	})
}

// glob matches EC2's patterns: * is any text, ? any character, \ takes the
// next one literally.
func glob(pattern string) func(string) bool {
	quoted, literal := "", false
	for _, r := range pattern {
		switch {
		case literal:
			quoted, literal = quoted+regexp.QuoteMeta(string(r)), false
		case r == '\\':
			literal = true
		case r == '*':
			quoted += ".*"
		case r == '?':
			quoted += "."
		default:
			quoted += regexp.QuoteMeta(string(r))
		}
	}
	return regexp.MustCompile("(?s)^" + quoted + "$").MatchString
}

// wanted returns the elements with the given names, or all without names. For an
// unknown name it returns the error that missing makes.
func wanted[T any](all []T, names []string, name func(T) string, missing func(string) *Error) ([]T, *Error) {
	if len(names) == 0 {
		return all, nil
	}
	var found []T
	for _, want := range names {
		i := slices.IndexFunc(all, func(element T) bool { return name(element) == want })
		if i < 0 {
			return nil, missing(want)
		}
		found = append(found, all[i])
	}
	return found, nil
}

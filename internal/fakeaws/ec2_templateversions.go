package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
)

type versionXML struct {
	ID          string       `xml:"launchTemplateId"`
	Name        string       `xml:"launchTemplateName"`
	Number      int          `xml:"versionNumber"`
	Description string       `xml:"versionDescription,omitempty"`
	Created     timestamp    `xml:"createTime"`
	CreatedBy   string       `xml:"createdBy"`
	Default     bool         `xml:"defaultVersion"`
	Data        templateData `xml:"launchTemplateData"`
}

func (t *launchTemplate) versionXML(v *templateVersion) versionXML {
	return versionXML{
		ID: t.id, Name: t.name, Number: v.number, Description: v.description, Created: timestamp(v.created),
		CreatedBy: v.createdBy, Default: v.number == t.byDefault, Data: v.data,
	}
}

type describeLaunchTemplateVersionsInput struct {
	paging
	ID             string   `form:"LaunchTemplateId"`
	Name           string   `form:"LaunchTemplateName"`
	Versions       []string `form:"LaunchTemplateVersion"`
	Min            string   `form:"MinVersion"`
	Max            string   `form:"MaxVersion"`
	Filters        []filter `form:"Filter"`
	ResolveAlias   *bool    `form:"ResolveAlias"`
	IncludeManaged *bool    `form:"IncludeManagedResources"` // there are none
}

type describeLaunchTemplateVersionsOutput struct {
	Versions  items[versionXML] `xml:"launchTemplateVersionSet"`
	NextToken string            `xml:"nextToken,omitempty"`
}

func (r *request) describeLaunchTemplateVersions(in *describeLaunchTemplateVersionsInput) (*describeLaunchTemplateVersionsOutput, *Error) {
	found, err := r.versionsAsked(in)
	if err != nil {
		return nil, err
	}
	kept, err := versionFilters().matching(found, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 1, 200, func(v versionXML) string { return fmt.Sprint(v.ID, "/", v.Number) })
	if err != nil {
		return nil, err
	}
	if isTrue(in.ResolveAlias) {
		if err := r.resolveAliases(part); err != nil {
			return nil, err
		}
	}
	return &describeLaunchTemplateVersionsOutput{Versions: items[versionXML]{part}, NextToken: next}, nil
}

// resolveAliases puts the image in place of each parameter.
func (r *request) resolveAliases(versions []versionXML) *Error {
	for i := range versions {
		image := &versions[i].Data.ImageID
		if err := r.mayResolve(*image); err != nil {
			return err
		}
		*image, _ = r.resolveImage(*image)
	}
	return nil
}

func versionFilters() filterable[versionXML] {
	return filterable[versionXML]{fields: map[string]func(versionXML) string{
		"image-id":           func(v versionXML) string { return v.Data.ImageID },
		"instance-type":      func(v versionXML) string { return v.Data.InstanceType },
		"is-default-version": func(v versionXML) string { return strconv.FormatBool(v.Default) },
	}}
}

// versionsAsked returns the versions of one template, newest first, or the latest
// or default versions of all templates. EC2 has these two forms.
func (r *request) versionsAsked(in *describeLaunchTemplateVersionsInput) ([]versionXML, *Error) {
	if in.ID == "" && in.Name == "" {
		return r.versionsOfAll(in.Versions)
	}
	t, err := r.template(in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	var found []versionXML
	for _, version := range in.Versions {
		v, err := t.resolve(version)
		if err != nil {
			return nil, err
		}
		found = append(found, t.versionXML(v))
	}
	if len(in.Versions) > 0 {
		return found, nil
	}
	low, high, err := in.bounds(t)
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(t.versions) {
		if v.number >= low && v.number <= high && !v.deleted {
			found = append(found, t.versionXML(v))
		}
	}
	return found, nil
}

func (r *request) versionsOfAll(versions []string) ([]versionXML, *Error) {
	var found []versionXML
	for _, version := range versions {
		if version != versionLatest && version != versionDefault {
			return nil, newError("MissingParameter",
				"Either a launch template ID or a launch template name must be specified in the request")
		}
		for _, t := range r.templates {
			v, err := t.resolve(version)
			if err != nil {
				return nil, err
			}
			found = append(found, t.versionXML(v))
		}
	}
	if len(versions) == 0 {
		return nil, newError("MissingParameter",
			"Either a launch template ID or a launch template name must be specified in the request")
	}
	return found, nil
}

// bounds parses MinVersion and MaxVersion.
func (in *describeLaunchTemplateVersionsInput) bounds(t *launchTemplate) (low, high int, err *Error) {
	low, high = 1, t.latest()
	for _, bound := range []struct {
		text string
		into *int
	}{{in.Min, &low}, {in.Max, &high}} {
		if bound.text == "" {
			continue
		}
		n, convErr := strconv.Atoi(bound.text)
		if convErr != nil {
			return 0, 0, newError("InvalidParameterValue", "Invalid value '%s' for a version", bound.text)
		}
		*bound.into = n
	}
	return low, high, nil
}

package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
)

type templateXML struct {
	ID        string     `xml:"launchTemplateId"`
	Name      string     `xml:"launchTemplateName"`
	Created   timestamp  `xml:"createTime"`
	CreatedBy string     `xml:"createdBy"`
	Default   int        `xml:"defaultVersionNumber"`
	Latest    int        `xml:"latestVersionNumber"`
	Tags      items[tag] `xml:"tagSet"`
}

func (t *launchTemplate) xml() templateXML {
	return templateXML{
		ID: t.id, Name: t.name, Created: timestamp(t.created), CreatedBy: t.createdBy,
		Default: t.byDefault, Latest: t.latest(), Tags: items[tag]{tagList(t.tags)},
	}
}

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

type createLaunchTemplateInput struct {
	ClientToken string             `form:"ClientToken"`
	Name        string             `form:"LaunchTemplateName"`
	Description string             `form:"VersionDescription"`
	Data        *templateData      `form:"LaunchTemplateData"`
	Tags        []tagSpecification `form:"TagSpecification"`
}

type templateOutput struct {
	Template templateXML `xml:"launchTemplate"`
}

func (r *request) createLaunchTemplate(in *createLaunchTemplateInput) (*templateOutput, *Error) {
	if t := r.templateByName(in.Name); t != nil && in.ClientToken != "" && t.token.token == in.ClientToken {
		return &templateOutput{t.xml()}, t.token.check(*in)
	}
	if in.Data == nil {
		return nil, newError("MissingParameter", "The request must contain the parameter LaunchTemplateData")
	}
	t, err := r.createTemplate(in.Name, in.Description, *in.Data, r.userARN(), r.now)
	if err != nil {
		return nil, err
	}
	t.tags = bornWith(in.Tags, "launch-template")
	t.token = tokenUse{token: in.ClientToken, request: *in}
	return &templateOutput{t.xml()}, nil
}

type createLaunchTemplateVersionInput struct {
	ClientToken   string        `form:"ClientToken"`
	ID            string        `form:"LaunchTemplateId"`
	Name          string        `form:"LaunchTemplateName"`
	SourceVersion string        `form:"SourceVersion"`
	Description   string        `form:"VersionDescription"`
	Data          *templateData `form:"LaunchTemplateData"`
}

type createLaunchTemplateVersionOutput struct {
	Version versionXML `xml:"launchTemplateVersion"`
}

func (r *request) createLaunchTemplateVersion(in *createLaunchTemplateVersionInput) (*createLaunchTemplateVersionOutput, *Error) {
	t, err := r.template(in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	if used, again := t.tokens[in.ClientToken]; again {
		return &createLaunchTemplateVersionOutput{t.versionXML(used.version)}, used.check(*in)
	}
	if in.Data == nil {
		return nil, newError("MissingParameter", "The request must contain the parameter LaunchTemplateData")
	}
	data := *in.Data
	if in.SourceVersion != "" {
		source, err := t.resolve(in.SourceVersion)
		if err != nil {
			return nil, err
		}
		data = source.data.overlay(data)
	}
	v := t.add(in.Description, data, r.userARN(), r.now)
	if in.ClientToken != "" {
		t.tokens[in.ClientToken] = tokenUse{token: in.ClientToken, request: *in, version: v}
	}
	return &createLaunchTemplateVersionOutput{t.versionXML(v)}, nil
}

type modifyLaunchTemplateInput struct {
	ClientToken string `form:"ClientToken"` // the change is absolute: doing it again changes nothing
	ID          string `form:"LaunchTemplateId"`
	Name        string `form:"LaunchTemplateName"`
	Default     string `form:"SetDefaultVersion"`
}

func (r *request) modifyLaunchTemplate(in *modifyLaunchTemplateInput) (*templateOutput, *Error) {
	t, err := r.template(in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	if in.Default == "" {
		return nil, newError("MissingParameter", "The request must contain the parameter SetDefaultVersion")
	}
	v, err := t.resolve(in.Default)
	if err != nil {
		return nil, err
	}
	t.byDefault = v.number
	return &templateOutput{t.xml()}, nil
}

type describeLaunchTemplatesInput struct {
	paging
	IDs            []string `form:"LaunchTemplateId"`
	Names          []string `form:"LaunchTemplateName"`
	Filters        []filter `form:"Filter"`
	IncludeManaged *bool    `form:"IncludeManagedResources"` // there are none
}

type describeLaunchTemplatesOutput struct {
	Templates items[templateXML] `xml:"launchTemplates"`
	NextToken string             `xml:"nextToken,omitempty"`
}

func (r *request) describeLaunchTemplates(in *describeLaunchTemplatesInput) (*describeLaunchTemplatesOutput, *Error) {
	all := r.templates
	if len(in.IDs) > 0 || len(in.Names) > 0 {
		all = nil
	}
	for _, id := range in.IDs {
		t, err := r.template(id, "")
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	for _, name := range in.Names {
		t, err := r.template("", name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	kept, err := templateFilters().matching(all, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 1, 200, func(t *launchTemplate) string { return t.id })
	if err != nil {
		return nil, err
	}
	out := &describeLaunchTemplatesOutput{NextToken: next}
	for _, t := range part {
		out.Templates.List = append(out.Templates.List, t.xml())
	}
	return out, nil
}

func templateFilters() filterable[*launchTemplate] {
	return filterable[*launchTemplate]{
		fields: map[string]func(*launchTemplate) string{
			"launch-template-name": func(t *launchTemplate) string { return t.name },
			"create-time":          func(t *launchTemplate) string { return formatTime(t.created) },
		},
		tags: func(t *launchTemplate) map[string]string { return t.tags },
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
		for i := range part {
			part[i].Data.ImageID = r.resolveImage(part[i].Data.ImageID)
		}
	}
	return &describeLaunchTemplateVersionsOutput{Versions: items[versionXML]{part}, NextToken: next}, nil
}

func versionFilters() filterable[versionXML] {
	return filterable[versionXML]{fields: map[string]func(versionXML) string{
		"image-id":           func(v versionXML) string { return v.Data.ImageID },
		"instance-type":      func(v versionXML) string { return v.Data.InstanceType },
		"is-default-version": func(v versionXML) string { return strconv.FormatBool(v.Default) },
	}}
}

// versionsAsked returns the versions of one template, newest first, or the
// latest or default ones of all templates: that is what EC2 offers.
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
		if v.number >= low && v.number <= high {
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

// bounds reads MinVersion and MaxVersion.
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

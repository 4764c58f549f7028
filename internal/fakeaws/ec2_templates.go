package fakeaws

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

type createLaunchTemplateInput struct {
	ClientToken string             `form:"ClientToken" len:"0-128"`
	Name        string             `form:"LaunchTemplateName,required"`
	Description string             `form:"VersionDescription" len:"0-255"`
	Data        *templateData      `form:"LaunchTemplateData,required"`
	Tags        []tagSpecification `form:"TagSpecification"`
}

type templateOutput struct {
	Template templateXML `xml:"launchTemplate"`
}

func (r *request) createLaunchTemplate(in *createLaunchTemplateInput) (*templateOutput, *Error) {
	if t := r.templateByName(in.Name); t != nil && in.ClientToken != "" && t.token.token == in.ClientToken {
		return &templateOutput{t.xml()}, t.token.check(*in)
	}
	for _, s := range in.Tags {
		if s.ResourceType != "launch-template" {
			return nil, newError("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
	}
	t, err := r.createTemplate(in.Name, in.Description, *in.Data, r.identityOf(r.accessKey), r.now)
	if err != nil {
		return nil, err
	}
	t.tags = bornWith(in.Tags, "launch-template")
	t.token = tokenUse{token: in.ClientToken, request: *in}
	return &templateOutput{t.xml()}, nil
}

type createLaunchTemplateVersionInput struct {
	ClientToken   string        `form:"ClientToken" len:"0-128"`
	ID            string        `form:"LaunchTemplateId"`
	Name          string        `form:"LaunchTemplateName"`
	SourceVersion string        `form:"SourceVersion"`
	Description   string        `form:"VersionDescription" len:"0-255"`
	Data          *templateData `form:"LaunchTemplateData,required"`
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
	data := *in.Data
	if in.SourceVersion != "" {
		source, err := t.resolve(in.SourceVersion)
		if err != nil {
			return nil, err
		}
		data = source.data.withoutSnapshots().overlay(data)
	}
	v := t.add(in.Description, data, r.identityOf(r.accessKey), r.now)
	if in.ClientToken != "" {
		t.tokens[in.ClientToken] = tokenUse{token: in.ClientToken, request: *in, version: v}
	}
	return &createLaunchTemplateVersionOutput{t.versionXML(v)}, nil
}

type modifyLaunchTemplateInput struct {
	ClientToken string `form:"ClientToken" len:"0-128"` // ignored: setting the same version again changes nothing
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

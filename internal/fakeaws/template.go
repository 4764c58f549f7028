package fakeaws

import (
	"reflect"
	"slices"
	"strconv"
	"time"
)

// Versions of a launch template that are not numbers.
const (
	versionLatest  = "$Latest"
	versionDefault = "$Default"
)

// TemplateSpec is what CreateLaunchTemplate needs for a first version.
type TemplateSpec struct {
	Name         string
	ImageID      string
	InstanceType string
	// UserData in base64, as everywhere in EC2.
	UserData string
	// Tags are those of the template itself, InstanceTags those of the instances
	// that are launched from it.
	Tags, InstanceTags map[string]string
}

// LaunchTemplate is a template without its versions.
type LaunchTemplate struct {
	ID, Name                      string
	DefaultVersion, LatestVersion int
}

// launchTemplate is a template with its versions, number 1 first.
type launchTemplate struct {
	id, name  string
	created   time.Time
	createdBy string
	byDefault int
	versions  []*templateVersion
	tags      map[string]string
	token     tokenUse
	// tokens are the versions that were created with a client token, by token.
	tokens map[string]tokenUse
}

type templateVersion struct {
	number      int
	description string
	created     time.Time
	createdBy   string
	data        templateData
	deleted     bool
}

// tokenUse is what a client token was used for. The same token with the same
// request gets the same answer; with another request it gets an error.
type tokenUse struct {
	token   string
	request any
	version *templateVersion
}

func (u tokenUse) check(request any) *Error {
	if reflect.DeepEqual(u.request, request) {
		return nil
	}
	return newError("IdempotentParameterMismatch",
		"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
}

// latest is the highest number of a version that is not deleted.
func (t *launchTemplate) latest() int {
	for _, v := range slices.Backward(t.versions) {
		if !v.deleted {
			return v.number
		}
	}
	return 0
}

func (t *launchTemplate) summary() LaunchTemplate {
	return LaunchTemplate{ID: t.id, Name: t.name, DefaultVersion: t.byDefault, LatestVersion: t.latest()}
}

// resolve returns the version for $Latest, $Default or a number.
func (t *launchTemplate) resolve(version string) (*templateVersion, *Error) {
	number := t.byDefault
	switch version {
	case versionDefault, "":
	case versionLatest:
		number = t.latest()
	default:
		n, err := strconv.Atoi(version)
		if err != nil {
			return nil, newError("InvalidLaunchTemplateId.VersionNotFound",
				"Could not find launch template version: %s is no number, $Latest or $Default", version)
		}
		number = n
	}
	if number < 1 || number > t.latest() || t.versions[number-1].deleted {
		return nil, newError("InvalidLaunchTemplateId.VersionNotFound",
			"Could not find the specified version %s for the launch template with ID %s.", version, t.id)
	}
	return t.versions[number-1], nil
}

// CreateLaunchTemplate creates a template with one version, which is its default
// version. If the name is taken, the error is
// InvalidLaunchTemplateName.AlreadyExistsException. As with AWS, whether the image
// exists is checked at a launch.
func (c *Cloud) CreateLaunchTemplate(spec TemplateSpec) (LaunchTemplate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data := templateData{ImageID: spec.ImageID, InstanceType: spec.InstanceType, UserData: spec.UserData}
	if len(spec.InstanceTags) > 0 {
		data.TagSpecifications = []tagSpecification{{ResourceType: "instance", Tags: tagList(spec.InstanceTags)}}
	}
	t, err := c.createTemplate(spec.Name, "", data, c.identityOf(""), c.cfg.Clock())
	if err != nil {
		return LaunchTemplate{}, err
	}
	for key, value := range spec.Tags {
		t.tags[key] = value
	}
	return t.summary(), nil
}

func (c *Cloud) createTemplate(name, description string, data templateData, by string, now time.Time) (*launchTemplate, *Error) {
	if len(name) < 3 || len(name) > 128 {
		return nil, newError("InvalidLaunchTemplateName.MalformedException",
			"A launch template name must be between 3 and 128 characters")
	}
	if c.templateByName(name) != nil {
		return nil, newError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
	}
	t := &launchTemplate{
		id: c.id("lt"), name: name, created: now, createdBy: by, byDefault: 1,
		tags: map[string]string{}, tokens: map[string]tokenUse{},
	}
	t.add(description, data, by, now)
	c.templates = append(c.templates, t)
	return t, nil
}

func (t *launchTemplate) add(description string, data templateData, by string, now time.Time) *templateVersion {
	v := &templateVersion{number: len(t.versions) + 1, description: description, created: now, createdBy: by, data: data}
	t.versions = append(t.versions, v)
	return v
}

func (c *Cloud) templateByName(name string) *launchTemplate {
	i := slices.IndexFunc(c.templates, func(t *launchTemplate) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return c.templates[i]
}

// template returns a template by its id or its name. Exactly one of the two has to
// be given.
func (c *Cloud) template(id, name string) (*launchTemplate, *Error) {
	if (id == "") == (name == "") {
		return nil, newError("MissingParameter",
			"Either a launch template ID or a launch template name must be specified in the request")
	}
	if name != "" {
		if t := c.templateByName(name); t != nil {
			return t, nil
		}
		return nil, newError("InvalidLaunchTemplateName.NotFoundException",
			"The specified launch template, with template name %s, does not exist.", name)
	}
	i := slices.IndexFunc(c.templates, func(t *launchTemplate) bool { return t.id == id })
	if i < 0 {
		return nil, newError("InvalidLaunchTemplateId.NotFound",
			"The specified launch template, with template ID %s, does not exist.", id)
	}
	return c.templates[i], nil
}

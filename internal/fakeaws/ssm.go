package fakeaws

import (
	"net/http"
	"strings"
	"time"
)

func ssmOperations() map[string]operation {
	return map[string]operation{
		"DeleteParameter":       serving((*request).deleteParameter),
		"GetParameter":          serving((*request).getParameter),
		"GetParameters":         serving((*request).getParameters),
		"LabelParameterVersion": serving((*request).labelParameterVersion),
		"PutParameter":          serving((*request).putParameter),
	}
}

type parameterJSON struct {
	ARN              string
	DataType         string
	LastModifiedDate float64 // seconds since 1970
	Name             string
	Selector         string `json:",omitempty"` // :3 or :prod, as it was asked for
	Type             string
	Value            string
	Version          int
}

func (c *Cloud) newestImage() time.Time {
	var newest time.Time
	for _, image := range c.images {
		if image.OwnerAlias == "amazon" && image.Created.After(newest) {
			newest = image.Created
		}
	}
	return newest
}

type getParameterInput struct {
	Name           string
	WithDecryption bool // nothing is encrypted
}

type getParameterOutput struct{ Parameter parameterJSON }

func (r *request) getParameter(in *getParameterInput) (*getParameterOutput, *Error) {
	p, known := r.parameter(in.Name)
	if !known {
		return nil, &Error{Code: "ParameterNotFound", Status: http.StatusBadRequest}
	}
	return &getParameterOutput{p}, nil
}

type getParametersInput struct {
	Names          []string
	WithDecryption bool // nothing is encrypted
}

type getParametersOutput struct {
	InvalidParameters []string
	Parameters        []parameterJSON
}

func (r *request) getParameters(in *getParametersInput) (*getParametersOutput, *Error) {
	if len(in.Names) < 1 || len(in.Names) > 10 {
		return nil, newError("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint: "+
			"Member must have length between 1 and 10")
	}
	out := &getParametersOutput{InvalidParameters: []string{}, Parameters: []parameterJSON{}}
	for _, name := range in.Names {
		if p, known := r.parameter(name); known {
			out.Parameters = append(out.Parameters, p)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

type putParameterInput struct {
	Name, Value    string
	Type, DataType string
	Description    string // not kept
	Overwrite      bool
}

type putParameterOutput struct {
	Tier    string
	Version int
}

func (r *request) putParameter(in *putParameterInput) (*putParameterOutput, *Error) {
	setDefault(&in.DataType, dataText)
	before := r.stored[in.Name]
	switch {
	case in.Name == "" || in.Value == "":
		return nil, newError("ValidationException", "Name and Value are required")
	case strings.HasPrefix(in.Name, "/aws/"):
		return nil, newError("AccessDeniedException", "No access to reserved parameter name: %s.", in.Name)
	case before != nil && !in.Overwrite:
		return nil, newError("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case before != nil:
		in.Type = before.kind
	case in.Type == "":
		return nil, newError("ValidationException", "A parameter type is required when you create a parameter.")
	}
	return &putParameterOutput{Tier: "Standard", Version: r.store(in.Name, in.Type, in.DataType, in.Value, r.now)}, nil
}

type labelParameterInput struct {
	Name             string
	Labels           []string
	ParameterVersion *int // the newest if it is not set
}

type labelParameterOutput struct {
	InvalidLabels    []string
	ParameterVersion int
}

// labelParameterVersion moves labels to a version: each is on one version only.
func (r *request) labelParameterVersion(in *labelParameterInput) (*labelParameterOutput, *Error) {
	p := r.stored[in.Name]
	if p == nil {
		return nil, &Error{Code: "ParameterNotFound", Status: http.StatusBadRequest}
	}
	number := len(p.versions)
	if in.ParameterVersion != nil {
		number = *in.ParameterVersion
	}
	if number < 1 || number > len(p.versions) {
		return nil, newError("ParameterVersionNotFound", "Systems Manager could not find version %d of %s.", number, in.Name)
	}
	for _, label := range in.Labels {
		p.labels[label] = number
	}
	return &labelParameterOutput{InvalidLabels: []string{}, ParameterVersion: number}, nil
}

type deleteParameterInput struct{ Name string }

func (r *request) deleteParameter(in *deleteParameterInput) (*done, *Error) {
	if r.stored[in.Name] == nil {
		return nil, &Error{Code: "ParameterNotFound", Status: http.StatusBadRequest}
	}
	delete(r.stored, in.Name)
	return &done{}, nil
}

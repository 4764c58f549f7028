package fakeaws

import (
	"net/http"
	"time"
)

func ssmOperations() map[string]operation {
	return map[string]operation{
		"GetParameter":  serving((*request).getParameter),
		"GetParameters": serving((*request).getParameters),
	}
}

type parameterJSON struct {
	ARN              string
	DataType         string
	LastModifiedDate float64 // seconds since 1970
	Name             string
	Type             string
	Value            string
	Version          int
}

// parameter returns a public parameter; false if there is none of that name.
func (c *Cloud) parameter(name string) (parameterJSON, bool) {
	value, known := c.parameters()[name]
	return parameterJSON{
		ARN: "arn:" + c.partition() + ":ssm:" + c.cfg.Region + "::parameter" + name, DataType: "text",
		LastModifiedDate: float64(c.newestImage().Unix()), Name: name, Type: "String", Value: value, Version: 1,
	}, known
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

package fakeaws

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// The operations are compared with the SDK, which is generated from AWS's models: what each takes, what it
// needs, and the values that are allowed. The models have lengths and ranges, too, which the SDK leaves out.
func TestOperationsAreThoseOfTheModels(t *testing.T) {
	sdk := &capture{}
	plain := func(stack *middleware.Stack) error { // sends also what the SDK itself would refuse
		_, _ = stack.Initialize.Remove("OperationInputValidation") // operations that need nothing have none
		return nil
	}
	keys := credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", "")
	clients := map[string][2]any{
		"autoscaling": {
			autoscaling.New(autoscaling.Options{Region: "us-west-2", Credentials: keys, HTTPClient: sdk}),
			autoscaling.New(autoscaling.Options{Region: "us-west-2", Credentials: keys, HTTPClient: sdk, APIOptions: []func(*middleware.Stack) error{plain}}),
		},
		"ec2": {
			ec2.New(ec2.Options{Region: "us-west-2", Credentials: keys, HTTPClient: sdk}),
			ec2.New(ec2.Options{Region: "us-west-2", Credentials: keys, HTTPClient: sdk, APIOptions: []func(*middleware.Stack) error{plain}}),
		},
	}
	// New instance types come every month, and only a few of the resources with tags are made by a launch.
	open := []string{enumMarker + "types.InstanceType", enumMarker + "types.ResourceType"}
	for service, both := range clients {
		for name, op := range services()[service].operations {
			t.Run(service+":"+name, func(t *testing.T) {
				ours := map[string]parameter{}
				parametersOf(op.in, "", ours)
				checking, sending := reflect.ValueOf(both[0]).MethodByName(name), reflect.ValueOf(both[1]).MethodByName(name)
				theirs, enums := sdk.sends(sending, full(checking.Type().In(1)))
				for key, p := range ours {
					switch kind, known := theirs[key]; {
					case !known:
						t.Errorf("it takes %s, which AWS does not have", key)
					case strings.HasPrefix(kind, enumMarker) && !slices.Equal(p.enum, enums[kind]) && !slices.Contains(open, kind):
						t.Errorf("%s may be one of %v here, and %v (%s) on AWS", key, p.enum, enums[kind], kind)
					}
				}
				for _, member := range requiredBy(checking) {
					for _, key := range sdk.keyOf(sending, member) {
						if p, known := ours[key]; known && !p.required {
							t.Errorf("%s is not required here", key)
						}
					}
				}
			})
		}
	}
}

// parameter is what an operation here says of one of its parameters.
type parameter struct {
	required bool
	enum     []string
}

// parametersOf adds the parameters of an input by their names, without the numbers of lists.
func parametersOf(in reflect.Type, path string, all map[string]parameter) {
	switch in.Kind() {
	case reflect.Pointer:
		parametersOf(in.Elem(), path, all)
	case reflect.Slice:
		if in.Elem().Kind() == reflect.Struct {
			parametersOf(in.Elem(), path, all)
		}
	case reflect.Struct:
		for i := range in.NumField() {
			field := in.Field(i)
			if field.Anonymous {
				parametersOf(field.Type, path, all)
				for name := range strings.FieldsSeq(field.Tag.Get("required")) {
					p := all[join(path, name)]
					p.required = true
					all[join(path, name)] = p
				}
				continue
			}
			name, required := formName(field)
			if name == "-" {
				continue
			}
			p := parameter{required: required}
			if enum := field.Tag.Get("enum"); enum != "" {
				p.enum = strings.Fields(enum)
				slices.Sort(p.enum)
			}
			all[join(path, name)] = p
			parametersOf(field.Type, join(path, name), all)
		}
	}
}

// enumMarker begins what stands for the value of an enum: the name of its type follows.
const enumMarker = "enum of "

// capture keeps the last request's parameters and answers nothing.
type capture struct{ form url.Values }

func (c *capture) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if c.form, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

// sends returns the parameters that the SDK sends, with their values, and the values of each enum.
func (c *capture) sends(call, in reflect.Value) (map[string]string, map[string][]string) {
	c.form = nil
	call.Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
	names, enums := map[string]string{}, map[string][]string{}
	for key, values := range c.form {
		plain := unnumbered(key)
		for path := plain; path != ""; {
			if _, known := names[path]; !known {
				names[path] = ""
			}
			end := strings.LastIndex(path, ".")
			path = path[:max(0, end)]
		}
		names[plain] = values[0]
	}
	enumsOf(in.Type(), enums, 0)
	return names, enums
}

// keyOf returns the first part of the parameter that a member of an input is sent as.
func (c *capture) keyOf(call reflect.Value, member string) []string {
	in := reflect.New(call.Type().In(1).Elem())
	field := in.Elem().FieldByName(member)
	field.Set(fullValue(field.Type(), 0))
	sent, _ := c.sends(call, in)
	delete(sent, "Action")
	delete(sent, "Version")
	var keys []string
	for key := range sent {
		if !strings.Contains(key, ".") && key != "ClientToken" {
			keys = append(keys, key)
		}
	}
	return keys
}

func unnumbered(key string) string {
	key = regexp.MustCompile(`\.member(\.|$)`).ReplaceAllString(key, "$1")
	return regexp.MustCompile(`\.\d+`).ReplaceAllString(key, "")
}

// requiredBy returns the members of an input without which the SDK sends nothing.
func requiredBy(call reflect.Value) []string {
	out := call.Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.New(call.Type().In(1).Elem())})
	err, _ := out[1].Interface().(error)
	var invalid smithy.InvalidParamsError
	if !errors.As(err, &invalid) {
		return nil
	}
	var names []string
	for _, problem := range invalid.Errs() {
		field := problem.(smithy.InvalidParamError).Field()
		names = append(names, field[strings.LastIndex(field, ".")+1:])
	}
	return names
}

// full is an input with everything set.
func full(in reflect.Type) reflect.Value { return fullValue(in, 0) }

func fullValue(t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case depth > 14:
	case t == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1, 0)))
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(fullValue(t.Elem(), depth+1))
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte("x"))
	case t.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, fullValue(t.Elem(), depth+1)))
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				v.Field(i).Set(fullValue(t.Field(i).Type, depth+1))
			}
		}
	case isEnum(t):
		v.SetString(enumMarker + t.String())
	case t.Kind() == reflect.String:
		v.SetString("x")
	case t.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1)
	case v.CanFloat():
		v.SetFloat(1)
	}
	return v
}

func isEnum(t reflect.Type) bool {
	_, has := t.MethodByName("Values")
	return t.Kind() == reflect.String && has
}

// enumsOf adds the values of all enums below a type, by its marker.
func enumsOf(t reflect.Type, all map[string][]string, depth int) {
	switch {
	case depth > 14 || t == reflect.TypeFor[time.Time]():
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice:
		enumsOf(t.Elem(), all, depth+1)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			enumsOf(t.Field(i).Type, all, depth+1)
		}
	case isEnum(t):
		values := reflect.New(t).Elem().MethodByName("Values").Call(nil)[0]
		var texts []string
		for i := range values.Len() {
			texts = append(texts, values.Index(i).String())
		}
		slices.Sort(texts)
		all[enumMarker+t.String()] = texts
	}
}

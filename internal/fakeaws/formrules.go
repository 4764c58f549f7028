package fakeaws

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The rules of AWS's models that the tags of inputs have: which parameters are required
// (form:"Name,required", and required:"A B" for those of an embedded input), which values an enum has
// (enum:"a b"), and how long a text may be (len:"1-255"). TestOperationsAreThoseOfTheModels compares the first
// two with the SDK; lengths are those of the API references.

// formName reads a form tag: the name, and whether the parameter is required.
func formName(field reflect.StructField) (name string, required bool) {
	name, options, _ := strings.Cut(field.Tag.Get("form"), ",")
	return name, options == "required"
}

// obeys checks the parameters of an input, or of a part of one, by its type.
func (n *formNode) obeys(t reflect.Type, path string) error {
	switch t.Kind() {
	case reflect.Pointer:
		return n.obeys(t.Elem(), path)
	case reflect.Slice:
		return n.elementsObey(t.Elem(), path)
	case reflect.Struct:
		for i := range t.NumField() {
			if err := n.fieldObeys(t.Field(i), path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *formNode) elementsObey(t reflect.Type, path string) error {
	for step, child := range n.children {
		of := t
		if step == "member" {
			of = reflect.SliceOf(t)
		}
		if err := child.obeys(of, join(path, step)); err != nil {
			return err
		}
	}
	return nil
}

func (n *formNode) fieldObeys(field reflect.StructField, path string) error {
	if field.Anonymous {
		for name := range strings.FieldsSeq(field.Tag.Get("required")) {
			if n.children[name] == nil {
				return &badParam{name: join(path, name), missing: true}
			}
		}
		return n.obeys(field.Type, path)
	}
	own, required := formName(field)
	child, name := n.children[own], join(path, own)
	switch {
	case child == nil && required:
		return &badParam{name: name, missing: true}
	case child == nil:
		return nil
	}
	allowed := strings.Fields(field.Tag.Get("enum"))
	for _, value := range child.values() {
		if len(allowed) > 0 && !slices.Contains(allowed, value) {
			return &badParam{name: name, value: value, allowed: allowed}
		}
		if limit := wrongLength(field, value); limit != "" {
			return &badParam{name: name, value: value, limit: limit}
		}
	}
	return child.obeys(field.Type, name)
}

// wrongLength is what a len tag asks for in AWS's words, if a value is not as long as that. A list that is empty
// comes as one empty value.
func wrongLength(field reflect.StructField, value string) string {
	least, most, found := strings.Cut(field.Tag.Get("len"), "-")
	if !found || value == "" && field.Type.Kind() == reflect.Slice {
		return ""
	}
	low, _ := strconv.Atoi(least)
	high, _ := strconv.Atoi(most)
	switch n := utf8.RuneCountInString(value); {
	case n < low:
		return "Member must have length greater than or equal to " + least
	case n > high:
		return "Member must have length less than or equal to " + most
	}
	return ""
}

// values are those of a parameter, or of the elements of a list.
func (n *formNode) values() []string {
	if len(n.children) == 0 {
		return []string{n.value}
	}
	var all []string
	for _, child := range n.children {
		all = append(all, child.values()...)
	}
	return all
}

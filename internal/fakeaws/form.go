package fakeaws

import (
	"cmp"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// formNode is one step of a flat parameter name: "Filter.1.Name" is a node
// Filter with a child 1 with a child Name, which has the value.
type formNode struct {
	value    string
	children map[string]*formNode
}

// badParam is a parameter that cannot be decoded. Each service has its own error
// for it.
type badParam struct {
	name    string
	unknown bool // no operation has it
	missing bool // the operation needs it
	value   string
	allowed []string // if the value is none of them
	limit   string   // what its length has to be; otherwise it is malformed
}

func (e *badParam) Error() string {
	if e.unknown {
		return fmt.Sprintf("The parameter %s is not recognized", e.name)
	}
	if e.missing {
		return fmt.Sprintf("The request must contain the parameter %s", e.name)
	}
	return fmt.Sprintf("Invalid value '%s' for %s", e.value, e.name)
}

// decodeForm fills a struct from the flat parameters of the query protocols,
// by the form tags of its fields: strings, integers, booleans, structs,
// pointers to these and lists of these, in EC2's numbering (Key.1) or Auto
// Scaling's (Key.member.1). After the name, a form tag may say that the parameter
// is required; an enum tag has the values that are allowed. A parameter that no field takes is an error, so
// that nothing a client asks for is ignored.
func decodeForm(values url.Values, into any) error {
	root := formTree(values)
	if err := root.fill(reflect.ValueOf(into).Elem(), ""); err != nil {
		return err
	}
	if err := root.leftOver(""); err != nil {
		return err
	}
	return formTree(values).obeys(reflect.TypeOf(into).Elem(), "")
}

func formTree(values url.Values) *formNode {
	root := &formNode{}
	for name := range values {
		node := root
		for _, step := range strings.Split(name, ".") {
			node = node.child(step)
		}
		node.value = values.Get(name)
	}
	return root
}

func (n *formNode) child(step string) *formNode {
	if n.children == nil {
		n.children = map[string]*formNode{}
	}
	if n.children[step] == nil {
		n.children[step] = &formNode{}
	}
	return n.children[step]
}

// take removes and returns a child, so that in the end the unknown ones remain.
func (n *formNode) take(step string) *formNode {
	child := n.children[step]
	delete(n.children, step)
	return child
}

// leftOver returns the alphabetically first parameter that was not taken.
func (n *formNode) leftOver(path string) error {
	if len(n.children) == 0 {
		return nil
	}
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		names = append(names, name)
	}
	name := slices.Min(names)
	if err := n.children[name].leftOver(join(path, name)); err != nil {
		return err
	}
	return &badParam{name: join(path, name), unknown: true}
}

func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

func (n *formNode) fill(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return n.fill(v.Elem(), path)
	case reflect.Struct:
		return n.fillStruct(v, path)
	case reflect.Slice:
		return n.fillList(v, path)
	default:
		return n.fillValue(v, path)
	}
}

func (n *formNode) fillStruct(v reflect.Value, path string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			if err := n.fillStruct(v.Field(i), path); err != nil {
				return err
			}
			continue
		}
		own, _ := formName(field)
		child := n.take(own)
		if child == nil {
			continue
		}
		name := join(path, own)
		if err := child.fill(v.Field(i), name); err != nil {
			return err
		}
		if err := child.leftOver(name); err != nil {
			return err
		}
	}
	return nil
}

// fillList appends the elements in the order of their numbers. A list whose name
// comes without elements is empty: clients send empty lists like that.
func (n *formNode) fillList(v reflect.Value, path string) error {
	if members := n.take("member"); members != nil {
		return members.fillList(v, join(path, "member"))
	}
	numbers, err := n.numbers(path)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		element := reflect.New(v.Type().Elem()).Elem()
		name := join(path, number)
		child := n.take(number)
		if err := child.fill(element, name); err != nil {
			return err
		}
		if err := child.leftOver(name); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
	}
	return nil
}

func (n *formNode) numbers(path string) ([]string, error) {
	var numbers []string
	for step := range n.children {
		if _, err := strconv.Atoi(step); err != nil {
			return nil, &badParam{name: join(path, step), unknown: true}
		}
		numbers = append(numbers, step)
	}
	slices.SortFunc(numbers, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return cmp.Compare(x, y)
	})
	return numbers, nil
}

func (n *formNode) fillValue(v reflect.Value, path string) error {
	malformed := &badParam{name: path, value: n.value}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.value)
	case reflect.Int:
		number, err := strconv.ParseInt(n.value, 10, 32)
		if err != nil {
			return malformed
		}
		v.SetInt(number)
	case reflect.Bool:
		yes, err := strconv.ParseBool(n.value)
		if err != nil {
			return malformed
		}
		v.SetBool(yes)
	default:
		panic("fakeaws: no form decoding for " + v.Type().String())
	}
	return nil
}

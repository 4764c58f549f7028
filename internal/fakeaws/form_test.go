package fakeaws

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type formInner struct {
	Name   string   `form:"Name"`
	Values []string `form:"Value"`
}

type formPart struct {
	Size *int `form:"Size"`
}

type formSample struct {
	formPart
	Text  string       `form:"Text"`
	On    *bool        `form:"On"`
	List  []string     `form:"List"`
	Inner *formInner   `form:"Inner"`
	Many  []*formInner `form:"Many"`
}

func TestDecodeForm(t *testing.T) {
	seven, yes := 7, true
	for query, want := range map[string]formSample{
		"":                                {},
		"Text=a.b%26c":                    {Text: "a.b&c"},
		"Size=7&On=true":                  {formPart: formPart{Size: &seven}, On: &yes},
		"List.1=a&List.2=b&List.10=c":     {List: []string{"a", "b", "c"}},
		"List.member.2=b&List.member.1=a": {List: []string{"a", "b"}},
		"List=":                           {},
		"Inner.Name=x&Inner.Value.1=y":    {Inner: &formInner{Name: "x", Values: []string{"y"}}},
		"Many.1.Name=x&Many.2.Value.1=y&Many.2.Value.2=z": {Many: []*formInner{{Name: "x"}, {Values: []string{"y", "z"}}}},
	} {
		t.Run(query, func(t *testing.T) {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			var got formSample
			if err := decodeForm(values, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(formSample{})); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestDecodeFormRefuses(t *testing.T) {
	for query, want := range map[string]string{
		"Colour=blue":                "The parameter Colour is not recognized",
		"Inner.Colour=blue":          "The parameter Inner.Colour is not recognized",
		"Many.1.Name=x&Many.1.Hue=y": "The parameter Many.1.Hue is not recognized",
		"Text.1=a":                   "The parameter Text.1 is not recognized",
		"List.x=a":                   "The parameter List.x is not recognized",
		"List.1.x=a":                 "The parameter List.1.x is not recognized",
		"Size=seven":                 "Invalid value 'seven' for Size",
		"Size=99999999999":           "Invalid value '99999999999' for Size",
		"On=perhaps":                 "Invalid value 'perhaps' for On",
	} {
		t.Run(query, func(t *testing.T) {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			err = decodeForm(values, &formSample{})
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

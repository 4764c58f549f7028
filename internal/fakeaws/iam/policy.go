// Package iam decides what a policy of AWS Identity and Access Management allows.
//
// It follows the IAM User Guide, "IAM JSON policy elements reference" and "Policy evaluation logic":
// what no statement allows is denied, and a statement that denies beats those that allow. Nothing in a
// policy is ignored: an element, a condition operator or a condition key that is not known here is an
// error when the policy is read.
package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Policy is an identity-based policy.
type Policy struct{ statements []statement }

// Request is what somebody wants to do.
type Request struct {
	Action   string // ec2:RunInstances
	Resource string // its ARN; * for an action that is not about one resource
	// Keys are the condition keys that AWS sets for this action on this resource, with their value.
	Keys map[string]string
}

// Verdict is what a policy says of a request.
type Verdict int

const (
	NotAllowed Verdict = iota // no statement allows it
	Allowed
	Denied // a statement denies it
)

type statement struct {
	Sid               string
	Effect            string
	Action, NotAction list
	Resource          list
	NotResource       list
	Condition         map[string]map[string]list
	conditions        []condition
}

// list is one text or several. Numbers and booleans count as texts, as in AWS.
type list []string

func (l *list) UnmarshalJSON(content []byte) error {
	var all []any
	if json.Unmarshal(content, &all) != nil {
		var one any
		if err := json.Unmarshal(content, &one); err != nil {
			return err
		}
		all = []any{one}
	}
	for _, value := range all {
		*l = append(*l, fmt.Sprint(value))
	}
	return nil
}

// Parse reads a policy. The known condition keys are those that requests can have; one that ends with a
// slash stands for all that begin with it.
func Parse(document []byte, known []string) (Policy, error) {
	var read struct {
		Version, ID string
		Statement   []statement
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return Policy{}, fmt.Errorf("the policy is not valid: %w", err)
	}
	if read.Version != "2012-10-17" {
		return Policy{}, fmt.Errorf("the policy's version is %q; only 2012-10-17 is known here", read.Version)
	}
	if len(read.Statement) == 0 {
		return Policy{}, fmt.Errorf("the policy has no statement")
	}
	for i := range read.Statement {
		if err := read.Statement[i].complete(known); err != nil {
			return Policy{}, fmt.Errorf("statement %d (%s): %w", i+1, read.Statement[i].Sid, err)
		}
	}
	return Policy{read.Statement}, nil
}

// complete checks a statement and reads its conditions.
func (s *statement) complete(known []string) error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("the effect is %q instead of Allow or Deny", s.Effect)
	case (len(s.Action) == 0) == (len(s.NotAction) == 0):
		return fmt.Errorf("it needs either Action or NotAction")
	case (len(s.Resource) == 0) == (len(s.NotResource) == 0):
		return fmt.Errorf("it needs either Resource or NotResource")
	}
	for _, text := range slices.Concat(s.Resource, s.NotResource) {
		if strings.Contains(text, "${") {
			return fmt.Errorf("%s: policy variables are not known here", text)
		}
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			c, err := newCondition(operator, key, values, known)
			if err != nil {
				return err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return nil
}

// Decide says what the policy says of a request.
func (p Policy) Decide(r Request) Verdict {
	verdict := NotAllowed
	for _, s := range p.statements {
		switch {
		case !s.isAbout(r):
		case s.Effect == "Deny":
			return Denied
		default:
			verdict = Allowed
		}
	}
	return verdict
}

func (s statement) isAbout(r Request) bool {
	action := func(pattern string) bool { return like(strings.ToLower(pattern), strings.ToLower(r.Action)) }
	resource := func(pattern string) bool { return like(pattern, r.Resource) }
	if slices.ContainsFunc(s.Action, action) == (len(s.Action) == 0) || slices.ContainsFunc(s.NotAction, action) {
		return false
	}
	if slices.ContainsFunc(s.Resource, resource) == (len(s.Resource) == 0) || slices.ContainsFunc(s.NotResource, resource) {
		return false
	}
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r.Keys) })
}

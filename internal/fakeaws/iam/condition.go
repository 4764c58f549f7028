package iam

import (
	"fmt"
	"slices"
	"strings"
)

// condition is one key of one operator of a statement. All conditions of a statement have to hold.
type condition struct {
	key      string // in small letters: the names of keys are not case-sensitive
	values   []string
	matches  func(pattern, value string) bool
	negated  bool // it holds if no value matches
	ifExists bool // it holds if the request does not have the key
	null     bool // it is about whether the request has the key
}

// operators are those that are known, without Not and IfExists (IAM User Guide, "IAM JSON policy
// elements: Condition operators").
func operators() map[string]func(pattern, value string) bool {
	equal := func(pattern, value string) bool { return pattern == value }
	return map[string]func(string, string) bool{
		"StringEquals": equal, "StringEqualsIgnoreCase": strings.EqualFold, "StringLike": like,
		"ArnEquals": likeARN, "ArnLike": likeARN, "Bool": strings.EqualFold,
	}
}

func newCondition(operator, key string, values, known []string) (condition, error) {
	c := condition{key: strings.ToLower(key), values: values}
	if !slices.ContainsFunc(known, func(k string) bool { return isKey(k, key) }) {
		return c, fmt.Errorf("the condition key %s is not known here", key)
	}
	for _, value := range values {
		if strings.Contains(value, "${") {
			return c, fmt.Errorf("%s: policy variables are not known here", value)
		}
	}
	if operator == "Null" {
		c.null = true
		return c, nil
	}
	name, ifExists := strings.CutSuffix(operator, "IfExists")
	positive := strings.Replace(name, "Not", "", 1)
	c.ifExists, c.negated = ifExists, positive != name
	matches, ok := operators()[positive]
	if !ok || name == "NotBool" {
		return c, fmt.Errorf("the condition operator %s is not known here", operator)
	}
	c.matches = matches
	return c, nil
}

// isKey reports whether a key is a known one, or begins with it.
func isKey(known, key string) bool {
	known, key = strings.ToLower(known), strings.ToLower(key)
	if strings.HasSuffix(known, "/") {
		return strings.HasPrefix(key, known) && len(key) > len(known)
	}
	return key == known
}

// holds says whether the condition holds for a request with these keys. Of one that the request does not
// have, what is asked for does not hold, and what is excluded does.
func (c condition) holds(keys map[string]string) bool {
	value, has := "", false
	for key, v := range keys {
		if strings.ToLower(key) == c.key {
			value, has = v, true
		}
	}
	switch {
	case c.null:
		return slices.Contains(c.values, fmt.Sprint(!has))
	case !has:
		return c.ifExists || c.negated
	}
	return slices.ContainsFunc(c.values, func(pattern string) bool { return c.matches(pattern, value) }) != c.negated
}

// like matches a text with a pattern, in which * stands for any characters, also none, and ? for one.
func like(pattern, text string) bool {
	head, rest, starred := strings.Cut(pattern, "*")
	if !fits(head, text) {
		return false
	}
	text = text[len(head):]
	if !starred {
		return text == ""
	}
	for from := range len(text) + 1 {
		if like(rest, text[from:]) {
			return true
		}
	}
	return false
}

// fits reports whether a text begins with a pattern of characters and ?.
func fits(pattern, text string) bool {
	if len(text) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != text[i] {
			return false
		}
	}
	return true
}

// likeARN matches each of the six parts of an ARN by itself.
func likeARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != len(parts) {
		return false
	}
	for i := range patterns {
		if !like(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

package fakeaws

import (
	"encoding/base64"
	"slices"
)

// page returns the part of a list that follows a token, at most max elements
// (all if max is 0), and the token for what follows; empty at the end. A token
// names the last element given out, so that a list may grow or shrink between
// two pages. ok is false for a token that names nothing.
func page[T any](all []T, token string, max int, key func(T) string) (part []T, next string, ok bool) {
	if token != "" {
		name, err := base64.URLEncoding.DecodeString(token)
		i := slices.IndexFunc(all, func(element T) bool { return key(element) == string(name) })
		if err != nil || i < 0 {
			return nil, "", false
		}
		all = all[i+1:]
	}
	if max == 0 || len(all) <= max {
		return all, "", true
	}
	return all[:max], base64.URLEncoding.EncodeToString([]byte(key(all[max-1]))), true
}

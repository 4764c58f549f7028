package fakeaws

import (
	"encoding/base64"
	"slices"
)

// page returns the part of a list after a token, at most max elements (all if max
// is 0), and the token for the next page, which is empty at the end. A token
// names the last element of a page, so the list may change between two pages. ok
// is false for an unknown token.
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

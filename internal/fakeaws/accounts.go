package fakeaws

import "net/http"

// Accounts serves several accounts behind one address: requests with one of the access keys by that
// key's handler, which is mostly that of another [Cloud], and all others by own. So each account has
// its own groups, instances, templates and images.
func Accounts(own http.Handler, byKey map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		serve := own
		if scope := scopeOf(in.Header.Get("Authorization")); scope != nil {
			if other, ok := byKey[scope[0]]; ok {
				serve = other
			}
		}
		serve.ServeHTTP(out, in)
	})
}

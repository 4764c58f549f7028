package kube

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Calls counts the requests of a process to the API server, by verb and resource: "patch
// nodes", "create pods/eviction". The zero Calls is ready for use.
type Calls struct {
	mu    sync.Mutex
	count map[string]int
}

// Count returns how many requests of each kind were made so far.
func (c *Calls) Count() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.count)
}

// Total returns the number of all requests so far, and how many of them were to change
// something. Asking for a permission changes nothing.
func (c *Calls) Total() (all, mutating int) {
	for name, times := range c.Count() {
		all += times
		verb, resource, _ := strings.Cut(name, " ")
		if !slices.Contains([]string{"get", "list", "watch"}, verb) && resource != "selfsubjectaccessreviews" {
			mutating += times
		}
	}
	return all, mutating
}

// wrap counts every request that passes through a transport.
func (c *Calls) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		c.add(callName(r))
		return next.RoundTrip(r)
	})
}

func (c *Calls) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[name]++
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// callName is the verb and resource of a request, as RBAC names them.
func callName(r *http.Request) string {
	resource, named := callResource(r.URL.Path)
	return callVerb(r, named || strings.HasPrefix(resource, "/")) + " " + resource
}

// callResource parses a path: /api/v1 or /apis/GROUP/VERSION, then perhaps namespaces/NAME,
// then RESOURCE[/NAME[/SUBRESOURCE]].
func callResource(path string) (resource string, named bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return path, false // discovery, version, health
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2], true
	}
	return parts[0], len(parts) > 1
}

func isWatch(r *http.Request) bool {
	watch := r.URL.Query().Get("watch")
	return watch != "" && watch != "false"
}

func callVerb(r *http.Request, named bool) string {
	switch r.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	}
	switch {
	case isWatch(r):
		return "watch"
	case named:
		return "get"
	default:
		return "list"
	}
}

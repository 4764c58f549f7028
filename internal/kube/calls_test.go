package kube

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCallsAreNamedAsRBACNamesThem(t *testing.T) {
	for url, want := range map[string]string{
		"GET /api/v1/nodes":                                           "list nodes",
		"GET /api/v1/nodes?watch=true":                                "watch nodes",
		"GET /api/v1/nodes/a":                                         "get nodes",
		"PATCH /api/v1/nodes/a":                                       "patch nodes",
		"POST /api/v1/namespaces/default/pods/web-0/eviction":         "create pods/eviction",
		"DELETE /api/v1/namespaces/default/pods/web-0":                "delete pods",
		"GET /api/v1/namespaces/default/pods":                         "list pods",
		"POST /api/v1/namespaces":                                     "create namespaces",
		"GET /api/v1/namespaces/nodelift-system":                      "get namespaces",
		"GET /apis/policy/v1/poddisruptionbudgets?watch=1":            "watch poddisruptionbudgets",
		"PUT /apis/nodelift.dev/v1alpha1/nodegroupupdates/u/status":   "update nodegroupupdates/status",
		"PUT /apis/coordination.k8s.io/v1/namespaces/n/leases/ng-a":   "update leases",
		"GET /apis/apps/v1/namespaces/kube-system/deployments/scaler": "get deployments",
		"GET /apis/nodelift.dev/v1alpha1":                             "get /apis/nodelift.dev/v1alpha1",
		"GET /version":                                                "get /version",
	} {
		t.Run(url, func(t *testing.T) {
			var method, path string
			for i := range url {
				if url[i] == ' ' {
					method, path = url[:i], url[i+1:]
				}
			}
			r, err := http.NewRequest(method, "https://cluster"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := callName(r); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCallsAreCounted(t *testing.T) {
	var calls Calls
	rt := calls.wrap(roundTripper(func(*http.Request) (*http.Response, error) { return nil, http.ErrNotSupported }))
	for path, method := range map[string]string{
		"/api/v1/nodes/a": http.MethodPatch, "/api/v1/nodes/b": http.MethodPatch, "/api/v1/nodes": http.MethodGet,
		"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": http.MethodPost,
	} {
		r, _ := http.NewRequest(method, "https://cluster"+path, nil)
		_, _ = rt.RoundTrip(r)
	}
	want := map[string]int{"patch nodes": 2, "list nodes": 1, "create selfsubjectaccessreviews": 1}
	if diff := cmp.Diff(want, calls.Count()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if all, mutating := calls.Total(); all != 4 || mutating != 2 {
		t.Errorf("%d calls, %d to change something; want 4 and 2", all, mutating)
	}
}

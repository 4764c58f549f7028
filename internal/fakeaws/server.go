package fakeaws

import "net/http"

// Handler answers EC2, Auto Scaling, SSM and STS on one listener.
func (c *Cloud) Handler() http.Handler { return http.HandlerFunc(c.serve) }

func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not served yet", http.StatusNotImplemented)
}

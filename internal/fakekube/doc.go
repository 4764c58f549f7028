// Package fakekube is a Kubernetes API server in one process: objects with resource
// versions, and watches that are as late as one wants.
//
// Software that uses client-go can be tried with it, in a testing/synctest bubble as well:
// it keeps time with package time, starts no goroutine of its own, and nothing waits for a
// mutex while time passes.
//
//	server := fakekube.New(fakekube.Config{Scheme: scheme, Resources: fakekube.CoreResources()})
//	server.ServeHTTP(w, r)                        // what clients see
//	fakekube.All[*corev1.Pod](server)             // what is there, for observers
//	fakekube.Change(server, "default", "web-1", func(p *corev1.Pod) { ... }) // for kubelets
//
// # What it does
//
// Create, get, list, update, patch (merge and strategic merge) and delete, with optimistic
// locking, preconditions, finalizers and grace periods; the subresources status and
// eviction; selectors; discovery; watches from a version on, with bookmarks and initial
// events. Each watch gets the changes of its resource in order. Config.Lag says how late,
// and Compact makes versions too old, which ends watches with 410.
//
// # What it leaves out
//
// Who asks: nobody is authenticated and everybody may do everything. Defaults, validation
// and admission, and controllers: a Deployment is an object like any other, and somebody
// else keeps the status of a disruption budget. Continuing a list: a limit shortens it.
//
// TestLikeTheRealOne compares its answers with those of a real API server.
package fakekube

package fakekube_test

import (
	"net/http"
	"net/url"
	"time"
)

// Where the objects of the script are.
const (
	deployments = "/apis/apps/v1/namespaces/default/deployments"
	leases      = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
	events      = "/apis/events.k8s.io/v1/namespaces/default/events"
	updates     = "/apis/nodelift.dev/v1alpha1/nodegroupupdates"
	pods        = "/api/v1/namespaces/default/pods"
	budgets     = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
	nodes       = "/api/v1/nodes"
)

// script asks everything that Nodelift asks of an API server, and some of what it could ask.
func (a *asker) script() []string {
	a.writes()
	a.statuses()
	a.deletions()
	a.evictions()
	a.watches()
	return a.answers
}

func (a *asker) writes() {
	container := []any{object{"name": "main", "image": "example.com/main"}}
	web := named("web", object{
		"metadata.labels": object{"app": "web"}, "metadata.annotations": object{"a": "1", "b": "2"},
		"spec.replicas": 0, "spec.selector.matchLabels": object{"app": "web"},
		"spec.template.metadata.labels": object{"app": "web"}, "spec.template.spec.containers": container,
	})
	first := a.note("an object is created", "POST", deployments, web, "metadata.name", "metadata.generation", "metadata.creationTimestamp")
	a.note("it is created once", "POST", deployments, web)
	a.note("another one is not there", "GET", deployments+"/no", nil)
	a.note("another resource is not there", "GET", "/apis/apps/v1/namespaces/default/things/no", nil, "code")
	a.note("a merge patch changes, adds and removes", "PATCH merge", deployments+"/web",
		object{"metadata": object{"annotations": object{"a": "3", "b": nil, "c": "4"}}}, "metadata.annotations.a", "metadata.annotations.b", "metadata.annotations.c", "metadata.generation")
	a.note("a merge patch of an old version conflicts", "PATCH merge", deployments+"/web",
		object{"metadata": object{"resourceVersion": version(first), "annotations": object{"a": "5"}}})
	a.note("a change of the spec is counted", "PATCH merge", deployments+"/web", object{"spec": object{"paused": true}}, "metadata.generation", "spec.paused")
	a.note("a strategic patch changes labels", "PATCH strategic", deployments+"/web", object{"metadata": object{"labels": object{"x": "y"}}}, "metadata.labels.app", "metadata.labels.x")

	lease := a.note("a Lease is created", "POST", leases, named("l", object{"spec": object{"holderIdentity": "a"}}), "spec.holderIdentity")
	later := a.note("a Lease is taken", "PUT", leases+"/l", with(lease, object{"spec.holderIdentity": "b"}), "spec.holderIdentity", "metadata.generation")
	a.note("a Lease is not taken by an old version", "PUT", leases+"/l", with(lease, object{"spec.holderIdentity": "c"}))
	same := a.note("an update that changes nothing is accepted", "PUT", leases+"/l", later, "spec.holderIdentity")
	a.writef("and changes nothing: %t", version(same) == version(later))

	event := object{
		"metadata": object{"generateName": "e-"}, "eventTime": "2026-09-20T12:00:00.000000Z", "reportingController": "example.com/a", "reportingInstance": "a",
		"action": "Test", "reason": "Tested", "note": "n", "type": "Normal",
		"regarding": object{"kind": "Deployment", "namespace": "default", "name": "web", "uid": "u-1"},
	}
	a.note("an Event gets a name", "POST", events, event, "metadata.generateName", "regarding.uid")
	a.list("Events are found by what they are about", events+"?fieldSelector=regarding.uid%3Du-1")
	a.list("and not by something else", events+"?fieldSelector=regarding.uid%3Du-2")
	a.list("objects are found by labels", deployments+"?labelSelector="+url.QueryEscape("app=web,x"))
	a.list("a list has a limit", deployments+"?limit=1")
	a.note("a field that nobody indexes is refused", "GET", pods+"?fieldSelector=spec.unknown%3D1", nil, "code")
}

func (a *asker) statuses() {
	u := a.note("an update is created without a status", "POST", updates, named("u", object{
		"apiVersion": "nodelift.dev/v1alpha1", "kind": "NodeGroupUpdate",
		"metadata.finalizers": []any{"nodelift.dev/test"}, "spec": object{"nodeGroup": "g"},
	}), "metadata.generation", "spec.nodeGroup")
	u = a.note("its status is written", "PUT", updates+"/u/status", with(u, object{"status.message": "m", "spec.paused": true, "metadata.annotations.a": "1"}),
		"status.message", "spec.paused", "metadata.generation", "metadata.annotations")
	a.note("and is not a part of the object", "PUT", updates+"/u", with(u, object{"status.message": "n", "spec.paused": true}), "status.message", "spec.paused", "metadata.generation")
	a.note("an old version is refused", "PUT", updates+"/u/status", with(u, object{"status.message": "o"}))
	a.note("a patch of the status leaves the spec", "PATCH merge", updates+"/u/status", object{"status": object{"message": "p"}, "spec": object{"paused": false}}, "status.message", "spec.paused")
}

func (a *asker) deletions() {
	a.note("a wrong UID is refused", "DELETE", updates+"/u", object{"preconditions": object{"uid": "x"}}, "code", "reason")
	a.note("a finalizer keeps what is deleted", "DELETE", updates+"/u", nil, "metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds")
	a.note("and it is still there", "GET", updates+"/u", nil, "metadata.deletionTimestamp", "metadata.finalizers")
	a.note("until the finalizer is removed", "PATCH merge", updates+"/u", object{"metadata": object{"finalizers": nil}}, "metadata.finalizers")
	a.note("then it is gone", "GET", updates+"/u", nil)
	a.note("what has no finalizer is gone at once", "DELETE", leases+"/l", nil)
	a.note("and cannot be deleted again", "DELETE", leases+"/l", nil)
}

func (a *asker) evictions() {
	node := named("n", object{"spec": object{"providerID": "aws:///a/i-1"}})
	a.note("a node is created", "POST", nodes, node, "spec.providerID")
	for _, name := range []string{"free", "held", "twice"} {
		a.note("pod "+name+" is created", "POST", pods, named(name, object{
			"metadata.labels": object{"app": name}, "metadata.finalizers": []any{"nodelift.dev/test"},
			"spec": object{"nodeName": "n", "terminationGracePeriodSeconds": 600, "containers": []any{object{"name": "main", "image": "example.com/main"}}},
		}), "status.phase")
		a.note("pod "+name+" becomes Ready", "PATCH merge", pods+"/"+name+"/status", object{"status": object{
			"phase": "Running", "conditions": []any{object{"type": "Ready", "status": "True"}},
		}}, "status.phase")
	}
	a.budget("held", "held")
	a.budget("one", "twice")
	a.budget("two", "twice")
	evict := func(what, name string, options object) {
		body := named(name, object{"apiVersion": "policy/v1", "kind": "Eviction", "metadata.namespace": "default"})
		if options != nil {
			body["deleteOptions"] = options
		}
		a.note(what, "POST", pods+"/"+name+"/eviction", body)
	}
	evict("an eviction is refused by a budget", "held", nil)
	evict("two budgets are ambiguous", "twice", nil)
	evict("a pod that is not there is not evicted", "no", nil)
	evict("a pod with another UID is not evicted", "free", object{"preconditions": object{"uid": "x"}})
	evict("a pod without a budget is evicted", "free", nil)
	a.note("with its grace period", "GET", pods+"/free", nil, "metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds")
	evict("and once more", "free", nil)
	a.list("pods are found by their node", pods+"?fieldSelector=spec.nodeName%3Dn")
}

// budget creates a budget that keeps one pod, and waits until its status says so.
func (a *asker) budget(name, app string) {
	a.note("budget "+name+" is created", "POST", budgets, named(name, object{
		"spec": object{"minAvailable": 1, "selector": object{"matchLabels": object{"app": app}}},
	}), "metadata.generation")
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, b := a.ask(http.MethodGet, budgets+"/"+name, nil)
		if at(b, "status.currentHealthy") == 1.0 {
			return
		}
		// Without a controller of budgets, or if it has not looked yet.
		a.ask("PATCH merge", budgets+"/"+name+"/status", object{"status": object{
			"observedGeneration": 1, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0,
		}})
		if time.Now().After(deadline) {
			a.Fatalf("budget %s: %v", name, b["status"])
		}
	}
}

func (a *asker) watches() {
	first := a.note("a Lease is watched", "POST", leases, named("w", object{"metadata.labels": object{"on": "yes"}, "spec": object{"holderIdentity": "a"}}), "spec.holderIdentity")
	a.note("it changes", "PATCH merge", leases+"/w", object{"spec": object{"holderIdentity": "b"}}, "spec.holderIdentity")
	a.note("it is not selected any more", "PATCH merge", leases+"/w", object{"metadata": object{"labels": nil}}, "metadata.labels")
	a.note("it is gone", "DELETE", leases+"/w", nil)
	a.note("another one comes", "POST", leases, named("x", object{"metadata.labels": object{"on": "yes"}}), "metadata.name")
	from := leases + "?watch=1&resourceVersion=" + version(first)
	a.watch("a watch of all", from, 4, "metadata.name", "spec.holderIdentity")
	a.watch("a watch of those with a label", from+"&labelSelector=on", 3, "metadata.name", "spec.holderIdentity")
	a.watch("a watch of one by its name", from+"&fieldSelector=metadata.name%3Dw", 3, "metadata.name")
	a.watch("a watch with what is there", leases+"?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", 2,
		"kind", "metadata.name", "metadata.annotations")
	a.watch("a watch from no version", leases+"?watch=1", 1, "metadata.name")
	a.forget()
	a.watch("a watch from a version that is too old", updates+"?watch=1&resourceVersion=1", 2)
}

// list writes down how many objects a list has.
func (a *asker) list(what, path string) {
	_, answer := a.ask(http.MethodGet, path, nil)
	items, _ := answer["items"].([]any)
	a.writef("%s: %v of %d", what, answer["kind"], len(items))
}

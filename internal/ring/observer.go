package ring

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/fakekube"
)

// observer watches the promises. It goes by what the two servers hold, which no process sees at
// once.
type observer struct {
	*World
	leaving map[string]bool      // instances that were seen terminating
	guard   sync.Mutex           // of asked
	asked   map[string]time.Time // when the request to terminate an instance was sent that was carried out
}

// sent is told of each request when it leaves its process: only whoever holds the Lease may change
// anything of the group, its nodes or its pods.
func (o *observer) sent(p *process, c *call) {
	if !c.changes || !isWork(c) {
		return
	}
	lease, ok := fakekube.Find[*coordinationv1.Lease](o.kube, v1alpha1.Namespace, "ng-"+groupName)
	if !ok {
		o.story.accuse("%s sends %s without a Lease", p.name, c.name)
		return
	}
	holder, number, _ := strings.Cut(ptr.Deref(lease.Spec.HolderIdentity, ""), " #ring-")
	if holder != "" && holder != p.name {
		o.story.accuse("%s sends %s while %s (ring-%s) holds the Lease", p.name, c.name, holder, number)
	}
}

// isWork reports whether a request changes what an update works on. Leases, Events and the records
// have locks of their own.
func isWork(c *call) bool {
	if strings.HasPrefix(c.name, "aws ") {
		return true
	}
	for _, what := range []string{" nodes/", " pods/", " deployments/"} {
		if strings.Contains(c.name, what) {
			return true
		}
	}
	return false
}

// arriving is told of each request right before it is carried out.
func (o *observer) arriving(p *process, c *call) {
	if c.name == "aws TerminateInstanceInAutoScalingGroup" || strings.HasPrefix(c.name, "aws TerminateInstanceInAutoScalingGroup ") {
		form, _ := url.ParseQuery(string(c.body))
		for name, values := range form {
			if strings.HasPrefix(name, "InstanceId") {
				o.terminating(p.name, c, values[0])
			}
		}
	}
}

// terminating looks at an instance that is about to be terminated by a call. A pod that came while the
// call was travelling counts for nobody: an instance may become a node just then.
func (o *observer) terminating(who string, c *call, id string) {
	for _, i := range o.cloud.Instances() {
		if i.ID == id && i.Lifecycle == fakeaws.LifecycleInService {
			o.empty(who, i, c.sent)
			o.capacity(who, i)
			o.guard.Lock()
			o.asked[id] = c.sent
			o.guard.Unlock()
		}
	}
}

// empty checks that no pod that has to move was on the node of an instance at a time.
func (o *observer) empty(who string, i fakeaws.Instance, at time.Time) {
	for _, pod := range fakekube.All[*corev1.Pod](o.kube) {
		if pod.Spec.NodeName == nodeName(i) && pod.Status.StartTime.Time.Before(at) {
			o.story.accuse("%s: instance %s is terminated with pod %s on it", who, i.ID, pod.Name)
		}
	}
}

// capacity checks that enough usable nodes remain without an instance.
func (o *observer) capacity(who string, without fakeaws.Instance) {
	usable := 0
	for _, i := range o.cloud.Instances() {
		if i.ID != without.ID && o.usable(i) {
			usable++
		}
	}
	if usable < o.required() {
		o.story.accuse("%s: instance %s is terminated, which leaves %d usable nodes; %d are required", who, without.ID, usable, o.required())
	}
}

// required is how many nodes have to stay usable: all of the owner's or, with MINIMAL, all but one.
func (o *observer) required() int {
	if o.strategy == v1alpha1.StrategyMinimal {
		return size - 1
	}
	return size
}

func (o *observer) usable(i fakeaws.Instance) bool {
	node, ok := fakekube.Find[*corev1.Node](o.kube, "", nodeName(i))
	return ok && i.Lifecycle == fakeaws.LifecycleInService && !node.Spec.Unschedulable
}

// arrived is told of each request that changes something when it was carried out.
func (o *observer) arrived(p *process, c *call, r *http.Response) {
	if !c.changes || r == nil || strings.Contains(c.name, "leases/") {
		return
	}
	how := r.Status
	if r.StatusCode >= http.StatusBadRequest {
		how += " " + codeIn(r)
	}
	o.story.tell(p.name, "· %s: %s", c.name, how)
	o.sizes()
}

// codeIn is AWS's code in an answer.
func codeIn(r *http.Response) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if found := regexp.MustCompile(`<Code>(.*?)</Code>|"message":"(.*?)"`).FindSubmatch(body); found != nil {
		return string(found[1]) + string(found[2])
	}
	return ""
}

// sizes checks that the group is never smaller than its owner wants it.
func (o *observer) sizes() {
	if g := o.cloud.Group(groupName); g.Desired < size {
		o.story.accuse("the desired size is %d; the owner's is %d", g.Desired, size)
	}
}

// look is called every second.
func (o *observer) look() {
	o.sizes()
	for _, i := range o.cloud.Instances() {
		if i.Lifecycle != fakeaws.LifecycleInService && i.Lifecycle != fakeaws.LifecyclePending && !o.leaving[i.ID] {
			o.leaving[i.ID] = true
			o.story.tell("", "instance %s (%s) is terminating", i.ID, i.Zone)
			if i.State != fakeaws.StateTerminated {
				o.empty("somebody", i, o.lastAsked(i))
			}
		}
	}
	for _, l := range workloads() {
		ready := 0
		for _, p := range l.pods(o.kube) {
			if isReady(p) && p.DeletionTimestamp == nil {
				ready++
			}
		}
		if ready < l.needed {
			o.story.accuse("%d pods of %s are Ready; its budget needs %d", ready, l.name, l.needed)
		}
	}
}

// lastAsked is when the last request to terminate an instance was sent, now for none.
func (o *observer) lastAsked(i fakeaws.Instance) time.Time {
	o.guard.Lock()
	defer o.guard.Unlock()
	if at, ok := o.asked[i.ID]; ok {
		return at
	}
	return time.Now()
}

// end checks what an update leaves behind.
func (o *observer) end() {
	update, ok := fakekube.Find[*v1alpha1.NodeGroupUpdate](o.kube, "", updateName)
	if !ok || !update.Ended() {
		o.story.accuse("the update has not ended after %s: %s, %s", time.Since(o.story.begun).Round(time.Second), update.Status.Phase, update.Status.Message)
		return
	}
	if update.Status.Status != v1alpha1.UpdateSuccessful || len(update.Status.Owing) > 0 {
		o.story.accuse("the update is %s: %s, owing %v", update.Status.Status, update.Status.Message, update.Status.Owing)
	}
	group, _ := fakekube.Find[*v1alpha1.NodeGroup](o.kube, "", groupName)
	if len(update.Finalizers)+len(group.Finalizers) > 0 || group.Status.Ledger != nil {
		o.story.accuse("finalizers %v and %v and ledger %v are left", update.Finalizers, group.Finalizers, group.Status.Ledger)
	}
	o.endOfGroup()
	o.endOfCluster()
}

func (o *observer) endOfGroup() {
	if g := o.cloud.Group(groupName); g.Min != 1 || g.Max != size+1 || g.Desired != size || !slices.Equal(g.Suspended, o.suspended) {
		o.story.accuse("the group has sizes %d, %d and %d, and processes %v are suspended", g.Min, g.Max, g.Desired, g.Suspended)
	}
	members := 0
	for _, i := range o.cloud.Instances() {
		switch {
		case i.Lifecycle != fakeaws.LifecycleInService:
		case i.ImageID != o.image:
			o.story.accuse("instance %s has image %s, not %s", i.ID, i.ImageID, o.image)
		default:
			members++
		}
	}
	if members != size {
		o.story.accuse("the group has %d instances, not %d", members, size)
	}
}

func (o *observer) endOfCluster() {
	for _, node := range fakekube.All[*corev1.Node](o.kube) {
		for name := range node.Annotations {
			if strings.Contains(name, "nodelift") || strings.Contains(name, "autoscaler") {
				o.story.accuse("node %s keeps annotation %s", node.Name, name)
			}
		}
		if node.Spec.Unschedulable || len(node.Spec.Taints) > 0 || node.Labels["node.kubernetes.io/exclude-from-external-load-balancers"] != "" {
			o.story.accuse("node %s keeps marks: cordon %t, taints %v", node.Name, node.Spec.Unschedulable, node.Spec.Taints)
		}
	}
	if d := o.autoscaler(); ptr.Deref(d.Spec.Replicas, 0) != 1 || len(d.Annotations) > 0 {
		o.story.accuse("Cluster Autoscaler has %d replicas and annotations %v", *d.Spec.Replicas, d.Annotations)
	}
	for _, lease := range fakekube.All[*coordinationv1.Lease](o.kube) {
		holder := ptr.Deref(lease.Spec.HolderIdentity, "")
		if lease.Namespace == v1alpha1.Namespace && lease.Name != "controller" && holder != "" && !o.isOfTheDead(holder) {
			o.story.accuse("Lease %s is held by %s", lease.Name, holder)
		}
	}
}

// isOfTheDead reports whether the holder of a Lease is a process that was killed.
func (o *observer) isOfTheDead(holder string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.processes, func(p *process) bool { return p.isDead() && strings.HasPrefix(holder, p.name+" ") })
}

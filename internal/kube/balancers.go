package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/pager"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Balancer is where a controller of the cluster registers nodes: a target group, the target groups of a
// network load balancer, or a classic load balancer. One of the three is set.
type Balancer struct {
	For         string // who asks for it: TargetGroupBinding shop/web
	TargetGroup string // its ARN or its name
	Network     string // the name of a network load balancer
	Classic     string // the name of a classic load balancer
}

// Balancers are those of a cluster that registers nodes with them.
type Balancers struct {
	Known []Balancer
	// Denied and Foreign say in words what could not be looked at, for want of a permission and
	// because it is not known what registers nodes there.
	Denied, Foreign []string
}

// Balancers returns the load balancers with which nodes with some labels are registered, and which drop
// a node with the label node.kubernetes.io/exclude-from-external-load-balancers: those of the AWS Load
// Balancer Controller, which has a TargetGroupBinding for each target group, and those of the cloud
// provider, which has a load balancer for each Service of type LoadBalancer.
func (c *Cluster) Balancers(ctx context.Context, nodes []labels.Set) (Balancers, error) {
	var found Balancers
	for _, read := range []func(context.Context, []labels.Set, *Balancers) error{c.bindings, c.services} {
		err := read(ctx, nodes, &found)
		switch {
		case errors.Is(err, upgrade.ErrForbidden):
			found.Denied = append(found.Denied, err.Error())
		case err != nil:
			return found, err
		}
	}
	return found, nil
}

// binding is what matters of a TargetGroupBinding (elbv2.k8s.aws/v1beta1).
type binding struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetGroupARN     string                `json:"targetGroupARN"`
		TargetGroupName    string                `json:"targetGroupName"`
		TargetType         string                `json:"targetType"`
		NodeSelector       *metav1.LabelSelector `json:"nodeSelector"`
		IAMRoleARNToAssume string                `json:"iamRoleArnToAssume"`
	} `json:"spec"`
}

// bindings adds the target groups of the AWS Load Balancer Controller. A cluster without its definitions
// has none.
func (c *Cluster) bindings(ctx context.Context, nodes []labels.Set, found *Balancers) error {
	list := func() client.ObjectList {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(schema.GroupVersionKind{Group: "elbv2.k8s.aws", Version: "v1beta1", Kind: "TargetGroupBindingList"})
		return list
	}
	err := c.each(ctx, list, "", func(object runtime.Object) error {
		var b binding
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err == nil {
			err = runtime.DefaultUnstructuredConverter.FromUnstructured(content, &b)
		}
		b.addTo(found, nodes)
		return err
	})
	if meta.IsNoMatchError(err) {
		return nil
	}
	return explain(err, "list targetgroupbindings.elbv2.k8s.aws")
}

// each lists objects in pages.
func (c *Cluster) each(ctx context.Context, newList func() client.ObjectList, fields string, do func(runtime.Object) error) error {
	page := func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		list := newList()
		return list, c.live.List(ctx, list, &client.ListOptions{Raw: &o, Limit: o.Limit, Continue: o.Continue})
	}
	return pager.New(page).EachListItem(ctx, metav1.ListOptions{FieldSelector: fields}, do)
}

// addTo adds the target group, unless its targets are pods: they are deregistered when they are evicted,
// whatever the label of their node.
func (b binding) addTo(found *Balancers, nodes []labels.Set) {
	name := fmt.Sprintf("TargetGroupBinding %s/%s", b.Namespace, b.Name)
	switch {
	case b.Spec.TargetType == "ip", !selects(b.Spec.NodeSelector, nodes):
	case b.Spec.IAMRoleARNToAssume != "":
		found.Foreign = append(found.Foreign, name+" is for a target group of another account")
	default:
		target := b.Spec.TargetGroupARN
		if target == "" {
			target = b.Spec.TargetGroupName
		}
		found.Known = append(found.Known, Balancer{For: name, TargetGroup: target})
	}
}

// selects reports whether a selector selects any of the nodes. None selects all, and so does one that cannot be read.
func selects(selector *metav1.LabelSelector, nodes []labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if selector == nil || err != nil {
		return true
	}
	for _, node := range nodes {
		if parsed.Matches(node) {
			return true
		}
	}
	return false
}

// services adds the load balancers of Services. One that has no address yet has no traffic either.
func (c *Cluster) services(ctx context.Context, _ []labels.Set, found *Balancers) error {
	list := func() client.ObjectList { return &corev1.ServiceList{} }
	err := c.each(ctx, list, "spec.type="+string(corev1.ServiceTypeLoadBalancer), func(object runtime.Object) error {
		if s, is := object.(*corev1.Service); is && len(s.Status.LoadBalancer.Ingress) > 0 {
			addService(found, s)
		}
		return nil
	})
	return explain(err, "list services")
}

// addService adds the load balancer of a Service. Who makes it is said by the class or, without one, by
// an annotation: external and nlb-ip are the AWS Load Balancer Controller's, which makes
// TargetGroupBindings for it; nlb and anything else are the cloud provider's (isNLB and isLBExternal of
// cloud-provider-aws).
func addService(found *Balancers, s *corev1.Service) {
	const controllersClass, kind = "service.k8s.aws/nlb", "service.beta.kubernetes.io/aws-load-balancer-type"
	name := fmt.Sprintf("Service %s/%s", s.Namespace, s.Name)
	if class := s.Spec.LoadBalancerClass; class != nil {
		if *class != controllersClass {
			found.Foreign = append(found.Foreign, name+" has the load balancer class "+*class)
		}
		return
	}
	switch s.Annotations[kind] {
	case "external", "nlb-ip":
	case "nlb":
		found.Known = append(found.Known, Balancer{For: name, Network: balancerName(s)})
	default:
		found.Known = append(found.Known, Balancer{For: name, Classic: balancerName(s)})
	}
}

// balancerName is what the cloud provider calls the load balancer of a Service (DefaultLoadBalancerName of
// k8s.io/cloud-provider).
func balancerName(s *corev1.Service) string {
	const longest = 32
	name := "a" + strings.ReplaceAll(string(s.UID), "-", "")
	return name[:min(len(name), longest)]
}

package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The wait is that of the load balancers with which controllers in the cluster register the nodes: they
// drop a node that is labelled. All of them are named beforehand if the wait is too short for them.
func TestLoadBalancersOfTheCluster(t *testing.T) {
	w := newWorld(t, "--nodes", "1", "--zones", "1")
	w.balance(75)
	w.nodelift(upgrade("--dry-run")...).has(t, 0, "load balancers let requests finish for longer than the 0s between cordon and termination",
		"target group bound of TargetGroupBinding default/web has 1m15s", "target group listened of Service default/network has 1m15s",
		"classic load balancer a", " of Service default/classic has 1m15s", "use --cordon-wait auto")
	w.nodelift(upgrade("--dry-run", "--cordon-wait", "auto", "--output", "json")...).has(t, 0, `"cordonWait":"1m25s"`, `"cordonWaitReason":"`)
	r := w.nodelift(upgrade("--cordon-wait", "auto", "--strategy", "LEAN")...)
	r.has(t, 0, "1m25s from cordon to termination (", "lets requests finish for 1m15s after its controller has noticed", "load balancers have 1m25s to drop it", "Successful after")
	w.nodesRun(1, "v1.37.")
	w.isCleanWith(1)
}

// Whoever may not see the load balancers loses a warning, is told so, and cannot leave the wait to them.
// Where nobody knows what registers the nodes, that is said.
func TestLoadBalancersWithoutTheRights(t *testing.T) {
	w := newWorld(t)
	const none = "the usual time, since no TargetGroupBinding of type instance and no Service of type LoadBalancer is known to register these nodes"
	w.nodelift(upgrade("--dry-run", "--cordon-wait", "auto")...).has(t, 0, "1m from cordon to termination ("+none+")")
	metal := w.service("metal", map[string]string{}, aws.String("example.com/metal"))
	w.nodelift(upgrade("--dry-run", "--cordon-wait", "auto")...).has(t, 0, none,
		"it is not known how long some load balancers let requests finish (Service default/metal has the load balancer class example.com/metal)")
	w.check(w.kube.Delete(w.ctx(), metal))

	w.balance(75)
	blind := w.between(func(action string) (int, string) {
		if action == "DescribeTargetGroups" {
			return 403, queryError("AccessDenied", "You are not allowed to do this.")
		}
		return 0, ""
	})
	blind.nodelift(upgrade("--dry-run")...).has(t, 0, "load balancers were not looked at", "elasticloadbalancing:DescribeTargetGroups",
		"target group bound of TargetGroupBinding default/web has 1m15s")
	blind.nodelift(upgrade("--cordon-wait", "auto")...).has(t, 1, "--cordon-wait auto needs to see the load balancers", "docs/iam-policy.json", "nothing was changed")

	w.loginAsUpgrader()
	w.applyRights()
	w.forbidBalancers()
	w.bind("nodelift")
	w.bind("nodelift-install")
	r := w.nodelift(upgrade("--dry-run")...)
	r.has(t, 0, "load balancers were not looked at, because a permission is missing", "may not list targetgroupbindings.elbv2.k8s.aws", "may not list services")
	w.nodelift(upgrade("--cordon-wait", "auto")...).has(t, 1, "--cordon-wait auto needs to see the load balancers", "docs/rbac.yaml", "nothing was changed")
	w.changedNothing()
}

// forbidBalancers takes the rights to see them out of the role.
func (w *world) forbidBalancers() {
	w.t.Helper()
	role := &rbacv1.ClusterRole{}
	w.check(w.kube.Get(w.ctx(), client.ObjectKey{Name: "nodelift"}, role))
	var kept []rbacv1.PolicyRule
	for _, rule := range role.Rules {
		if rule.Resources[0] != "services" && rule.Resources[0] != "targetgroupbindings" {
			kept = append(kept, rule)
		}
	}
	role.Rules = kept
	w.check(w.kube.Update(w.ctx(), role))
}

// balance has the nodes registered with a target group of a TargetGroupBinding, one by name, and with a
// network and a classic load balancer of Services, all with the same delay.
func (w *world) balance(seconds int) {
	w.t.Helper()
	w.defineBindings()
	for name, spec := range map[string]map[string]any{
		"web":   {"targetGroupARN": w.targetGroup("bound", seconds), "targetType": "instance"},
		"named": {"targetGroupName": "bound", "targetType": "instance"},
	} {
		spec["serviceRef"] = map[string]any{"name": "web", "port": int64(80)}
		w.check(w.kube.Create(w.ctx(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding", "metadata": map[string]any{"name": name, "namespace": "default"}, "spec": spec,
		}}))
	}
	network, err := w.elb().CreateLoadBalancer(w.ctx(), &elbv2.CreateLoadBalancerInput{
		Name: w.balancerOf(w.service("network", map[string]string{"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}, nil)), Type: elbv2types.LoadBalancerTypeEnumNetwork,
	})
	w.check(err)
	_, err = w.elb().CreateListener(w.ctx(), &elbv2.CreateListenerInput{LoadBalancerArn: network.LoadBalancers[0].LoadBalancerArn, DefaultActions: []elbv2types.Action{
		{Type: elbv2types.ActionTypeEnumForward, TargetGroupArn: aws.String(w.targetGroup("listened", seconds))},
	}})
	w.check(err)
	w.classic(w.balancerOf(w.service("classic", nil, nil)), seconds)
}

// balancerOf is what the cloud provider calls the load balancer of a Service.
func (w *world) balancerOf(s *corev1.Service) *string {
	return aws.String(("a" + strings.ReplaceAll(string(s.UID), "-", ""))[:32])
}

// classic makes a classic load balancer that lets requests finish for some time.
func (w *world) classic(name *string, seconds int) {
	w.t.Helper()
	classic := elb.New(elb.Options{
		Region: value(w.env, "AWS_REGION"), BaseEndpoint: &w.aws,
		Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
	_, err := classic.CreateLoadBalancer(w.ctx(), &elb.CreateLoadBalancerInput{LoadBalancerName: name, Listeners: []elbtypes.Listener{}})
	w.check(err)
	_, err = classic.ModifyLoadBalancerAttributes(w.ctx(), &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: name, LoadBalancerAttributes: &elbtypes.LoadBalancerAttributes{ConnectionDraining: &elbtypes.ConnectionDraining{Enabled: true, Timeout: aws.Int32(int32(seconds))}},
	})
	w.check(err)
}

// service makes a Service of type LoadBalancer that has an address.
func (w *world) service(name string, annotations map[string]string, class *string) *corev1.Service {
	w.t.Helper()
	s := &corev1.Service{}
	s.Namespace, s.Name, s.Annotations = "default", name, annotations
	s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerClass: class, Ports: []corev1.ServicePort{{Port: 80}}}
	w.check(w.kube.Create(w.ctx(), s))
	s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: name + ".example.com"}}
	w.check(w.kube.Status().Update(w.ctx(), s))
	return s
}

func (w *world) elb() *elbv2.Client {
	return elbv2.New(elbv2.Options{
		Region: value(w.env, "AWS_REGION"), BaseEndpoint: &w.aws,
		Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
}

// targetGroup makes one and returns its ARN.
func (w *world) targetGroup(name string, seconds int) string {
	w.t.Helper()
	made, err := w.elb().CreateTargetGroup(w.ctx(), &elbv2.CreateTargetGroupInput{Name: &name})
	w.check(err)
	arn := made.TargetGroups[0].TargetGroupArn
	_, err = w.elb().ModifyTargetGroupAttributes(w.ctx(), &elbv2.ModifyTargetGroupAttributesInput{
		TargetGroupArn: arn, Attributes: []elbv2types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String(strconv.Itoa(seconds))}},
	})
	w.check(err)
	return *arn
}

// defineBindings installs what matters here of the definition of TargetGroupBindings.
func (w *world) defineBindings() {
	w.t.Helper()
	w.apply([]byte(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: targetgroupbindings.elbv2.k8s.aws}
spec:
  group: elbv2.k8s.aws
  scope: Namespaced
  names: {kind: TargetGroupBinding, listKind: TargetGroupBindingList, plural: targetgroupbindings, singular: targetgroupbinding}
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`), func(unstructured.Unstructured) {})
	w.eventually("TargetGroupBindings can be listed", func() bool {
		list := &unstructured.UnstructuredList{}
		list.SetAPIVersion("elbv2.k8s.aws/v1beta1")
		list.SetKind("TargetGroupBindingList")
		return w.kube.List(w.ctx(), list) == nil
	})
}

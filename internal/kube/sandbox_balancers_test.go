package kube

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Load balancers are those that act on the label of a node, whether or not the definitions of the AWS Load
// Balancer Controller are there.
func testBalancers(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	nodes := []labels.Set{{"zone": "a"}}
	found := func() Balancers {
		t.Helper()
		got, err := c.Balancers(ctx, nodes)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := found(); len(got.Known)+len(got.Denied)+len(got.Foreign) > 0 {
		t.Errorf("without any: %+v", got)
	}
	nlb, classic := published(t, c, "nlb", map[string]string{annotationKind: "nlb"}, nil), published(t, c, "classic", nil, nil)
	published(t, c, "of-the-controller", map[string]string{annotationKind: "external"}, nil)
	published(t, c, "of-the-controllers-class", nil, ptr.To("service.k8s.aws/nlb"))
	published(t, c, "metal", nil, ptr.To("example.com/metal"))
	create(t, c, theService("pending", nil, nil))
	defineBindings(t, c)
	create(t, c, bindingOf(t, "named", `{targetGroupName: web, targetType: instance}`),
		bindingOf(t, "here", `{targetGroupARN: "arn:1", nodeSelector: {matchLabels: {zone: a}}}`),
		bindingOf(t, "elsewhere", `{targetGroupARN: "arn:2", nodeSelector: {matchLabels: {zone: b}}}`),
		bindingOf(t, "pods", `{targetGroupARN: "arn:3", targetType: ip}`),
		bindingOf(t, "account", `{targetGroupARN: "arn:4", targetType: instance, iamRoleArnToAssume: "arn:aws:iam::1:role/r"}`))
	want := Balancers{
		Known: []Balancer{
			{For: "TargetGroupBinding default/here", TargetGroup: "arn:1"}, {For: "TargetGroupBinding default/named", TargetGroup: "web"},
			{For: "Service default/classic", Classic: nameFromUID(classic)}, {For: "Service default/nlb", Network: nameFromUID(nlb)},
		},
		Foreign: []string{"TargetGroupBinding default/account is for a target group of another account", "Service default/metal has the load balancer class example.com/metal"},
	}
	eventually(t, func() string {
		got := found()
		slices.SortFunc(got.Known, func(a, b Balancer) int { return -strings.Compare(a.For[:1], b.For[:1]) })
		return cmp.Diff(want, got)
	})
	denied, err := connect(t, as(config, "nobody")).Balancers(ctx, nodes)
	if err != nil || len(denied.Denied) != 2 || !strings.HasPrefix(denied.Denied[0], "may not list targetgroupbindings.elbv2.k8s.aws") || !strings.HasPrefix(denied.Denied[1], "may not list services") {
		t.Errorf("without rights: %+v, %v", denied, err)
	}
}

const annotationKind = "service.beta.kubernetes.io/aws-load-balancer-type"

// nameFromUID is the name of a load balancer as people see it in AWS: an a and the UID without its hyphens
// and its last digit.
func nameFromUID(s *corev1.Service) string {
	return "a" + strings.TrimSuffix(strings.ReplaceAll(string(s.UID), "-", ""), string(s.UID[len(s.UID)-1]))
}

func theService(name string, annotations map[string]string, class *string) *corev1.Service {
	s := &corev1.Service{ObjectMeta: in("default", name)}
	s.Annotations = annotations
	s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerClass: class, Ports: []corev1.ServicePort{{Port: 80}}}
	return s
}

// published makes a Service whose load balancer has an address.
func published(t *testing.T, c *Cluster, name string, annotations map[string]string, class *string) *corev1.Service {
	t.Helper()
	s := theService(name, annotations, class)
	create(t, c, s)
	s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: name + ".example.com"}}
	if err := c.live.Status().Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// defineBindings installs a definition of TargetGroupBindings that keeps everything.
func defineBindings(t *testing.T, c *Cluster) {
	t.Helper()
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: named("targetgroupbindings.elbv2.k8s.aws")}
	crd.Spec = apiextensionsv1.CustomResourceDefinitionSpec{
		Group: "elbv2.k8s.aws", Scope: apiextensionsv1.NamespaceScoped,
		Names: apiextensionsv1.CustomResourceDefinitionNames{Kind: "TargetGroupBinding", ListKind: "TargetGroupBindingList", Plural: "targetgroupbindings", Singular: "targetgroupbinding"},
		Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1beta1", Served: true, Storage: true, Schema: &apiextensionsv1.CustomResourceValidation{
			OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: ptr.To(true)}}}},
	}
	create(t, c, crd)
	eventually(t, func() string { // the API server lists it some time after it has established it
		_, err := c.live.RESTMapper().RESTMapping(schema.GroupKind{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind}, "v1beta1")
		if err != nil {
			return err.Error()
		}
		return ""
	})
}

func bindingOf(t *testing.T, name, spec string) client.Object {
	t.Helper()
	made := &unstructured.Unstructured{}
	text := "apiVersion: elbv2.k8s.aws/v1beta1\nkind: TargetGroupBinding\nmetadata: {name: " + name + ", namespace: default}\nspec: " + spec
	if err := yaml.Unmarshal([]byte(text), &made.Object); err != nil {
		t.Fatal(err)
	}
	return made
}

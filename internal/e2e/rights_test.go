package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// A user with the rights of docs/rbac.yaml can do everything, and everything in
// docs/rbac.yaml and docs/iam-policy.json is used.
func TestLeastRights(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.runStubborn()
	w.balance(1)
	w.loginAsUpgrader()
	t.Run("nothing is allowed", func(t *testing.T) {
		w.with(t).nodelift(upgrade()...).has(t, 1, "this user may not", "list nodes", "watch pods", "docs/rbac.yaml")
	})
	granted := w.applyRights()
	w.bind("nodelift")
	t.Run("the resources may not be installed", func(t *testing.T) {
		w.with(t).nodelift(upgrade()...).has(t, 1, "create customresourcedefinitions.apiextensions.k8s.io", "nodelift crds | kubectl apply")
	})
	t.Run("force is not allowed", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--force")...).has(t, 1, "delete pods")
	})
	w.changedNothing()
	w.bind("nodelift-install")
	w.bind("nodelift-force")
	w.nodelift(upgrade("--force", "--drain-timeout", "3s")...).has(t, 0, "deleted by force")
	w.nodesRun(3, "v1.37.")
	w.isClean()

	t.Run("an older definition is replaced, a newer one is not", w.replacesDefinitions)
	t.Run("docs/rbac.yaml has nothing that is not used", func(t *testing.T) {
		rare := rare()
		rare[right{"create", "", "namespaces", ""}] = "docs/rbac.yaml itself has the namespace"
		for _, verb := range []string{"list", "watch"} {
			rare[right{verb, "events.k8s.io", "events", ""}] = "read where a controller works: TestControllerWithLeastRights"
		}
		w.with(t).usesAll(upgrader(), "docs/rbac.yaml", granted, rare)
	})
	t.Run("docs/iam-policy.json has what is used and nothing else", func(t *testing.T) { w.with(t).usesPolicy() })
}

// replacesDefinitions goes back and forth, so that there is something to do.
func (w world) replacesDefinitions(t *testing.T) {
	w.t = t
	w.markDefinitions("1000")
	w.nodelift(upgrade("--kubernetes-version", "1.36")...).has(t, 1, "use a newer Nodelift")
	w.markDefinitions("0")
	w.nodelift(upgrade("--kubernetes-version", "1.36", "--force", "--drain-timeout", "3s")...).has(t, 0, "Successful after")
	w.nodesRun(3, "v1.36.")
}

func (w *world) markDefinitions(version string) {
	w.t.Helper()
	var all apiextensionsv1.CustomResourceDefinitionList
	w.check(w.kube.List(w.ctx(), &all))
	for _, crd := range all.Items {
		if crd.Spec.Group == v1alpha1.Group {
			crd.Annotations[v1alpha1.AnnotationVersion] = version
			w.check(w.kube.Update(w.ctx(), &crd))
		}
	}
}

func serviceAccount(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: "ServiceAccount", Name: name, Namespace: namespace}
}

func upgrader() rbacv1.Subject { return serviceAccount("default", "upgrader") }

// loginAsUpgrader makes a user without any right and works as that user from
// then on.
func (w *world) loginAsUpgrader() {
	w.t.Helper()
	w.loginAs(upgrader())
}

// loginAs works as a service account from then on, which is made if it is not there.
func (w *world) loginAs(s rbacv1.Subject) {
	w.t.Helper()
	account := &corev1.ServiceAccount{}
	account.Name, account.Namespace = s.Name, s.Namespace
	w.check(client.IgnoreAlreadyExists(w.kube.Create(w.ctx(), account)))
	token := &authenticationv1.TokenRequest{}
	w.check(w.kube.SubResource("token").Create(w.ctx(), account, token))

	config, err := clientcmd.LoadFromFile(value(w.env, "KUBECONFIG"))
	w.check(err)
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: token.Status.Token}
	}
	file := filepath.Join(w.t.TempDir(), "kubeconfig")
	w.check(clientcmd.WriteToFile(*config, file))
	w.env = append(slices.DeleteFunc(slices.Clone(w.env), func(e string) bool { return strings.HasPrefix(e, "KUBECONFIG=") }), "KUBECONFIG="+file)
}

// right is a verb on a kind of resource, as RBAC has it.
type right struct{ verb, group, resource, namespace string }

// applyRights applies docs/rbac.yaml and returns what it grants.
func (w *world) applyRights() map[right]bool {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "rbac.yaml"))
	w.check(err)
	granted := map[right]bool{}
	w.apply(content, func(object unstructured.Unstructured) { w.grant(granted, object) })
	return granted
}

// grant adds what an object grants, if it is a role.
func (w *world) grant(granted map[right]bool, object unstructured.Unstructured) {
	w.t.Helper()
	content, err := object.MarshalJSON()
	w.check(err)
	var role rbacv1.ClusterRole // a Role has the same rules
	w.check(json.Unmarshal(content, &role))
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				granted[right{verb, rule.APIGroups[0], resource, role.Namespace}] = true
			}
		}
	}
}

// bind gives the upgrader a ClusterRole, and the Roles of the same name.
func (w *world) bind(role string) {
	w.t.Helper()
	w.bindTo(role, upgrader())
}

func (w *world) bindTo(role string, to rbacv1.Subject) {
	w.t.Helper()
	subjects := []rbacv1.Subject{to}
	whole := &rbacv1.ClusterRoleBinding{Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: role}}
	whole.Name = role + "-" + to.Name
	w.check(w.kube.Create(w.ctx(), whole))
	var roles rbacv1.RoleList
	w.check(w.kube.List(w.ctx(), &roles))
	for _, r := range roles.Items {
		if r.Name != role {
			continue
		}
		binding := &rbacv1.RoleBinding{Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: role}}
		binding.Name, binding.Namespace = whole.Name, r.Namespace
		w.check(w.kube.Create(w.ctx(), binding))
	}
}

// rare are rights that are used only when something comes in between.
func rare() map[right]string {
	return map[right]string{
		{"get", "", "nodes", ""}: "a node that somebody else has changed at the same moment is read anew",
		{"get", "", "pods", ""}:  "a pod that was replaced before it could be evicted is looked at",
	}
}

// usesAll fails the test for each right that a document grants to somebody who did
// not use it.
func (w *world) usesAll(who rbacv1.Subject, document string, granted map[right]bool, rare map[right]string) {
	w.t.Helper()
	used := map[right]bool{}
	for _, r := range w.auditOf(who) {
		if r.Response.Code != http.StatusForbidden {
			used[r.right("")], used[r.right(r.Object.Namespace)] = true, true
		}
	}
	for g := range granted {
		if !used[g] && rare[g] == "" {
			w.t.Errorf("%s grants %q on %s (group %q, namespace %q), which is not used", document, g.verb, g.resource, g.group, g.namespace)
		}
	}
}

// auditOf returns the requests that a service account has made.
func (w *world) auditOf(who rbacv1.Subject) []request {
	w.t.Helper()
	user := fmt.Sprintf("system:serviceaccount:%s:%s", who.Namespace, who.Name)
	return slices.DeleteFunc(w.audit(), func(r request) bool { return r.User.Username != user })
}

// right is what the request needs, in a namespace or, with none, in all.
func (r request) right(namespace string) right {
	resource := r.Object.Resource
	if r.Object.Subresource != "" {
		resource += "/" + r.Object.Subresource
	}
	return right{r.Verb, r.Object.Group, resource, namespace}
}

// usesPolicy fails the test for each action that was used without being in
// docs/iam-policy.json, and the other way round.
func (w *world) usesPolicy() {
	w.t.Helper()
	used := map[string]string{
		"ec2:CreateTags":                        "AWS asks for it when a group is pointed at a launch template with tags",
		"autoscaling:DescribeWarmPool":          "for a group with a warm pool: TestWarmPool",
		"ec2:TerminateInstances":                "for a group with a warm pool: TestWarmPool",
		"iam:PassRole":                          "AWS asks for it when that template has an instance profile",
		"ssm:GetParameters":                     "AWS asks for it where a parameter names the image of a launch template: TestImageByParameter",
		"autoscaling:DescribeScalingActivities": "asked for when a node does not come up: TestNodeNeverJoins",
		"ec2:GetConsoleOutput":                  "the same: TestConsoleOfANodeThatNeverJoins",
	}
	for _, call := range w.journal() {
		if action := call.Service + ":" + call.Action; action != "sts:GetCallerIdentity" { // which needs no permission
			used[action] = "used"
		}
	}
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "iam-policy.json"))
	w.check(err)
	var policy struct{ Statement []struct{ Action []string } }
	w.check(json.Unmarshal(content, &policy))
	allowed := map[string]bool{}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			allowed[action] = true
			if used[action] == "" {
				w.t.Errorf("docs/iam-policy.json allows %s, which is not used", action)
			}
		}
	}
	for action := range used {
		if !allowed[action] {
			w.t.Errorf("docs/iam-policy.json does not allow %s, which is used", action)
		}
	}
}

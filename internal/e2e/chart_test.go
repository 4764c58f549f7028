package e2e

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

const stubborn = "needs 3 healthy pods and has 3"

// The controller does everything with the rights that the chart gives its service
// account, and uses all of them; so do people with their tiers, and only those who
// may delete pods have it delete pods.
func TestChart(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.defineBindings() // which people may list
	granted := w.applyChart("--allow-force")
	controller := w.controllerOfChart()
	looks, upgrades, forces := w.person("view"), w.person("upgrade"), w.person("force")

	t.Run("who looks plans and changes nothing", func(t *testing.T) {
		looks.with(t).nodelift(upgrade("--dry-run")...).has(t, 0, "3 of 3 are outdated", "this user lacks rights in the cluster that an upgrade needs")
		looks.with(t).nodelift(upgrade()...).has(t, 1, "create nodegroupupdates.nodelift.dev")
	})
	t.Run("who upgrades has the controller upgrade", func(t *testing.T) {
		w, upgrades := w.with(t), upgrades.with(t)
		g := w.guarded()
		upgrades.caught("NodeCordoned", func(func()) {
			upgrades.nodelift("pause", "nodegroup", "nodegroup").has(t, 0, "is paused ")
			upgrades.nodelift("resume", "nodegroup", "nodegroup").has(t, 0, "is under way")
		}, upgrade()...).has(t, 0, "Successful after")
		w.nodesRun(3, "v1.37.")
		g.verdict()
	})
	t.Run("and change the sizes", func(t *testing.T) {
		upgrades.with(t).nodelift(scale("--nodes", "4", "--nodes-max", "4")...).has(t, 0, "desired 3 -> 4", "Successful after")
		upgrades.with(t).nodelift(scale("--nodes", "3", "--nodes-max", "3")...).has(t, 0, "desired 4 -> 3", "NodeDraining", "Successful after")
		w.with(t).nodesRun(3, "v1.37.")
	})
	w.runStubborn()
	t.Run("who upgrades may not force", func(t *testing.T) { upgrades.with(t).mayNotForce("may not delete pods", "1.36") })
	t.Run("what fails is rolled back", func(t *testing.T) {
		back := upgrade("--kubernetes-version", "1.36", "--drain-timeout", "3s", "--rollback-on-failure")
		upgrades.with(t).nodelift(back...).has(t, 1, stubborn, "is rolling it back")
		w.with(t).nodesRun(3, "v1.37.")
	})
	t.Run("who may force forces", func(t *testing.T) {
		forces.with(t).nodelift(upgrade("--kubernetes-version", "1.36", "--force", "--drain-timeout", "3s")...).has(t, 0, "deleted by force", "Successful after")
		w.with(t).nodesRun(3, "v1.36.")
	})
	w.endsWell(controller)
	w.isClean()
	w.allWasAllowed(account())
	t.Run("the roles have nothing that is not used", func(t *testing.T) {
		w := w.with(t)
		for _, role := range []string{"nodelift-controller", "nodelift-controller-force"} {
			w.usesAll(account(), "the role "+role, granted[role], rare())
		}
		rare := rare()
		for _, resource := range []string{"nodegroups", "nodegroupupdates"} {
			rare[right{"watch", v1alpha1.Group, resource, ""}] = "kubectl get --watch"
		}
		w.usesAll(inTier("upgrade"), "the role nodelift-upgrade", granted["nodelift-upgrade"], rare)
	})
}

// A controller that may not delete pods is asked for no force; where it is asked
// nevertheless it refuses and says why.
func TestChartWithoutForce(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.applyChart()
	controller := w.controllerOfChart()
	budget := w.runStubborn()
	w.policiesAreSound()
	w.mayNotForce("install the chart with force=true", "1.37")
	w.check(w.kube.Delete(w.ctx(), &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "nodelift-force"}}))
	w.eventually("force may be asked for", func() bool { return w.kube.Create(w.ctx(), forced(), client.DryRunAll) == nil })

	w.nodelift(upgrade("--force", "--drain-timeout", "3s")...).has(t, 1, "OperationNotPermitted", "delete pods")
	w.during("NodeDraining", func() {
		w.forceInTheMiddle(budget)
		w.nodelift("cancel", "nodegroup", "nodegroup", "--yes").has(t, 0, "Cancelled after")
	}, upgrade("--drain-timeout", "1h")...).has(t, 1, "UpgradeCancelled")
	w.endsWell(controller)
	w.isClean()
}

// forceInTheMiddle asks for force when the update is under way, and waits until it says
// that it may not.
func (w *world) forceInTheMiddle(budget *policyv1.PodDisruptionBudget) {
	w.t.Helper()
	running := func() *v1alpha1.NodeGroupUpdate {
		updates := w.updates()
		return &updates[slices.IndexFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool { return !u.Ended() })]
	}
	u := running()
	before := u.DeepCopy()
	u.Spec.Force, u.Spec.DrainTimeout = true, &metav1.Duration{Duration: 3 * time.Second}
	w.check(w.kube.Patch(w.ctx(), u, client.MergeFrom(before)))
	w.eventually("it waits for the right to delete pods", func() bool {
		return strings.Contains(running().Status.Message, "may not delete pods/stubborn-")
	})
	w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(budget), budget))
	if budget.Status.CurrentHealthy != 3 {
		w.t.Errorf("%d of 3 pods are left", budget.Status.CurrentHealthy)
	}
}

// account is the controller's.
func account() rbacv1.Subject { return serviceAccount(v1alpha1.Namespace, "nodelift") }

// applyChart applies what `nodelift install` prints, waits until it runs, and returns
// what it grants by which role.
func (w *world) applyChart(flags ...string) map[string]map[right]bool {
	w.t.Helper()
	printed := w.nodelift(append([]string{"install", "--image", "registry.example.com/nodelift:test"}, flags...)...)
	granted := map[string]map[right]bool{}
	for documents := yaml.NewYAMLOrJSONDecoder(strings.NewReader(printed.out), 4096); ; {
		var object unstructured.Unstructured
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			w.t.Fatal(err)
		}
		w.check(w.kube.Apply(w.ctx(), client.ApplyConfigurationFromUnstructured(&object), client.FieldOwner("test")))
		role := object.GetName()
		if granted[role] == nil {
			granted[role] = map[right]bool{}
		}
		w.grant(granted[role], object)
	}
	if len(granted["nodelift-controller"]) == 0 {
		w.t.Fatalf("nothing is granted to the controller:\n%s", printed.errors)
	}
	w.eventually("both replicas of the Deployment are there", func() bool {
		var d appsv1.Deployment
		return w.kube.Get(w.ctx(), client.ObjectKey{Namespace: v1alpha1.Namespace, Name: "nodelift"}, &d) == nil && d.Status.AvailableReplicas == 2
	})
	return granted
}

// controllerOfChart runs the controller as the chart's service account. The pods of
// the Deployment are only there: the sandbox's nodes run nothing.
func (w *world) controllerOfChart() *running {
	w.t.Helper()
	c := w.as(account()).controller()
	w.ready(c)
	return c
}

// as is the world with another user at work.
func (w *world) as(who rbacv1.Subject) *world {
	w.t.Helper()
	other := *w
	other.loginAs(who)
	return &other
}

func inTier(tier string) rbacv1.Subject { return serviceAccount("default", "who-"+tier) }

// person is somebody in a tier.
func (w *world) person(tier string) *world {
	w.t.Helper()
	who := inTier(tier)
	w.bindTo("nodelift-"+tier, who)
	return w.as(who)
}

// mayNotForce: the command refuses, and the API server whoever goes around it.
func (w *world) mayNotForce(why, version string) {
	w.t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", value(w.env, "KUBECONFIG"))
	w.check(err)
	person, err := client.New(config, client.Options{Scheme: w.kube.Scheme()})
	w.check(err)
	group := &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: "forced"}, Spec: v1alpha1.NodeGroupSpec{
		AutoScalingGroup: "forced", Region: "us-west-2", Settings: v1alpha1.Settings{OnDrainTimeout: v1alpha1.OnDrainTimeoutForce},
	}}
	for _, object := range []client.Object{forced(), group} {
		w.eventually("the policy is at work", func() bool {
			err = person.Create(w.ctx(), object.DeepCopyObject().(client.Object), client.DryRunAll)
			return err != nil
		})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), why) {
			w.t.Errorf("%T: %v", object, err)
		}
	}
	before := len(w.updates())
	r := w.nodelift(upgrade("--force", "--kubernetes-version", version)...)
	if r.code != 1 || len(w.updates()) != before || !strings.Contains(r.errors, "delete pods") {
		w.t.Errorf("exit code %d\n%s%s", r.code, r.out, r.errors)
	}
}

// policiesAreSound fails the test if Kubernetes finds fault with the expressions.
func (w *world) policiesAreSound() {
	w.t.Helper()
	for _, name := range []string{"nodelift-force", "nodelift-deletion"} {
		policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
		w.eventually("the policy was checked", func() bool {
			w.check(w.kube.Get(w.ctx(), client.ObjectKey{Name: name}, policy))
			return policy.Status.ObservedGeneration == policy.Generation && policy.Status.TypeChecking != nil
		})
		for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
			w.t.Errorf("%s: %s: %s", name, warning.FieldRef, warning.Warning)
		}
	}
}

// forced is an update with force.
func forced() *v1alpha1.NodeGroupUpdate {
	return &v1alpha1.NodeGroupUpdate{ObjectMeta: metav1.ObjectMeta{Name: "forced"}, Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: "forced", Force: true}}
}

// allWasAllowed fails the test for each request of somebody that was refused.
func (w *world) allWasAllowed(who rbacv1.Subject) {
	w.t.Helper()
	for _, r := range w.auditOf(who) {
		if r.Response.Code == http.StatusForbidden || r.Response.Code == http.StatusUnauthorized {
			w.t.Errorf("%s %s was refused with %d", r.what(), r.Object.Name, r.Response.Code)
		}
	}
}

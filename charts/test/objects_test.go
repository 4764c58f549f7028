package charts

import (
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// roles returns the roles of a rendering, by name and namespace.
func roles(t *testing.T, text string) map[string]rbacv1.ClusterRole {
	t.Helper()
	r, err := Render(chart(), Namespace, values(t, text))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]rbacv1.ClusterRole{}
	for document := range strings.SplitSeq(r.Manifests, "\n---\n") {
		var role rbacv1.ClusterRole // a Role has the same rules
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if role.Kind == "ClusterRole" || role.Kind == "Role" {
			found[role.Name+" "+role.Namespace] = role
		}
	}
	return found
}

// may reports whether a role grants a verb on a resource.
func may(role rbacv1.ClusterRole, verb, resource string) bool {
	return slices.ContainsFunc(role.Rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.Verbs, verb) && slices.Contains(rule.Resources, resource)
	})
}

// TestOnlyForceDeletes: who has not force deletes no pod, and nobody deletes
// anything else.
func TestOnlyForceDeletes(t *testing.T) {
	for name, text := range variants() {
		for id, role := range roles(t, text) {
			want := id == "nodelift-force " || id == "nodelift-controller-force "
			if got := may(role, "delete", "pods"); got != want {
				t.Errorf("%s: role %s may delete pods: %t", name, id, got)
			}
			for _, rule := range role.Rules {
				if slices.Contains(rule.Verbs, "*") || slices.Contains(rule.Resources, "*") || slices.Contains(rule.Verbs, "delete") && !slices.Equal(rule.Resources, []string{"pods"}) {
					t.Errorf("%s: role %s has %v", name, id, rule)
				}
			}
		}
	}
	if _, there := roles(t, variants()["least"])["nodelift-controller-force "]; there {
		t.Error("the controller has the right to delete pods without force in the values")
	}
}

// TestTiers: who looks changes nothing, and who upgrades only asks.
func TestTiers(t *testing.T) {
	all := roles(t, variants()["least"])
	for id, role := range all {
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				reads := slices.Contains([]string{"get", "list", "watch"}, verb)
				if strings.HasPrefix(id, "nodelift-view ") && !reads {
					t.Errorf("role %s may %s %v", id, verb, rule.Resources)
				}
				if strings.HasPrefix(id, "nodelift-upgrade ") && !reads && rule.APIGroups[0] != "nodelift.dev" {
					t.Errorf("role %s may %s %v", id, verb, rule.Resources)
				}
			}
		}
	}
	if !may(all["nodelift-upgrade "], "create", "nodegroupupdates") || !may(all["nodelift-force "], "create", "nodegroupupdates") {
		t.Error("who may upgrade may not write an update")
	}
	if !may(all["nodelift-view "], "list", "nodegroupupdates") || may(all["nodelift-upgrade "], "create", "pods/eviction") {
		t.Error("the tiers are not what they are called")
	}
}

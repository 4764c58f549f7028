package charts

import (
	"cmp"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/internal/preflight"
)

// everywhere is the name in files/rights.yaml for what has no namespace.
const everywhere = "cluster"

// Rights is the file from which the chart makes its roles: for each tier and
// namespace, the rules.
func Rights() ([]byte, error) {
	tiers := map[preflight.Tier]map[string][]rbacv1.PolicyRule{}
	for _, tier := range preflight.Tiers() {
		tiers[tier] = rules(tier.Rights())
	}
	content, err := yaml.Marshal(tiers)
	return append([]byte("# Written by make generate, from internal/preflight/rightstable.go.\n"), content...), err
}

// rules puts the rights on one kind of resource into one rule.
func rules(rights []preflight.Right) map[string][]rbacv1.PolicyRule {
	found := map[string][]rbacv1.PolicyRule{}
	for _, right := range rights {
		namespace := cmp.Or(right.Namespace, everywhere)
		found[namespace] = add(found[namespace], right)
	}
	return found
}

func add(rules []rbacv1.PolicyRule, right preflight.Right) []rbacv1.PolicyRule {
	for i := range rules {
		if rules[i].APIGroups[0] == right.Group && rules[i].Resources[0] == right.Resource {
			rules[i].Verbs = append(rules[i].Verbs, right.Verb)
			return rules
		}
	}
	return append(rules, rbacv1.PolicyRule{
		APIGroups: []string{right.Group}, Resources: []string{right.Resource}, Verbs: []string{right.Verb},
	})
}

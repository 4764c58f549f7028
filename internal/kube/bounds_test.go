package kube

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The markers in api/v1alpha1 cannot name a constant of internal/upgrade.
func TestTheSchemaHasTheBoundsOfTheEngine(t *testing.T) {
	crds, err := definitions()
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]apiextensionsv1.JSONSchemaProps{}
	for _, crd := range crds {
		specs[crd.Spec.Names.Kind] = crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	}
	config := specs["NodeGroup"].Properties["updateConfig"]
	nodes, pods := upgrade.UnavailableNodes(), upgrade.UnreadyPods()
	for name, c := range map[string]struct {
		schema        apiextensionsv1.JSONSchemaProps
		bounds        upgrade.Range
		least, most   int
		takesPercents bool
	}{
		"maxUnavailable of an update":                {specs["NodeGroupUpdate"].Properties["maxUnavailable"], nodes, nodes.Least, nodes.Most, true},
		"maxUnavailable of a node group":             {config.Properties["maxUnavailable"], nodes, nodes.Least, nodes.Most, false},
		"maxUnavailablePercentage of a node group":   {config.Properties["maxUnavailablePercentage"], nodes, nodes.LeastPercent, nodes.MostPercent, false},
		"maxUnreadyPods of an update":                {specs["NodeGroupUpdate"].Properties["maxUnreadyPods"], pods, pods.Least, pods.Most, true},
		"maxUnreadyPods of the node group's updates": {specs["NodeGroup"].Properties["maxUnreadyPods"], pods, pods.Least, pods.Most, true},
	} {
		t.Run(name, func(t *testing.T) {
			if len(c.schema.XValidations) != 1 {
				t.Fatalf("%d validations, want 1", len(c.schema.XValidations))
			}
			rule := c.schema.XValidations[0]
			if want := fmt.Sprintf("self >= %d && self <= %d", c.least, c.most); !strings.Contains(rule.Rule, want) {
				t.Errorf("the rule is %s, want it to say %s", rule.Rule, want)
			}
			if !c.takesPercents {
				return
			}
			if want := " is " + c.bounds.String(); !strings.HasSuffix(rule.Message, want) {
				t.Errorf("the message is %q, want it to end in %q", rule.Message, want)
			}
			form := regexp.MustCompile(regexp.MustCompile(`matches\('([^']*)'`).FindStringSubmatch(rule.Rule)[1])
			for n := range 1001 {
				if got, want := form.MatchString(fmt.Sprintf("%d%%", n)), c.bounds.Contains(upgrade.Count{Value: n, Percent: true}); got != want {
					t.Errorf("the schema takes %d%%: %t, the engine: %t", n, got, want)
				}
			}
		})
	}
}

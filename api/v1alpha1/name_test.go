package v1alpha1

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestNodeGroupName(t *testing.T) {
	for name, tc := range map[string]struct{ group, prefix string }{
		"keeps a plain name":                   {"workers", "workers-"},
		"turns what DNS forbids into dashes":   {"eksctl-Prod_EU/nodes (blue)", "eksctl-prod-eu-nodes-blue-"},
		"starts and ends with a letter":        {"--a.b--", "a-b-"},
		"has a word where no letter is left":   {"日本", "group-"},
		"cuts a long name":                     {strings.Repeat("abc-", 60), "abc-abc-abc-abc-abc-abc-abc-abc-abc-abc-"},
		"never has a dash before the last one": {strings.Repeat("abcd-", 60), "abcd-abcd-abcd-abcd-abcd-abcd-abcd-abcd-"},
	} {
		t.Run(name, func(t *testing.T) {
			got := NodeGroupName("us-west-2", tc.group)
			if !strings.HasPrefix(got, tc.prefix) || len(got) != len(tc.prefix)+8 {
				t.Errorf("NodeGroupName(%q) = %q, want %q and 8 digits", tc.group, got, tc.prefix)
			}
			if problems := validation.IsDNS1123Label(got); len(problems) > 0 {
				t.Errorf("%q is no DNS label: %v", got, problems)
			}
		})
	}
}

func TestNodeGroupNameTellsGroupsApart(t *testing.T) {
	seen := map[string]string{}
	for _, g := range [][2]string{
		{"us-west-2", "Workers"}, {"us-west-2", "workers"}, {"eu-west-1", "workers"}, {"us-west-2", "workers_"},
	} {
		name := NodeGroupName(g[0], g[1])
		if other, taken := seen[name]; taken {
			t.Errorf("%v and %s are both %s", g, other, name)
		}
		seen[name] = g[0] + "/" + g[1]
	}
	if a, b := NodeGroupName("us-west-2", "workers"), "workers-"; !strings.HasPrefix(a, b) {
		t.Errorf("%q does not begin with %q", a, b)
	}
}

// The name is written into clusters: it may never change from one version of
// Nodelift to the next.
func TestNodeGroupNameIsStable(t *testing.T) {
	const want = "workers-d0bfef09"
	if got := NodeGroupName("us-west-2", "workers"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Names of updates are read out, so they begin with what people call the node group.
func TestShortName(t *testing.T) {
	for want, spec := range map[string]NodeGroupSpec{
		"shop":                 {NodegroupName: "shop", AutoScalingGroup: "eksctl-prod-nodegroup-shop-NodeGroup-X77VNRTUGUW2"},
		"shop-2":               {NodegroupName: "Shop_2"},
		"eksctl-prod-nodegrou": {AutoScalingGroup: "eksctl-prod-nodegroup-shop-NodeGroup-X77VNRTUGUW2"},
		"workers":              {NodegroupName: "___", AutoScalingGroup: "workers"},
		"group":                {},
	} {
		if got := (&NodeGroup{Spec: spec}).ShortName(); got != want {
			t.Errorf("%+v: got %s, want %s", spec, got, want)
		}
	}
}

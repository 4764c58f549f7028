package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// Groups as people's tools make them are upgraded with exactly what the shipped policies allow. Without
// one of their statements, the upgrade is refused in AWS's words before anything is changed.
func TestShippedPoliciesSuffice(t *testing.T) {
	w := newWorld(t, "--nodes", "0", "--zones", "1")
	old, ubuntu := w.image("AmazonLinux2023", "1.36"), w.image("Ubuntu2404", "1.36")
	all := []made{eksctls(old), terraforms(old), kopses(ubuntu, w.image("Ubuntu2404", "1.37"))}
	for _, m := range all {
		w.makes(m)
		t.Run("refused: "+m.by, func(t *testing.T) {
			w := w.with(t).of(m.group)
			for _, file := range []string{"iam-policy.json", "iam/scoped-policy.json"} {
				shipped := w.shipped(file, m.role)
				for _, missing := range shipped.Statement {
					w.refusesWithout(shipped, missing, m)
				}
			}
		})
	}
	w.changedNothing()
	for _, m := range all {
		t.Run("upgraded: "+m.by, func(t *testing.T) {
			w := w.with(t).of(m.group)
			w.setPolicy(w.shipped("iam/scoped-policy.json", m.role))
			w.nodelift(m.upgrade()...).has(t, 0, "Successful after")
			if got := w.readyNodesOf(m.group); len(got) != 2 || !strings.HasPrefix(got[0], "v1.37.") || !strings.HasPrefix(got[1], "v1.37.") {
				t.Errorf("nodes run %v", got)
			}
			w.isCleanWith(2)
		})
	}
}

func (m made) upgrade(more ...string) []string {
	line := upgrade(slices.Concat(m.flags, more)...)
	line[slices.Index(line, "nodegroup")+4] = m.group
	return line
}

// policy is an IAM policy, of which only the names of the statements matter here.
type policy struct {
	Version   string
	Statement []map[string]any
}

// shipped is a policy of docs/, with what docs/install.md says has to be replaced.
func (w *world) shipped(file, role string) policy {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
	w.check(err)
	text := strings.NewReplacer("kubernetes.io/cluster/prod", "kubernetes.io/cluster/"+cluster, "role/prod-nodes", "role/"+role).Replace(string(content))
	var p policy
	w.check(json.Unmarshal([]byte(text), &p))
	return p
}

// untried are the statements without which an upgrade of these groups is planned all the same: Auto Scaling
// tries nothing beforehand, they have no warm pool and no parameter in place of an image, and a console is
// read only if a node does not come up.
func untried() []string {
	return []string{
		"ChangeGroupsOfTheCluster", "ReplaceWarmPools", "ReplaceWarmPoolsOfTheCluster",
		"ReadParametersInLaunchTemplates", "ReadConsolesOfTheCluster",
	}
}

func (p policy) without(sid string) policy {
	p.Statement = slices.DeleteFunc(slices.Clone(p.Statement), func(s map[string]any) bool { return s["Sid"] == sid })
	return p
}

// setPolicy allows only what a policy allows, from now on.
func (w *world) setPolicy(p policy) {
	w.t.Helper()
	document, err := json.Marshal(p)
	w.check(err)
	w.sandbox(http.MethodPut, "iam-policy", document)
}

// refusesWithout fails the test unless the upgrade is refused without a statement that it needs.
func (w *world) refusesWithout(p policy, missing map[string]any, m made) {
	w.t.Helper()
	sid := missing["Sid"].(string)
	if slices.Contains(untried(), sid) || slices.Contains(m.flags, "--image-id") && sid == "FindPublishedImages" {
		return
	}
	w.setPolicy(p.without(sid))
	r := w.nodelift(m.upgrade("--dry-run")...)
	if r.code != 1 || !strings.Contains(r.out+r.errors, "no identity-based policy allows") {
		w.t.Errorf("without %s: exit code %d\n%s\n%s", sid, r.code, r.out, r.errors)
	}
}

// A permission that is lost in the middle is told in AWS's words, and when it is given back, the upgrade goes on.
func TestPermissionIsLostForAWhile(t *testing.T) {
	w := newWorld(t, "--nodes", "1", "--zones", "1")
	const action = "autoscaling:TerminateInstanceInAutoScalingGroup"
	r := w.during(" NodeCordoned ", func() {
		id := w.fault(fakeaws.Fault{Name: fakeaws.FaultDenied, Action: action})
		w.eventually("terminations are denied for a while", func() bool {
			denied := slices.DeleteFunc(w.journal(), func(c fakeaws.Call) bool { return c.Error != "AccessDenied" })
			return len(denied) > 4
		})
		w.control(http.MethodDelete, "/"+id, nil)
	}, upgrade("--cordon-wait", "3s")...)
	r.has(t, 0, "Successful after", action+" on ", "no identity-based policy allows it; retrying")
	w.nodesRun(1, "v1.37.")
	w.isCleanWith(1)
}

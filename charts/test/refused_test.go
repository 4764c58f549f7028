package charts

import (
	"strings"
	"testing"
)

// TestRefused: values that cannot work are refused, by the schema or by the chart, with
// words that name it.
func TestRefused(t *testing.T) {
	const image = "image: {repository: " + Image + "}, "
	for name, tt := range map[string]struct {
		values string
		says   []string
	}{
		"no image":                            {"", []string{"which image? Set image.repository"}},
		"an image with its tag":               {"image: {repository: 'registry.example.com/Node lift'}", []string{"/image/repository"}},
		"a tag that is none":                  {"image: {repository: a, tag: 'la test'}", []string{"/image/tag"}},
		"a digest that is none":               {"image: {repository: a, digest: 4bf5122f}", []string{"/image/digest"}},
		"a value that nobody knows":           {image + "replica: 2", []string{"additional properties 'replica' not allowed"}},
		"a value deeper that nobody knows":    {image + "aws: {rolearn: x}", []string{"/aws", "additional properties 'rolearn' not allowed"}},
		"no replica":                          {image + "replicas: 0", []string{"/replicas", "minimum"}},
		"replicas in words":                   {image + "replicas: two", []string{"/replicas", "got string, want integer"}},
		"force in words":                      {image + "force: 'no'", []string{"/force", "got string, want boolean"}},
		"no role":                             {image + "aws: {roleARN: nodelift}", []string{"/aws/roleARN"}},
		"a user for a role":                   {image + "aws: {roleARN: 'arn:aws:iam::123456789012:user/ann'}", []string{"/aws/roleARN"}},
		"a zone for a region":                 {image + "aws: {region: us-west-2a}", []string{"/aws/region"}},
		"a bundle without a name":             {image + "aws: {caBundle: {configMap: Company_CA}}", []string{"/aws/caBundle/configMap"}},
		"a key that is a path":                {image + "aws: {caBundle: {configMap: ca, key: ../ca.crt}}", []string{"/aws/caBundle/key"}},
		"a subject of no kind":                {image + "access: {view: [{kind: Team, name: a}]}", []string{"/access/view/0/kind", "'User', 'Group'"}},
		"a subject without a name":            {image + "access: {upgrade: [{kind: User}]}", []string{"/access/upgrade/0", "missing property 'name'"}},
		"a service account from nowhere":      {image + "access: {force: [{kind: ServiceAccount, name: ci}]}", []string{"the ServiceAccount ci in access needs its namespace"}},
		"an annotation that is no text":       {image + "podAnnotations: {a: true}", []string{"/podAnnotations/a", "want string"}},
		"a port that is none":                 {image + "networkPolicy: {egressPorts: [70000]}", []string{"/networkPolicy/egressPorts/0"}},
		"a toleration of everything":          {image + "tolerations: [{operator: Exists}]", []string{"matches the taint of outdated nodes"}},
		"a toleration of outdated nodes":      {image + "tolerations: [{key: eks.amazonaws.com/nodegroup, operator: Exists, effect: NoSchedule}]", []string{"matches the taint of outdated nodes"}},
		"a toleration of an unknown operator": {image + "tolerations: [{key: a, operator: Is}]", []string{"/tolerations/0/operator"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Render(chart(), Namespace, values(t, "{"+tt.values+"}"))
			if err == nil {
				t.Fatal("it is accepted")
			}
			for _, text := range tt.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("nothing says %q: %v", text, err)
				}
			}
		})
	}
}

func TestOtherNamespace(t *testing.T) {
	_, err := Render(chart(), "default", values(t, variants()["least"]))
	if err == nil || !strings.Contains(err.Error(), "--namespace nodelift-system") {
		t.Errorf("%v", err)
	}
}

// TestAsSubchart: Helm hands global values to every chart.
func TestAsSubchart(t *testing.T) {
	if _, err := Render(chart(), Namespace, values(t, "{global: {a: b}, image: {repository: a}}")); err != nil {
		t.Error(err)
	}
}

package charts

import (
	"path/filepath"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/internal/golden"
)

// chart is where the chart is.
func chart() string { return filepath.Join("..", "nodelift") }

// values reads values as people write them.
func values(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// variants are the values whose rendering is looked at.
func variants() map[string]string {
	return map[string]string{
		"least":       "image: {repository: " + Image + "}",
		"one-replica": "{image: {repository: " + Image + "}, replicas: 1, networkPolicy: {enabled: false}, priorityClassName: ''}",
		"everything":  everything,
	}
}

const everything = `
image: {repository: 123456789012.dkr.ecr.us-west-2.amazonaws.com/nodelift, digest: "sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a", pullPolicy: Always}
imagePullSecrets: [registry]
replicas: 3
force: true
aws: {region: us-west-2, roleARN: "arn:aws:iam::123456789012:role/nodelift", caBundle: {configMap: company-ca, key: bundle.pem}}
access:
  view: [{kind: Group, name: developers}]
  upgrade: [{kind: Group, name: platform}, {kind: ServiceAccount, name: pipeline, namespace: ci}]
  force: [{kind: User, name: ann}]
serviceAccount: {annotations: {example.com/owner: platform}}
podAnnotations: {example.com/scrape: "false"}
podLabels: {example.com/team: platform}
nodeSelector: {kubernetes.io/os: linux, example.com/pool: system}
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}]}}}
tolerations: [{key: example.com/system, operator: Equal, value: "true", effect: NoSchedule}]
env: [{name: HTTPS_PROXY, value: "http://proxy.example.com:3128"}]
networkPolicy: {egressPorts: [443, 3128]}
`

func TestRendering(t *testing.T) {
	for name, text := range variants() {
		t.Run(name, func(t *testing.T) {
			r, err := Render(chart(), Namespace, values(t, text))
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, name+".yaml", r.Manifests)
			golden.Compare(t, name+".notes", r.Notes)
		})
	}
}

// TestLint is helm lint, whose warnings count. That there is no icon is for
// information only.
func TestLint(t *testing.T) {
	for name, text := range variants() {
		t.Run(name, func(t *testing.T) {
			linted := lint.RunAll(chart(), values(t, text), Namespace)
			if linted.ChartDir == "" {
				t.Fatal("no chart was linted")
			}
			for _, message := range linted.Messages {
				if message.Severity >= support.WarningSev {
					t.Error(message)
				}
			}
		})
	}
}

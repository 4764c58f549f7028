package charts

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/internal/kube"
)

// Generated returns what is generated besides the manifests, by its path from the
// repository's root: the chart needs it to be rendered.
func Generated() (map[string][]byte, error) {
	files := map[string][]byte{}
	definitions, err := kube.Manifests()
	if err != nil {
		return nil, err
	}
	for document := range bytes.SplitSeq(definitions, []byte("---\n")) {
		var object metav1.PartialObjectMetadata
		if err := yaml.Unmarshal(document, &object); err != nil {
			return nil, err
		}
		if object.Kind == "CustomResourceDefinition" {
			files[filepath.Join("charts", "nodelift", "crds", object.Name+".yaml")] = document
		}
	}
	files[filepath.Join("charts", "nodelift", "files", "rights.yaml")], err = Rights()
	return files, err
}

// Manifests returns what is generated from the chart in a directory, by its path
// from the repository's root: the renderings that `nodelift install` begins with.
func Manifests(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, values := range map[string]map[string]any{
		"manifests.yaml":       {},
		"manifests-force.yaml": {"force": true},
	} {
		values["image"] = map[string]any{"repository": Image}
		rendering, err := Render(dir, Namespace, values)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		const head = "# Written by make generate, from charts/nodelift.\n"
		files[filepath.Join("internal", "install", name)] = []byte(head + strings.TrimPrefix(rendering.Manifests, "---\n"))
	}
	return files, nil
}

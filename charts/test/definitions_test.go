package charts

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// TestDefinitionsOfTheCluster: Helm does not replace definitions, so those of another
// version are refused.
func TestDefinitionsOfTheCluster(t *testing.T) {
	for name, tt := range map[string]struct {
		version, says string
	}{
		"none":                {"", ""},
		"of the same version": {ours(t), ""},
		"of an older version": {"1", "run 'nodelift crds | kubectl apply --server-side -f -' first"},
		"of a newer version":  {"1000", "use a newer chart"},
		"of somebody else":    {"none", "run 'nodelift crds"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := RenderIn(cluster{version: tt.version}, chart(), Namespace, values(t, variants()["least"]))
			switch {
			case tt.says == "" && err != nil:
				t.Error(err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("nothing says %q: %v", tt.says, err)
			}
		})
	}
}

// ours is the version that the chart's definitions have.
func ours(t *testing.T) string {
	t.Helper()
	files, err := Generated()
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(files["charts/nodelift/crds/nodegroups.nodelift.dev.yaml"]), "nodelift.dev/version: \"")
	version, _, _ := strings.Cut(after, `"`)
	if !found || version == "" {
		t.Fatal("the definition has no version")
	}
	return version
}

// cluster is one that has definitions of a version, or none.
type cluster struct {
	dynamic.NamespaceableResourceInterface
	version string
}

func (c cluster) GetClientFor(string, string) (dynamic.NamespaceableResourceInterface, bool, error) {
	return c, false, nil
}

func (c cluster) Get(_ context.Context, name string, _ metav1.GetOptions, _ ...string) (*unstructured.Unstructured, error) {
	if c.version == "" {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "customresourcedefinitions"}, name)
	}
	crd := &unstructured.Unstructured{Object: map[string]any{}}
	if c.version != "none" {
		crd.SetAnnotations(map[string]string{"nodelift.dev/version": c.version})
	}
	crd.SetName(name)
	return crd, nil
}

package kube

import (
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

func definition(version, digest string) *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{
		Name: "nodegroups.nodelift.dev", Annotations: map[string]string{v1alpha1.AnnotationVersion: version, annotationDigest: digest},
	}}
}

func TestOlderNeverReplacesNewer(t *testing.T) {
	for name, tc := range map[string]struct {
		there, ours *apiextensionsv1.CustomResourceDefinition
		write       bool
		wantErr     string
	}{
		"the same":            {definition("2", "a"), definition("2", "a"), false, ""},
		"another of this one": {definition("2", "a"), definition("2", "b"), true, ""},
		"an older one":        {definition("1", "a"), definition("2", "b"), true, ""},
		"a newer one":         {definition("10", "a"), definition("9", "b"), false, "use a newer Nodelift"},
		"somebody else's":     {definition("", ""), definition("2", "b"), false, "is it Nodelift's?"},
	} {
		t.Run(name, func(t *testing.T) {
			write, err := mayReplace(tc.there, tc.ours)
			if write != tc.write {
				t.Errorf("write %t", write)
			}
			if (err != nil) != (tc.wantErr != "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("error %v, want one that says %q", err, tc.wantErr)
			}
		})
	}
}

func TestDefinitionsHaveTheirVersion(t *testing.T) {
	crds, err := definitions()
	if err != nil || len(crds) != 2 {
		t.Fatalf("%d definitions, %v", len(crds), err)
	}
	for _, crd := range crds {
		if version, err := versionOf(crd); err != nil || version < 1 {
			t.Errorf("%s: version %d, %v", crd.Name, version, err)
		}
	}
	manifests, err := Manifests()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"name: nodelift-system", "name: nodegroups.nodelift.dev", "name: nodegroupupdates.nodelift.dev", annotationDigest} {
		if !strings.Contains(string(manifests), name) {
			t.Errorf("the manifests lack %s", name)
		}
	}
}

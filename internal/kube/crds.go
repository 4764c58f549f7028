package kube

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// annotationDigest is the annotation with a hash of the definition in this binary, by which
// two definitions of the same version are told from each other. The API server adds
// defaults, so they cannot be compared directly.
const annotationDigest = "nodelift.dev/digest"

// The definitions of the two resources, generated from api/v1alpha1.
//
//go:embed crds/*.yaml
var definitionFiles embed.FS

// definitions returns the resource definitions, each with its digest.
func definitions() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	files, err := definitionFiles.ReadDir("crds")
	if err != nil {
		return nil, err
	}
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		content, err := definitionFiles.ReadFile("crds/" + file.Name())
		if err != nil {
			return nil, err
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, crd); err != nil {
			return nil, fmt.Errorf("read the definition %s: %w", file.Name(), err)
		}
		sum := sha256.Sum256(content)
		metav1.SetMetaDataAnnotation(&crd.ObjectMeta, annotationDigest, hex.EncodeToString(sum[:8]))
		all = append(all, crd)
	}
	return all, nil
}

func namespace() *corev1.Namespace {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.Namespace},
	}
}

// Manifests returns what [Cluster.Install] installs as YAML, for people with the permission
// to apply it.
func Manifests() ([]byte, error) {
	crds, err := definitions()
	if err != nil {
		return nil, err
	}
	objects := []any{namespace()}
	for _, crd := range crds {
		objects = append(objects, crd)
	}
	var out bytes.Buffer
	for _, object := range objects {
		content, err := yaml.Marshal(object)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "---\n%s", content)
	}
	return out.Bytes(), nil
}

// versionOf returns the revision of a definition's schema.
func versionOf(crd *apiextensionsv1.CustomResourceDefinition) (int, error) {
	text := crd.Annotations[v1alpha1.AnnotationVersion]
	version, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the resource definition %s has the version %q in its annotation %s, which is no number: is it Nodelift's?",
			crd.Name, text, v1alpha1.AnnotationVersion)
	}
	return version, nil
}

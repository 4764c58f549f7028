package install

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The chart as `make generate` has rendered it.
//
//go:embed *.yaml
var renderings embed.FS

// Values is what differs from one cluster to the next.
type Values struct {
	Image   string // with its tag or digest
	Region  string // AWS region of calls that are not about a node group, "" for the one that AWS sets
	RoleARN string // IAM role for the service account, "" for none
	Force   bool   // the controller may delete pods
}

// Manifests returns what the chart installs, without the resource definitions, as YAML
// documents.
func Manifests(v Values) ([]byte, error) {
	name := "manifests.yaml"
	if v.Force {
		name = "manifests-force.yaml"
	}
	content, err := renderings.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		var object unstructured.Unstructured
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		} else if err != nil {
			return nil, fmt.Errorf("read the manifests: %w", err)
		}
		if err := v.set(&object); err != nil {
			return nil, fmt.Errorf("set the values of %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "---\n%s", text)
	}
}

// set writes the values on the object if they concern it.
func (v Values) set(object *unstructured.Unstructured) error {
	switch object.GetKind() {
	case "Deployment":
		return change(object, v.onDeployment)
	case "ServiceAccount":
		return change(object, v.onAccount)
	}
	return nil
}

func (v Values) onDeployment(d *appsv1.Deployment) {
	container := &d.Spec.Template.Spec.Containers[0]
	container.Image = v.Image
	if v.Region != "" {
		container.Env = append(container.Env, corev1.EnvVar{Name: "AWS_REGION", Value: v.Region})
	}
}

func (v Values) onAccount(a *corev1.ServiceAccount) {
	if v.RoleARN != "" {
		metav1.SetMetaDataAnnotation(&a.ObjectMeta, "eks.amazonaws.com/role-arn", v.RoleARN)
	}
}

// change changes an object in its own type.
func change[T any](object *unstructured.Unstructured, by func(*T)) error {
	var typed T
	converter := runtime.DefaultUnstructuredConverter
	if err := converter.FromUnstructuredWithValidation(object.Object, &typed, true); err != nil {
		return err
	}
	by(&typed)
	content, err := converter.ToUnstructured(&typed)
	if err != nil {
		return err
	}
	delete(content, "status")
	object.Object = content
	return nil
}

package install

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// as returns the objects of the manifests, by kind and name.
func as(t *testing.T, v Values) map[string]*unstructured.Unstructured {
	t.Helper()
	content, err := Manifests(v)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*unstructured.Unstructured{}
	for documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		var object unstructured.Unstructured
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = &object
	}
}

const (
	deployment = "Deployment nodelift-system/nodelift"
	account    = "ServiceAccount nodelift-system/nodelift"
)

// TestValues: what is set changes what it has to and nothing else.
func TestValues(t *testing.T) {
	least := as(t, Values{Image: "registry.example.com/nodelift:1"})
	full := as(t, Values{Image: "registry.example.com/nodelift:2", Region: "us-west-2", RoleARN: "arn:aws:iam::123456789012:role/nodelift"})
	for id, object := range full {
		equal := cmp.Equal(least[id], object)
		if changes := id == deployment || id == account; equal == changes {
			t.Errorf("%s is the same: %t", id, equal)
		}
	}
	containers, _, err := unstructured.NestedSlice(full[deployment].Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("%d containers, %v", len(containers), err)
	}
	container := containers[0].(map[string]any)
	want := []any{map[string]any{"name": "AWS_REGION", "value": "us-west-2"}}
	if diff := cmp.Diff(want, container["env"]); diff != "" || container["image"] != "registry.example.com/nodelift:2" {
		t.Errorf("image %v, environment (-want +got)\n%s", container["image"], diff)
	}
	if arn := full[account].GetAnnotations()["eks.amazonaws.com/role-arn"]; arn != "arn:aws:iam::123456789012:role/nodelift" {
		t.Errorf("role %q", arn)
	}
}

// TestForce: only force lets the controller delete pods.
func TestForce(t *testing.T) {
	const role = "ClusterRole /nodelift-controller-force"
	without, with := as(t, Values{Image: "a:1"}), as(t, Values{Image: "a:1", Force: true})
	if without[role] != nil || with[role] == nil || with[strings.Replace(role, "ClusterRole", "ClusterRoleBinding", 1)] == nil {
		t.Errorf("the role %s is there without force: %t, and with: %t", role, without[role] != nil, with[role] != nil)
	}
}

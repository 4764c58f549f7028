package e2e

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// What docs/install.md says works line by line on a cluster that has never seen Nodelift. What it
// installed is not deleted while an update needs it, and says why; if it is deleted all the same, the
// commands say what is missing, and the update can be ended.
func TestInstalledAndDeleted(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.followInstallPage()
	w.interrupted("NodeDraining", syscall.SIGINT, upgrade("--drain-timeout", "1h", "--verbose")...).has(t, 130, "nobody is working on it")

	installed := w.installed()
	for _, object := range installed {
		w.eventually("the deletion is refused", func() bool { return w.kube.Delete(w.ctx(), object, client.DryRunAll) != nil })
		err := w.kube.Delete(w.ctx(), object)
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "has an update under way") || !strings.Contains(err.Error(), "nodelift cancel nodegroup ") {
			t.Errorf("delete %T %s: %v", object, object.GetName(), err)
		}
	}

	w.check(w.kube.Delete(w.ctx(), &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "nodelift-deletion"}}))
	for _, object := range installed {
		w.eventually("it may be deleted", func() bool { return client.IgnoreNotFound(w.kube.Delete(w.ctx(), object)) == nil })
	}
	w.eventually("the namespace is gone, and the update being deleted", func() bool {
		gone := apierrors.IsNotFound(w.kube.Get(w.ctx(), client.ObjectKey{Name: v1alpha1.Namespace}, &corev1.Namespace{}))
		return gone && w.updates()[0].DeletionTimestamp != nil
	})
	update := w.updates()[0].Name
	w.nodelift("get", "updates").has(t, 0, "somebody to cancel it, because it is being deleted: nodelift cancel update "+update)
	for _, verb := range [][]string{{"pause", "update", update}, {"resume", "update", update}, {"cancel", "update", update, "--yes"}} {
		w.nodelift(verb...).has(t, 1, "the namespace nodelift-system was deleted", "kubectl create namespace nodelift-system")
	}
	w.nodelift("rollback", "update", update, "--yes").has(t, 1, "is being deleted, so no update can begin", "nodelift cancel update ID")

	w.check(w.kube.Create(w.ctx(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.Namespace}}))
	w.nodelift("cancel", "update", update, "--yes").has(t, 0, "UpgradeCancelled", "it has ended and is gone")
	w.eventually("the definitions are gone", func() bool {
		var left apiextensionsv1.CustomResourceDefinitionList
		w.check(w.kube.List(w.ctx(), &left))
		return len(left.Items) == 0
	})
	w.nodelift(upgrade()...).has(t, 0, "Installs", "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// installed is what everything else needs: the definitions, and the namespace of the Leases.
func (w *world) installed() []client.Object {
	w.t.Helper()
	var definitions apiextensionsv1.CustomResourceDefinitionList
	w.check(w.kube.List(w.ctx(), &definitions))
	if len(definitions.Items) != 2 {
		w.t.Fatalf("there are %d definitions", len(definitions.Items))
	}
	objects := []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.Namespace}}}
	for i := range definitions.Items {
		objects = append(objects, &definitions.Items[i])
	}
	return objects
}

// followInstallPage does what docs/install.md says under "Without Helm", one line after the other.
func (w *world) followInstallPage() {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "install.md"))
	w.check(err)
	_, section, _ := strings.Cut(string(content), "\n## Without Helm\n")
	section, _, _ = strings.Cut(section, "\n## ")
	written, done := "", 0
	for line := range strings.Lines(section) {
		line, isCommand := strings.CutPrefix(strings.TrimSpace(line), "nodelift ")
		args := strings.Fields(strings.FieldsFunc(line+" ", func(r rune) bool { return r == '|' || r == '>' })[0])
		switch {
		case isCommand && strings.HasSuffix(line, "| kubectl apply --server-side -f -"):
			w.applyAll(w.nodelift(args...).out)
		case isCommand && strings.HasSuffix(line, "> nodelift.yaml"):
			written = w.nodelift(args...).out
		case line == "kubectl diff --server-side -f nodelift.yaml":
			w.applyAll(written, client.DryRunAll)
		case line == "kubectl apply --server-side -f nodelift.yaml":
			w.applyAll(written)
		default:
			continue
		}
		done++
	}
	if done < 4 {
		w.t.Fatalf("%d lines of docs/install.md were done: how does it write them now?\n%s", done, section)
	}
}

// applyAll is kubectl apply --server-side.
func (w *world) applyAll(manifests string, options ...client.ApplyOption) {
	w.t.Helper()
	for documents := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096); ; {
		var object unstructured.Unstructured
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			w.t.Fatal(err)
		}
		if err := w.kube.Apply(w.ctx(), client.ApplyConfigurationFromUnstructured(&object), append(options, client.FieldOwner("test"))...); err != nil {
			w.t.Fatalf("apply %s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

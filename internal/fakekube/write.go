package fakekube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/utils/ptr"
)

// create stores a new object.
func (s *Server) create(c *collection, object Object) (*stored, error) {
	s.created++
	if object.GetName() == "" {
		object.SetName(object.GetGenerateName() + strconv.FormatUint(s.created, 36))
	}
	if c.objects[keyOf(object)] != nil {
		return nil, apierrors.NewAlreadyExists(c.GroupResource(), object.GetName())
	}
	object.SetUID(types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.created)))
	object.SetCreationTimestamp(metav1.NewTime(time.Now()).Rfc3339Copy())
	object.SetDeletionTimestamp(nil)
	if c.Generation {
		object.SetGeneration(1)
	}
	if pod, ok := object.(*corev1.Pod); ok && pod.Status.Phase == "" {
		pod.Status.Phase = corev1.PodPending
	}
	return s.put(c, nil, object), nil
}

// updated applies an update of an object, or of its status alone.
func (s *Server) updated(c *collection, before *stored, body []byte, status bool) (*stored, error) {
	var wanted, present map[string]any
	if err := json.Unmarshal(body, &wanted); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if err := json.Unmarshal(before.raw, &present); err != nil {
		return nil, err
	}
	meta, _ := wanted["metadata"].(map[string]any)
	if version, _ := meta["resourceVersion"].(string); version != "" && version != before.GetResourceVersion() {
		return nil, modified(c, before.GetName())
	}
	if status {
		present["status"] = wanted["status"]
		wanted = present
	} else if c.Status {
		wanted["status"] = present["status"]
	}
	raw, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	object, err := s.decoded(c, raw)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if status {
		object.SetFinalizers(before.GetFinalizers())
	}
	keep(object, before)
	if c.Generation && !status && !sameGeneration(object, before.Object) {
		object.SetGeneration(before.GetGeneration() + 1)
	}
	return s.replace(c, before, object), nil
}

// sameGeneration reports whether a change of an object is not counted. Of a Deployment, a change of
// its annotations is counted, too.
func sameGeneration(a, b Object) bool {
	_, annotated := a.(*appsv1.Deployment)
	return reflect.DeepEqual(specOf(a), specOf(b)) && (!annotated || reflect.DeepEqual(a.GetAnnotations(), b.GetAnnotations()))
}

// specOf is the spec of an object, nil for one that has none.
func specOf(o Object) any {
	field := reflect.ValueOf(o).Elem().FieldByName("Spec")
	if !field.IsValid() {
		return nil
	}
	return field.Interface()
}

// keep keeps what only the server itself changes.
func keep(object, before Object) {
	object.SetName(before.GetName())
	object.SetNamespace(before.GetNamespace())
	object.SetUID(before.GetUID())
	object.SetCreationTimestamp(before.GetCreationTimestamp())
	object.SetDeletionTimestamp(before.GetDeletionTimestamp())
	object.SetDeletionGracePeriodSeconds(before.GetDeletionGracePeriodSeconds())
	object.SetGeneration(before.GetGeneration())
	object.SetResourceVersion(before.GetResourceVersion())
}

// replace stores an object in place of what was there. Nothing happens if nothing has
// changed. An object that is being deleted goes with its last finalizer.
func (s *Server) replace(c *collection, before *stored, object Object) *stored {
	object.SetResourceVersion(before.GetResourceVersion())
	same := sealed(object, s.version)
	object.SetResourceVersion(before.GetResourceVersion())
	if raw, err := json.Marshal(object); err == nil && bytes.Equal(raw, before.raw) {
		return before
	}
	if object.GetDeletionTimestamp() != nil && len(object.GetFinalizers()) == 0 && ptr.Deref(object.GetDeletionGracePeriodSeconds(), 0) == 0 {
		s.remove(c, before)
		return same
	}
	return s.put(c, before, object)
}

// patched applies a patch to an object, or to its status alone.
func (s *Server) patched(c *collection, before *stored, r *request) (*stored, error) {
	var after []byte
	var err error
	switch kind := types.PatchType(r.contentType); kind {
	case types.MergePatchType:
		after, err = jsonpatch.MergePatch(before.raw, r.body)
	case types.StrategicMergePatchType:
		after, err = strategicpatch.StrategicMergePatch(before.raw, r.body, before.Object)
	default:
		return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType,
			Message: fmt.Sprintf("patches of type %q are not supported", kind),
		}}
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return s.updated(c, before, after, r.subresource == "status")
}

// deleted deletes an object: at once, or when its grace period is over and its finalizers
// are gone.
func (s *Server) deleted(c *collection, before *stored, o metav1.DeleteOptions) (*stored, error) {
	if err := unmet(c, before, o.Preconditions); err != nil {
		return nil, err
	}
	grace := graceOf(before.Object, o)
	if grace == 0 && len(before.GetFinalizers()) == 0 {
		s.remove(c, before)
		return before, nil
	}
	if before.GetDeletionTimestamp() != nil && grace >= ptr.Deref(before.GetDeletionGracePeriodSeconds(), 0) {
		return before, nil
	}
	object := before.DeepCopyObject().(Object)
	until := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second)).Rfc3339Copy()
	object.SetDeletionTimestamp(&until)
	object.SetDeletionGracePeriodSeconds(&grace)
	return s.put(c, before, object), nil
}

// unmet is the error if an object is not the one that a client means.
func unmet(c *collection, o *stored, p *metav1.Preconditions) error {
	kind := schema.GroupResource{Group: c.Group, Resource: c.Kind}
	switch {
	case p == nil:
	case p.UID != nil && *p.UID != o.GetUID():
		return apierrors.NewConflict(kind, o.GetName(), fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). "+
			"The object might have been deleted and then recreated", *p.UID, o.GetUID()))
	case p.ResourceVersion != nil && *p.ResourceVersion != o.GetResourceVersion():
		return apierrors.NewConflict(kind, o.GetName(), fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). "+
			"The object might have been modified", *p.ResourceVersion, o.GetResourceVersion()))
	}
	return nil
}

// graceOf is how many seconds a pod has to end. Everything else goes at once, and so does a
// pod that no kubelet has.
func graceOf(o Object, options metav1.DeleteOptions) int64 {
	pod, ok := o.(*corev1.Pod)
	if !ok || pod.Spec.NodeName == "" {
		return 0
	}
	if options.GracePeriodSeconds != nil {
		return *options.GracePeriodSeconds
	}
	return ptr.Deref(pod.Spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
}

func modified(c *collection, name string) error {
	return apierrors.NewConflict(c.GroupResource(), name,
		errors.New("the object has been modified; please apply your changes to the latest version and try again"))
}

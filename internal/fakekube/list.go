package fakekube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// list is what a list looks like.
type list struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Metadata   map[string]string `json:"metadata"`
	Items      []json.RawMessage `json:"items"`
}

func (s *Server) list(r *request) (any, error) {
	wanted, err := selection(r)
	if err != nil {
		return nil, err
	}
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	answer := list{
		Kind: r.Kind + "List", APIVersion: r.GroupVersion().String(), Items: []json.RawMessage{},
		Metadata: map[string]string{"resourceVersion": strconv.FormatUint(s.version, 10)},
	}
	for _, o := range r.sorted() {
		if wanted(o) && (limit == 0 || len(answer.Items) < limit) {
			answer.Items = append(answer.Items, o.raw)
		}
	}
	return answer, nil
}

// selection returns which objects a list or a watch is about.
func selection(r *request) (func(*stored) bool, error) {
	query := r.URL.Query()
	byLabel, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byField, err := fields.ParseSelector(query.Get("fieldSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	for _, requirement := range byField.Requirements() {
		if !strings.HasPrefix(requirement.Field, "metadata.") && selectable(r.Kind) != requirement.Field {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("field label not supported: %s", requirement.Field))
		}
	}
	return func(o *stored) bool {
		return o != nil && (r.namespace == "" || o.GetNamespace() == r.namespace) &&
			(r.name == "" || o.GetName() == r.name) &&
			byLabel.Matches(labels.Set(o.GetLabels())) && (byField.Empty() || byField.Matches(fieldsOf(o.Object)))
	}, nil
}

// selectable is the field by which objects of a kind can be selected, beside their names.
func selectable(kind string) string {
	switch kind {
	case "Pod":
		return "spec.nodeName"
	case "Event":
		return "regarding.uid"
	default:
		return ""
	}
}

func fieldsOf(o Object) fields.Set {
	set := fields.Set{"metadata.name": o.GetName(), "metadata.namespace": o.GetNamespace()}
	switch o := o.(type) {
	case *corev1.Pod:
		set["spec.nodeName"] = o.Spec.NodeName
	case *eventsv1.Event:
		set["regarding.uid"] = string(o.Regarding.UID)
	}
	return set
}

func isWatch(h *http.Request) bool {
	watch, _ := strconv.ParseBool(h.URL.Query().Get("watch"))
	return watch
}

package fakekube

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// Config says which objects a server has.
type Config struct {
	Scheme    *runtime.Scheme
	Resources []Resource
	// Lag is asked how late a watch gets a change; nil means at once. A change never
	// overtakes another one of the same watch.
	Lag func(watch *http.Request, version uint64) time.Duration
}

// Server is an API server. Its methods and functions may be called from any goroutine.
type Server struct {
	cfg Config

	mu          sync.Mutex
	version     uint64 // of the last change
	created     uint64 // objects, so far
	collections []*collection
}

// New returns a server without objects. It panics if the scheme does not know a resource.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, version: 1}
	for _, r := range cfg.Resources {
		sample, err := cfg.Scheme.New(r.gvk())
		if err != nil {
			panic(err)
		}
		s.collections = append(s.collections, newCollection(r, reflect.TypeOf(sample)))
	}
	return s
}

// request is a request for the objects of one collection.
type request struct {
	*http.Request
	*collection
	namespace, name, subresource string
	contentType                  string
	body                         []byte
}

func (s *Server) ServeHTTP(w http.ResponseWriter, h *http.Request) {
	parts := strings.Split(strings.Trim(h.URL.Path, "/"), "/")
	if found := s.discover(parts); found != nil {
		answer(w, http.StatusOK, found)
		return
	}
	r, err := s.read(h, parts)
	if err != nil {
		refuse(w, err)
		return
	}
	if h.Method == http.MethodGet && isWatch(h) {
		s.watch(w, r)
		return
	}
	code, found, err := s.serve(r)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, code, found)
}

// read finds the collection and the object of a path: api/v1 or apis/GROUP/VERSION, then
// perhaps namespaces/NAME, then RESOURCE[/NAME[/SUBRESOURCE]].
func (s *Server) read(h *http.Request, parts []string) (*request, error) {
	r := &request{Request: h}
	group, version := "", ""
	switch {
	case len(parts) > 2 && parts[0] == "api":
		version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		group, version, parts = parts[1], parts[2], parts[3:]
	default:
		return nil, unknown()
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		r.namespace, parts = parts[1], parts[2:]
	}
	for _, c := range s.collections {
		if c.Group == group && c.Version == version && c.GroupVersionResource.Resource == parts[0] {
			r.collection = c
		}
	}
	if r.collection == nil || len(parts) > 3 {
		return nil, unknown()
	}
	parts = append(parts[1:], "", "")
	r.name, r.subresource = parts[0], parts[1]
	if h.Body == nil {
		return r, nil
	}
	r.contentType, _, _ = mime.ParseMediaType(h.Header.Get("Content-Type"))
	var err error
	r.body, err = io.ReadAll(h.Body)
	return r, err
}

// serve answers everything that is no watch.
func (s *Server) serve(r *request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && r.name == "":
		list, err := s.list(r)
		return http.StatusOK, list, err
	case r.Method == http.MethodPost && r.name == "":
		return s.post(r)
	}
	before := r.objects[types.NamespacedName{Namespace: r.namespace, Name: r.name}]
	if before == nil {
		return 0, nil, apierrors.NewNotFound(r.GroupResource(), r.name)
	}
	var after *stored
	var err error
	switch {
	case r.subresource != "" && r.subresource != "status" && r.subresource != "eviction":
		return 0, nil, unknown()
	case r.subresource == "eviction" && r.Method == http.MethodPost:
		return http.StatusCreated, success(), s.evict(r.collection, before, r)
	case r.Method == http.MethodGet:
		after = before
	case r.Method == http.MethodPut:
		after, err = s.updated(r.collection, before, r.body, r.subresource == "status")
	case r.Method == http.MethodPatch:
		after, err = s.patched(r.collection, before, r)
	case r.Method == http.MethodDelete:
		return s.delete(r, before)
	default:
		return 0, nil, apierrors.NewMethodNotSupported(r.GroupResource(), r.Method)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, json.RawMessage(after.raw), nil
}

func (s *Server) post(r *request) (int, any, error) {
	object, err := s.decoded(r.collection, r.body)
	if err != nil {
		return 0, nil, apierrors.NewBadRequest(err.Error())
	}
	object.SetNamespace(r.namespace)
	after, err := s.create(r.collection, object)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, json.RawMessage(after.raw), nil
}

// delete answers with the object that is being deleted, or with Success if it is gone.
func (s *Server) delete(r *request, before *stored) (int, any, error) {
	var options metav1.DeleteOptions
	if len(r.body) > 0 {
		if err := json.Unmarshal(r.body, &options); err != nil {
			return 0, nil, apierrors.NewBadRequest(err.Error())
		}
	}
	after, err := s.deleted(r.collection, before, options)
	if err != nil {
		return 0, nil, err
	}
	if after == before && r.objects[keyOf(before)] == nil && before.GetDeletionTimestamp() == nil {
		return http.StatusOK, success(), nil
	}
	return http.StatusOK, json.RawMessage(after.raw), nil
}

func success() metav1.Status {
	return metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess}
}

// unknown is the answer for a path that the server does not have.
func unknown() error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
		Message: "the server could not find the requested resource",
	}}
}

// refuse answers with an error as the API server does.
func refuse(w http.ResponseWriter, err error) {
	var known apierrors.APIStatus
	if !errors.As(err, &known) {
		known = apierrors.NewInternalError(err)
	}
	status := known.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	answer(w, int(status.Code), status)
}

func answer(w http.ResponseWriter, code int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(code)
	_, _ = w.Write(raw)
}

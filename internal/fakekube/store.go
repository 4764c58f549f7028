package fakekube

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// Object is what every Kubernetes object is.
type Object interface {
	metav1.Object
	runtime.Object
}

// stored is one version of an object. It never changes.
type stored struct {
	Object
	raw []byte // JSON
}

// change is one change of a collection; before is nil for a new object, after for one that is
// gone.
type change struct {
	version       uint64
	at            time.Time
	before, after *stored
	gone          []byte // the last state of an object that is gone, with the version of its deletion
}

// collection are the objects of one resource, and their latest changes.
type collection struct {
	Resource
	kind    reflect.Type // of its objects in Go
	objects map[types.NamespacedName]*stored
	changes []change
	// expired is the newest version from which no watch can start any more.
	expired uint64
	// grown is closed, and replaced, with each change.
	grown chan struct{}
}

func newCollection(r Resource, kind reflect.Type) *collection {
	return &collection{Resource: r, kind: kind, objects: map[types.NamespacedName]*stored{}, grown: make(chan struct{})}
}

// kept is how many changes of each resource are kept for watches.
const kept = 2000

func keyOf(o metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// decoded makes an object of JSON, as the kind of the collection.
func (s *Server) decoded(c *collection, raw []byte) (Object, error) {
	into, err := s.cfg.Scheme.New(c.gvk())
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, err
	}
	object, ok := into.(Object)
	if !ok {
		return nil, fmt.Errorf("%s is no object", c.Kind)
	}
	object.GetObjectKind().SetGroupVersionKind(c.gvk())
	return object, nil
}

// put stores an object under the next version, as the one that takes the place of before.
func (s *Server) put(c *collection, before *stored, object Object) *stored {
	s.version++
	after := sealed(object, s.version)
	c.objects[keyOf(object)] = after
	s.note(c, change{version: s.version, before: before, after: after})
	return after
}

func sealed(object Object, version uint64) *stored {
	object.SetResourceVersion(strconv.FormatUint(version, 10))
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // it was JSON before
	}
	return &stored{object, raw}
}

// remove removes an object.
func (s *Server) remove(c *collection, before *stored) {
	s.version++
	delete(c.objects, keyOf(before))
	last := sealed(before.DeepCopyObject().(Object), s.version)
	s.note(c, change{version: s.version, before: before, gone: last.raw})
}

func (s *Server) note(c *collection, made change) {
	made.at = time.Now()
	c.changes = append(c.changes, made)
	if len(c.changes) > kept {
		c.expired = c.changes[kept/2-1].version
		c.changes = slices.Delete(c.changes, 0, kept/2)
	}
	close(c.grown)
	c.grown = make(chan struct{})
}

// Compact makes all versions before the present one too old for watches.
func (s *Server) Compact() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.collections {
		c.changes, c.expired = nil, s.version
		close(c.grown)
		c.grown = make(chan struct{})
	}
}

// sorted are the objects of a collection by namespace and name.
func (c *collection) sorted() []*stored {
	all := make([]*stored, 0, len(c.objects))
	for _, o := range c.objects {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *stored) int {
		return compareKeys(keyOf(a), keyOf(b))
	})
	return all
}

func compareKeys(a, b types.NamespacedName) int {
	switch {
	case a == b:
		return 0
	case a.Namespace < b.Namespace, a.Namespace == b.Namespace && a.Name < b.Name:
		return -1
	default:
		return 1
	}
}

// collectionOf finds the collection of the objects of a Go type.
func (s *Server) collectionOf(kind reflect.Type) *collection {
	for _, c := range s.collections {
		if c.kind == kind {
			return c
		}
	}
	panic(fmt.Sprintf("the server has no %s", kind))
}

// All returns all objects of a type by namespace and name, as they are now. Nobody may change
// them.
func All[T Object](s *Server) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []T
	for _, o := range s.collectionOf(reflect.TypeFor[T]()).sorted() {
		all = append(all, o.Object.(T))
	}
	return all
}

// Find returns one object as it is now. Nobody may change it.
func Find[T Object](s *Server, namespace, name string) (found T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.collectionOf(reflect.TypeFor[T]()).objects[types.NamespacedName{Namespace: namespace, Name: name}]
	if o == nil {
		return found, false
	}
	return o.Object.(T), true
}

// Change changes an object if it exists, its status included.
func Change[T Object](s *Server, namespace, name string, with func(T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collectionOf(reflect.TypeFor[T]())
	before := c.objects[types.NamespacedName{Namespace: namespace, Name: name}]
	if before == nil {
		return
	}
	object := before.DeepCopyObject().(T)
	with(object)
	s.replace(c, before, object)
}

// Create creates an object, with the status that it has.
func (s *Server) Create(object Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collectionOf(reflect.TypeOf(object))
	object = object.DeepCopyObject().(Object)
	object.GetObjectKind().SetGroupVersionKind(c.gvk())
	_, err := s.create(c, object)
	return err
}

// Remove removes an object at once, whatever its grace period and finalizers.
func (s *Server) Remove(object Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collectionOf(reflect.TypeOf(object))
	if before := c.objects[keyOf(object)]; before != nil {
		s.remove(c, before)
	}
}

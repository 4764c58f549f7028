package controller

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// world is a cloud in memory whose instances are nodes of a real API server.
// It launches and terminates at once.
type world struct {
	mu       sync.Mutex
	live     client.Client
	group    upgrade.Group
	versions []upgrade.TemplateVersion // the first is number 1
	launched int
}

// newWorld is a group in three zones that launches image ami-1.
func newWorld(ctx context.Context, live client.Client, name string, desired int) (*world, error) {
	w := &world{
		live:     live,
		versions: []upgrade.TemplateVersion{{ID: "lt-1", Name: "workers", Number: 1, Image: "ami-1"}},
		group: upgrade.Group{
			Name: name, Zones: []string{"a", "b", "c"}, Size: upgrade.Size{Max: desired},
			Template: upgrade.TemplateRef{ID: "lt-1", Name: "workers", Version: "1"},
		},
	}
	return w, w.Resize(ctx, name, upgrade.Size{}, upgrade.Size{Max: desired, Desired: desired})
}

func (w *world) Group(context.Context, string, bool) (upgrade.Group, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	group := w.group
	group.Read = time.Now()
	group.Instances = slices.Clone(group.Instances)
	return group, nil
}

func (w *world) LastActivity(context.Context, string, time.Time, []string) (string, error) {
	return "", nil
}
func (w *world) Console(context.Context, string) (string, error) { return "", nil }

func (w *world) TerminatedElsewhere(context.Context, string, string) (bool, error) { return false, nil }

func (w *world) Resize(ctx context.Context, _ string, _, size upgrade.Size) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.group.Size = size
	return w.launch(ctx)
}

func (w *world) SetMinimum(_ context.Context, _ string, least int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.group.Min = least
	return nil
}

func (w *world) SetProcesses(_ context.Context, _ string, processes []string, suspended bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.group.Suspended = nil
	if suspended {
		w.group.Suspended = processes
	}
	return nil
}

func (w *world) Terminate(ctx context.Context, _ string, instances []string, shrink bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range instances {
		before := len(w.group.Instances)
		w.group.Instances = slices.DeleteFunc(w.group.Instances, func(i upgrade.Instance) bool { return i.ID == id })
		if len(w.group.Instances) == before {
			continue
		}
		if shrink {
			w.group.Size.Desired--
		}
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-" + id}}
		if err := client.IgnoreNotFound(w.live.Delete(ctx, node)); err != nil {
			return err
		}
	}
	return w.launch(ctx)
}

// launch brings the group to its desired size, in the emptiest zone first.
func (w *world) launch(ctx context.Context) error {
	for len(w.group.Instances) < w.group.Size.Desired {
		w.launched++
		number, _ := strconv.Atoi(w.group.Template.Version)
		version := w.versions[number-1]
		instance := upgrade.Instance{
			ID: fmt.Sprintf("i-%s-%d", w.group.Name, w.launched), Zone: w.emptiest(), Lifecycle: upgrade.InService,
			Image: version.Image, Template: version, Launched: time.Now(),
		}
		w.group.Instances = append(w.group.Instances, instance)
		if err := w.join(ctx, instance); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) emptiest() string {
	members := map[string]int{}
	for _, i := range w.group.Instances {
		members[i.Zone]++
	}
	return slices.MinFunc(w.group.Zones, func(a, b string) int { return members[a] - members[b] })
}

func (w *world) join(ctx context.Context, instance upgrade.Instance) error {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "node-" + instance.ID, Labels: map[string]string{corev1.LabelTopologyZone: instance.Zone}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///" + instance.Zone + "/" + instance.ID},
	}
	if err := w.live.Create(ctx, node); err != nil {
		return err
	}
	before := node.DeepCopy()
	node.Status.Allocatable = corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"), corev1.ResourcePods: resource.MustParse("58"),
	}
	node.Status.Capacity = node.Status.Allocatable
	return w.live.Status().Patch(ctx, node, client.MergeFrom(before))
}

// templates and images are the other two sides of the world.
type templates struct{ *world }

func (t templates) Resolve(_ context.Context, ref upgrade.TemplateRef) (upgrade.TemplateVersion, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	number, err := strconv.Atoi(ref.Version)
	if err != nil || number > len(t.versions) {
		return upgrade.TemplateVersion{}, upgrade.ErrNotFound
	}
	return t.versions[number-1], nil
}

func (t templates) CreateVersion(_ context.Context, from upgrade.TemplateVersion, image, _ string) (upgrade.TemplateVersion, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from.Number, from.Image = int64(len(t.versions)+1), image
	t.versions = append(t.versions, from)
	return from, nil
}

func (t templates) Use(_ context.Context, _ string, ref upgrade.TemplateRef) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.group.Template = ref
	return nil
}

type images struct{}

func (images) Resolve(_ context.Context, target upgrade.Target, _ upgrade.Image) (upgrade.Image, error) {
	return upgrade.Image{ID: target.Image}, nil
}

func (images) Image(_ context.Context, id string) (upgrade.Image, error) {
	return upgrade.Image{ID: id}, nil
}

func (images) ByNodes(id string, _ []upgrade.Instance, _ []upgrade.Node) upgrade.Image {
	return upgrade.Image{ID: id}
}

func (w *world) ids() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, i := range w.group.Instances {
		ids = append(ids, i.ID)
	}
	return ids
}

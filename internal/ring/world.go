package ring

import (
	"context"
	"fmt"
	"sync"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/fakekube"
)

// The names in a world, and how many nodes the owner wants.
const (
	region     = "us-west-2"
	groupName  = "nodes"
	updateName = "nodes-1"
	size       = 3
)

// headerProcess says on the wire whose request it is.
const headerProcess = "X-Ring-Process"

// How long a world may last: accidents happen in the first part, and then the update has to end.
const (
	rough   = 30 * time.Minute
	longest = 3 * time.Hour
)

// World is a cluster, a cloud, and the processes that upgrade one in the other.
type World struct {
	settings
	story    *story
	dice     *dice
	fates    *fates
	observer *observer
	names    *names
	kube     *fakekube.Server
	cloud    *fakeaws.Cloud
	image    string // of the target
	// suspended are the processes of the group that its owner has suspended.
	suspended []string
	outages   []outage

	travelling sync.WaitGroup // requests
	everybody  sync.WaitGroup // processes

	mu        sync.Mutex
	processes []*process
	over      bool
}

// Play plays the upgrade of a seed and returns its story, and which promises were broken. It has to
// be called in a testing/synctest bubble.
func Play(seed uint64) (story string, broken []string, err error) {
	w, err := newWorld(settingsOf(seed))
	if err != nil {
		return "", nil, err
	}
	w.play()
	return w.story.String(), w.story.broken, nil
}

// play plays the upgrade until it has ended.
func (w *World) play() {
	ctx, end := context.WithCancel(context.Background())
	var around sync.WaitGroup
	around.Go(func() { _ = w.cloud.Run(ctx) })
	around.Go(func() { w.turn(ctx) })
	w.start()
	for deadline := time.Now().Add(longest); time.Now().Before(deadline) && !w.ended(); {
		time.Sleep(5 * time.Second)
	}
	w.close()
	w.observer.end()
	end()
	around.Wait()
	time.Sleep(time.Hour) // in which what clients have started in the background ends
	synctest.Wait()
}

func newWorld(of settings) (*World, error) {
	w := &World{settings: of, story: &story{begun: time.Now()}, dice: newDice(of.seed), names: newNames()}
	w.fates = &fates{World: w}
	w.observer = &observer{World: w, leaving: map[string]bool{}, asked: map[string]time.Time{}}
	w.story.tell("", "seed %d: %s, %+v", of.seed, of.strategy, of.roughness)
	if err := w.makeCloud(); err != nil {
		return nil, err
	}
	return w, w.makeCluster()
}

// makeCloud makes the group and waits until its nodes are there.
func (w *World) makeCloud() error {
	of := w.dice.about("cloud")
	w.cloud = fakeaws.New(fakeaws.Config{
		Region: region, Seed: of.Uint64(), Interval: time.Second,
		Boot: of.between(5*time.Second, 40*time.Second), Terminate: w.terminate,
	})
	old, _ := w.cloud.LatestImage("1.36", "x86_64")
	next, _ := w.cloud.LatestImage("1.37", "x86_64")
	w.image = next.ID
	template, err := w.cloud.CreateLaunchTemplate(fakeaws.TemplateSpec{Name: "nodes", ImageID: old.ID, InstanceType: "m5.xlarge", UserData: "aGVsbG8="})
	if err != nil {
		return err
	}
	return w.cloud.CreateGroup(fakeaws.GroupSpec{
		Name: groupName, MinSize: 1, MaxSize: size + 1, DesiredCapacity: size,
		LaunchTemplateID: template.ID, LaunchTemplateVersion: []string{"1", "$Latest"}[of.IntN(2)],
	})
}

func (w *World) makeCluster() error {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(all); err != nil {
			return err
		}
	}
	w.kube = fakekube.New(fakekube.Config{Scheme: all, Resources: append(fakekube.CoreResources(), ours()...), Lag: w.late})
	objects := []fakekube.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceDefault}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.Namespace}},
		&appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: "cluster-autoscaler"},
			Spec:       appsv1.DeploymentSpec{Replicas: ptr.To[int32](1)},
		},
		&v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: groupName}, Spec: v1alpha1.NodeGroupSpec{
			AutoScalingGroup: groupName, Region: region, ClusterName: "harbour",
			Settings: v1alpha1.Settings{CordonWait: &metav1.Duration{Duration: 5 * time.Second}, MinReady: &metav1.Duration{Duration: 5 * time.Second}},
		}},
	}
	for _, l := range workloads() {
		objects = append(objects, l.budget())
	}
	for _, o := range objects {
		if err := w.kube.Create(o); err != nil {
			return fmt.Errorf("create %s: %w", o.GetName(), err)
		}
	}
	return nil
}

// ours are the resources of Nodelift.
func ours() []fakekube.Resource {
	of := func(resource, kind string) fakekube.Resource {
		return fakekube.Resource{
			GroupVersionResource: v1alpha1.GroupVersion().WithResource(resource), Kind: kind, Status: true, Generation: true,
		}
	}
	return []fakekube.Resource{of("nodegroups", "NodeGroup"), of("nodegroupupdates", "NodeGroupUpdate")}
}

// turn lets everything live that is not Nodelift, once a second.
func (w *World) turn(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	managers := controllers{w, map[types.UID]string{}}
	for {
		kubelets{w}.live()
		managers.live()
		if w.begun() {
			w.observer.look()
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

func (w *World) begun() bool {
	_, ok := fakekube.Find[*v1alpha1.NodeGroupUpdate](w.kube, "", updateName)
	return ok
}

// watchFor is how long a watch lasts: as long as its connection, or its process.
func (w *World) watchFor(p *process, lasts time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(p.alive, lasts)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// ended reports whether the update has ended and everybody has let go of it.
func (w *World) ended() bool {
	update, ok := fakekube.Find[*v1alpha1.NodeGroupUpdate](w.kube, "", updateName)
	return ok && update.Ended() && len(update.Finalizers) == 0
}

// isCalm reports whether nothing goes wrong any more, because it has for long enough.
func (w *World) isCalm() bool { return w.isOver() || time.Since(w.story.begun) > rough }

// isOver reports whether no process starts any more.
func (w *World) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// close lets all processes end in good order, and waits for them and for what is travelling.
func (w *World) close() {
	time.Sleep(time.Minute)
	w.mu.Lock()
	w.over = true
	all := w.processes
	w.mu.Unlock()
	for _, p := range all {
		p.end()
	}
	w.everybody.Wait()
	w.travelling.Wait()
}

func (w *World) autoscaler() *appsv1.Deployment {
	d, _ := fakekube.Find[*appsv1.Deployment](w.kube, metav1.NamespaceSystem, "cluster-autoscaler")
	return d
}

// must is for what cannot fail unless the world itself is wrong.
func (w *World) must(err error) {
	if err != nil {
		panic(err)
	}
}

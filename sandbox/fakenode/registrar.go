package fakenode

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/kwok/pkg/log"
)

// retryEvery is when what could not be done is tried again.
const retryEvery = time.Second

// registrar gives every instance the Node that its state asks for. It looks at
// the state alone, never at what happened before: each of its three deeds may
// be repeated at any time.
type registrar struct {
	client kubernetes.Interface
	conf   Config
	log    *log.Logger
	undone map[string]fakeaws.Instance // by id: to be tried again
}

func newRegistrar(client kubernetes.Interface, conf Config, logger *log.Logger) *registrar {
	return &registrar{client, conf, logger, map[string]fakeaws.Instance{}}
}

func (r *registrar) run(ctx context.Context) error {
	instances := r.conf.Cloud.Watch(ctx)
	retry := time.NewTicker(retryEvery)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case i, open := <-instances:
			if open {
				r.settle(ctx, i)
			}
		case <-retry.C:
			for _, i := range r.undone {
				r.settle(ctx, i)
			}
		}
	}
}

// settle does what the instance's state asks for, now or later.
func (r *registrar) settle(ctx context.Context, i fakeaws.Instance) {
	delete(r.undone, i.ID)
	if err := r.apply(ctx, i); err != nil && ctx.Err() == nil {
		r.log.Error("instance and node differ; trying again", "instance", i.ID, "state", i.State, "err", err)
		r.undone[i.ID] = i
	}
}

func (r *registrar) apply(ctx context.Context, i fakeaws.Instance) error {
	switch i.State {
	case fakeaws.StateRunning:
		return r.join(ctx, i)
	case fakeaws.StateShuttingDown:
		return r.silence(ctx, i)
	case fakeaws.StateTerminated:
		return r.remove(ctx, i)
	}
	return nil // still booting
}

// join registers the Node, unless it is not the machine's fate.
func (r *registrar) join(ctx context.Context, i fakeaws.Instance) error {
	image, known := r.conf.Cloud.Image(i.ImageID)
	if fateOf(image, known) == neverSeen {
		return nil
	}
	_, err := r.client.CoreV1().Nodes().Create(ctx, r.conf.nodeOf(i, image), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// silence is a kubelet told to shut down: the node and its pods are not ready.
func (r *registrar) silence(ctx context.Context, i fakeaws.Instance) error {
	nodes := r.client.CoreV1().Nodes()
	mark := fmt.Sprintf(`{"metadata":{"annotations":{%q:"stopped"}}}`, annotationKubelet)
	_, err := nodes.Patch(ctx, i.PrivateDNS, types.MergePatchType, []byte(mark), metav1.PatchOptions{})
	if err == nil {
		_, err = nodes.Patch(ctx, i.PrivateDNS, types.StrategicMergePatchType, notReady("node is shutting down"), metav1.PatchOptions{}, "status")
	}
	if err != nil {
		return ignoreGone(err)
	}
	return r.silencePods(ctx, i.PrivateDNS)
}

func (r *registrar) silencePods(ctx context.Context, node string) error {
	selector := fields.OneTermEqualSelector("spec.nodeName", node).String()
	pods, err := r.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return err
	}
	var failures []error
	for _, pod := range pods.Items {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		_, err := r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType,
			notReady("the machine under this pod is shutting down"), metav1.PatchOptions{}, "status")
		failures = append(failures, ignoreGone(err))
	}
	return errors.Join(failures...)
}

// remove deletes the Node, as the cloud controller does for a terminated instance.
func (r *registrar) remove(ctx context.Context, i fakeaws.Instance) error {
	return ignoreGone(r.client.CoreV1().Nodes().Delete(ctx, i.PrivateDNS, metav1.DeleteOptions{}))
}

// notReady is the change of status that makes a node or a pod not Ready.
func notReady(why string) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	return fmt.Appendf(nil, `{"status":{"conditions":[{"type":"Ready","status":"False","reason":"NodeShutdown","message":%q,"lastTransitionTime":%q}]}}`, why, now)
}

func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

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
		if err := r.join(ctx, i); err != nil || !i.Silent {
			return err
		}
		return r.silence(ctx, i, lost)
	case fakeaws.StateShuttingDown:
		return r.silence(ctx, i, stopped)
	case fakeaws.StateTerminated:
		return r.remove(ctx, i)
	}
	return nil // still booting
}

// join registers the Node, unless it is not the machine's fate.
func (r *registrar) join(ctx context.Context, i fakeaws.Instance) error {
	image, known := r.conf.Cloud.Image(i.ImageID)
	node := r.conf.nodeOf(i, image)
	switch fateOf(image, known) {
	case neverSeen:
		return nil
	case neverReady:
		node.Annotations = map[string]string{annotationKubelet: "never-ready"}
		node.Status.Conditions = []corev1.NodeCondition{{
			Type: corev1.NodeReady, Status: corev1.ConditionFalse, Reason: "KubeletNotReady",
			Message: "container runtime network not ready: cni plugin not initialized",
		}}
	}
	_, err := r.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// silence is how a kubelet ends.
type silence struct {
	kubelet string // the annotation's value
	// The node's condition, in the words of the kubelet or of the node controller.
	status          corev1.ConditionStatus
	reason, message string
	// holdsPods says that pods which are deleted stay, as nobody ends them.
	holdsPods bool
}

var (
	// stopped is a kubelet told to shut down.
	stopped = silence{kubelet: "stopped", status: corev1.ConditionFalse, reason: "NodeShutdown", message: "node is shutting down"}
	// lost is one that is not heard of any more.
	lost = silence{kubelet: "lost", status: corev1.ConditionUnknown, reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.", holdsPods: true}
)

// silence makes the node and its pods not ready.
func (r *registrar) silence(ctx context.Context, i fakeaws.Instance, s silence) error {
	nodes := r.client.CoreV1().Nodes()
	_, err := nodes.Patch(ctx, i.PrivateDNS, types.MergePatchType, s.mark(), metav1.PatchOptions{})
	if err == nil {
		_, err = nodes.Patch(ctx, i.PrivateDNS, types.StrategicMergePatchType, s.notReady(), metav1.PatchOptions{}, "status")
	}
	if err != nil {
		return ignoreGone(err)
	}
	return r.silencePods(ctx, i.PrivateDNS, s)
}

// mark keeps kwok from speaking for the object.
func (s silence) mark() []byte {
	return fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, annotationKubelet, s.kubelet)
}

func (r *registrar) silencePods(ctx context.Context, node string, s silence) error {
	selector := fields.OneTermEqualSelector("spec.nodeName", node).String()
	pods, err := r.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return err
	}
	var failures []error
	for _, pod := range pods.Items {
		if s.holdsPods {
			_, err := r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, s.mark(), metav1.PatchOptions{})
			failures = append(failures, ignoreGone(err))
		}
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		_, err := r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType,
			s.podNotReady(), metav1.PatchOptions{}, "status")
		failures = append(failures, ignoreGone(err))
	}
	return errors.Join(failures...)
}

// remove deletes the Node, as the cloud controller does for a terminated instance.
func (r *registrar) remove(ctx context.Context, i fakeaws.Instance) error {
	return ignoreGone(r.client.CoreV1().Nodes().Delete(ctx, i.PrivateDNS, metav1.DeleteOptions{}))
}

// notReady is the change of status that makes a node not Ready.
func (s silence) notReady() []byte { return readyIs(s.status, s.reason, s.message) }

// podNotReady is the same for a pod, as the node controller says it.
func (s silence) podNotReady() []byte {
	return readyIs(corev1.ConditionFalse, s.reason, "the node of this pod: "+s.message)
}

func readyIs(status corev1.ConditionStatus, reason, why string) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	return fmt.Appendf(nil, `{"status":{"conditions":[{"type":"Ready","status":%q,"reason":%q,"message":%q,"lastTransitionTime":%q}]}}`, status, reason, why, now)
}

func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

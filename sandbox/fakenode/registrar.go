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

// retryEvery is the time between two attempts at what failed.
const retryEvery = time.Second

// registrar creates, changes and deletes the Node of every instance, as the
// instance's state requires. It looks at that state alone, never at earlier
// events, so each of its three steps can be repeated at any time.
type registrar struct {
	client kubernetes.Interface
	conf   Config
	log    *log.Logger
	failed map[string]fakeaws.Instance // by id: to be retried
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
			for _, i := range r.failed {
				r.settle(ctx, i)
			}
		}
	}
}

// settle does what the instance's state requires; what fails is retried later.
func (r *registrar) settle(ctx context.Context, i fakeaws.Instance) {
	delete(r.failed, i.ID)
	if err := r.apply(ctx, i); err != nil && ctx.Err() == nil {
		r.log.Error("could not update the node of an instance; retrying", "instance", i.ID, "state", i.State, "err", err)
		r.failed[i.ID] = i
	}
}

func (r *registrar) apply(ctx context.Context, i fakeaws.Instance) error {
	switch i.State {
	case fakeaws.StateRunning:
		if i.InWarmPool() {
			return nil // its user data starts no kubelet there, as kOps' and EKS's does
		}
		if err := r.join(ctx, i); err != nil || !i.Silent {
			return err
		}
		return r.silence(ctx, i, lost)
	case fakeaws.StateStopped:
		return r.silence(ctx, i, lost)
	case fakeaws.StatePending: // one that starts again registers anew
		return r.remove(ctx, i)
	case fakeaws.StateShuttingDown:
		return r.silence(ctx, i, stopped)
	case fakeaws.StateTerminated:
		return r.remove(ctx, i)
	}
	return nil // still booting
}

// join registers the Node, unless instances of its image, or with its user data, never join.
func (r *registrar) join(ctx context.Context, i fakeaws.Instance) error {
	image, known := r.conf.Cloud.Image(i.ImageID)
	node := r.conf.nodeOf(i, image)
	switch fateOf(i, image, known) {
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

// silence is a way in which a kubelet stops reporting.
type silence struct {
	kubelet string // the annotation's value
	// The node's condition, in the words of the kubelet or of the node controller.
	status          corev1.ConditionStatus
	reason, message string
	// keepsPods says that deleted pods stay, because no kubelet stops them.
	keepsPods bool
}

var (
	// stopped is a kubelet that was told to shut down.
	stopped = silence{kubelet: "stopped", status: corev1.ConditionFalse, reason: "NodeShutdown", message: "node is shutting down"}
	// lost is a kubelet that stopped without notice.
	lost = silence{kubelet: "lost", status: corev1.ConditionUnknown, reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.", keepsPods: true}
)

// silence makes the node and its pods not ready.
func (r *registrar) silence(ctx context.Context, i fakeaws.Instance, s silence) error {
	nodes := r.client.CoreV1().Nodes()
	_, err := nodes.Patch(ctx, i.PrivateDNS, types.MergePatchType, s.annotation(), metav1.PatchOptions{})
	if err == nil {
		_, err = nodes.Patch(ctx, i.PrivateDNS, types.StrategicMergePatchType, s.notReady(), metav1.PatchOptions{}, "status")
	}
	if err != nil {
		return ignoreGone(err)
	}
	return r.silencePods(ctx, i.PrivateDNS, s)
}

// annotation stops kwok from updating the object.
func (s silence) annotation() []byte {
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
		if s.keepsPods {
			_, err := r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, s.annotation(), metav1.PatchOptions{})
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

// podNotReady is the same for a pod, in the words of the node controller.
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

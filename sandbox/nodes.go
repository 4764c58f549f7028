package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// nodesReady returns when as many nodes are Ready as the sandbox starts with.
func (s *sandbox) nodesReady(ctx context.Context, conf *rest.Config, patience time.Duration) error {
	client, err := kubernetes.NewForConfig(conf)
	if err != nil {
		return err
	}
	ready := 0
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		ready = ReadyNodes(nodes.Items)
		return ready >= s.Nodes, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%d of %d nodes were Ready after %s; look into %s", ready, s.Nodes, patience, s.Dir.Log("fake-nodes"))
	}
	return err
}

// ReadyNodes counts the nodes whose condition Ready is true.
func ReadyNodes(nodes []corev1.Node) int {
	ready := 0
	for _, node := range nodes {
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	return ready
}

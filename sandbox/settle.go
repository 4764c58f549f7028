package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/sandbox/workload"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// settle waits for the nodes, applies the workload, whose pods then spread over
// all nodes, and waits for the pods.
func (s *sandbox) settle(ctx context.Context, client *rest.Config) error {
	patience := s.Boot + 2*time.Minute + time.Duration(s.nodes())*100*time.Millisecond
	if s.Nodes > 0 {
		s.Say("waiting for %d nodes", s.nodes())
		if err := s.nodesReady(ctx, client, patience); err != nil {
			return err
		}
	}
	if s.Workload == workload.None {
		return nil
	}
	s.Say("applying the workload %s", s.Workload)
	programs, err := workload.Apply(ctx, client, s.Workload)
	if err != nil {
		return err
	}
	if s.Nodes == 0 {
		s.Say("no nodes: pods stay pending until the group's desired size is raised")
		return nil
	}
	s.Say("waiting for the workload %s", s.Workload)
	return programs.Wait(ctx, patience+s.PodStart)
}

func (s *sandbox) serverVersion(client *rest.Config) (string, error) {
	clients, err := kubernetes.NewForConfig(client)
	if err != nil {
		return "", err
	}
	version, err := clients.Discovery().ServerVersion()
	if err != nil {
		return "", fmt.Errorf("ask the API server for its version: %w", err)
	}
	return version.GitVersion, nil
}

// nodesReady returns when as many nodes as the sandbox starts with are Ready and
// without taints.
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
		ready = ReadyNodes(slices.DeleteFunc(nodes.Items, func(node corev1.Node) bool { return len(node.Spec.Taints) > 0 }))
		return ready >= s.nodes(), nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%d of %d nodes were Ready after %s; the group's scaling activities (aws autoscaling describe-scaling-activities) and %s say why", ready, s.nodes(), patience, s.Dir.Log("fake-nodes"))
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

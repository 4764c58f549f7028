// Package fakenode plays the kubelets: every running instance of the cloud
// becomes a Node of the cluster, and the pods that are scheduled there start and
// stop.
//
// # Two halves
//
// The registrar (registrar.go) does what a kubelet and the cloud controller do
// with a Node: register it when the instance runs, stop reporting when the
// instance shuts down, delete the Node when the instance is terminated. fate.go
// decides, in one place, whether an instance joins at all.
//
// The rest of the kubelet is kwok, used as a library: it renews the Lease of each
// Node, turns the Node Ready and starts and stops pods, as the files in stages/
// describe. They replace kwok's own, whose nodes have as much capacity as a data
// centre and whose pods start and stop in no time.
//
// # What a pod can ask for
//
// Annotations on a pod change how long it takes to start and stop, see the
// Annotation constants. Stopping never takes longer than the pod's grace period.
// Pods with finalizers stop, but stay until somebody removes the finalizers.
//
// # What is missing
//
// No container runs, so there are no logs, no exec and no probes. Readiness
// gates are ignored. Pods of an instance that shuts down turn not ready at once,
// as when a kubelet is told to shut down. The cluster's own garbage collection
// removes them and their Node 40 to 75 s later.
package fakenode

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/log"
)

// Annotations on pods, each a number with a unit (ms, s, m or h).
const (
	// AnnotationStartsAfter is the time from being scheduled to being Ready.
	AnnotationStartsAfter = "sandbox.nodelift.dev/starts-after"
	// AnnotationStopsAfter is the time from the deletion until the pod is gone,
	// unless the grace period ends sooner.
	AnnotationStopsAfter = "sandbox.nodelift.dev/stops-after"
	// AnnotationRunsFor is the time after which the pod succeeds by itself.
	// Without it a pod runs until it is deleted.
	AnnotationRunsFor = "sandbox.nodelift.dev/runs-for"
)

// annotationKubelet stops kwok from updating a Node or a pod.
const annotationKubelet = "sandbox.nodelift.dev/kubelet"

// Cloud tells which instances there are and what they run.
type Cloud interface {
	// Watch reports every instance once, and again whenever it changes.
	Watch(ctx context.Context) <-chan fakeaws.Instance
	// Image returns the image of an instance by its id.
	Image(id string) (fakeaws.Image, bool)
}

// Config says how the fake nodes behave.
type Config struct {
	Client *rest.Config
	Cloud  Cloud
	Region string
	// EKSLabels adds the labels that EKS gives the nodes of its own groups.
	EKSLabels bool
	// PodStart and PodStop are how long pods without annotations take to start
	// and to stop.
	PodStart, PodStop time.Duration
	Log               io.Writer
}

// parallelism is how many pods or nodes kwok works on at a time.
const parallelism = 16

// podRange is the network of the pods; it does not overlap that of the instances.
const podRange = "100.64.0.0/16"

// leaseSeconds is the kubelet's default.
const leaseSeconds = 40

// Run plays the kubelets until ctx ends, and returns the error of ctx.
func Run(ctx context.Context, conf Config) error {
	logger := log.NewLogger(conf.Log, log.LevelWarn)
	client, err := kubernetes.NewForConfig(conf.Client)
	if err != nil {
		return fmt.Errorf("start the fake nodes: %w", err)
	}
	stages, err := loadStages(conf.PodStart, conf.PodStop)
	if err != nil {
		return fmt.Errorf("start the fake nodes: %w", err)
	}
	kubelet, err := controllers.NewController(controllers.Config{
		Clock:                     clock.RealClock{},
		TypedClient:               client,
		ManageAllNodes:            true,
		CIDR:                      podRange,
		LocalStages:               stages,
		PodPlayStageParallelism:   parallelism,
		NodePlayStageParallelism:  parallelism,
		NodeLeaseParallelism:      parallelism,
		PodsOnNodeSyncParallelism: parallelism,
		NodeLeaseDurationSeconds:  leaseSeconds,
		ID:                        "nodelift-sandbox",
	})
	if err != nil {
		return fmt.Errorf("start the fake nodes: %w", err)
	}
	if err := kubelet.Start(log.NewContext(ctx, logger)); err != nil {
		return fmt.Errorf("start the fake nodes: %w", err)
	}
	return newRegistrar(client, conf, logger).run(ctx)
}

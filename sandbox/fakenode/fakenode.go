// Package fakenode plays the machines: every running instance of the cloud
// becomes a Node of the cluster, and the pods that land there start and end.
//
// # Two halves
//
// The registrar (registrar.go) is boot and death of a machine. It reads the
// instances' states and does what a kubelet and the cloud controller do with a
// Node: register it when the machine runs, stop reporting when the machine shuts
// down, delete it when the machine is terminated. fate.go decides, in one
// place, whether a machine joins at all.
//
// The kubelet is kwok, used as a library: it keeps the Lease of each Node, turns
// the Node Ready and moves pods through their lives, as the files in stages/
// tell it. They are ours instead of kwok's own, whose machines are as large as a
// data centre and whose pods start and end in no time.
//
// # What a pod can ask for
//
// Annotations on a pod overrule how long things take, see the Annotation
// constants. An end never takes longer than the pod's grace period. Pods with
// finalizers end, but stay until somebody removes the finalizers.
//
// # What is not there
//
// No container runs, so there are no logs, no exec and no probes. Readiness
// gates are not waited for. Pods of a machine that shuts down turn not ready at
// once, as when a kubelet is told to shut down, and are removed with their Node
// by the cluster's own garbage collection, 40 to 75 s later.
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
	// AnnotationStopsAfter is the time from the deletion to the end, if the
	// grace period is not over sooner.
	AnnotationStopsAfter = "sandbox.nodelift.dev/stops-after"
	// AnnotationRunsFor is the time after which the pod completes by itself.
	// Without it a pod runs until it is deleted.
	AnnotationRunsFor = "sandbox.nodelift.dev/runs-for"
)

// annotationKubelet keeps kwok from speaking for a Node or a pod.
const annotationKubelet = "sandbox.nodelift.dev/kubelet"

// Cloud is what the machines are made of.
type Cloud interface {
	// Watch reports every instance, then each again whenever it changes.
	Watch(ctx context.Context) <-chan fakeaws.Instance
	// Image tells what an instance runs.
	Image(id string) (fakeaws.Image, bool)
}

// Config says how machines behave.
type Config struct {
	Client *rest.Config
	Cloud  Cloud
	Region string
	// EKSLabels adds the labels that EKS gives the nodes of its own groups.
	EKSLabels bool
	// PodStart and PodStop are the times that pods need unless annotated.
	PodStart, PodStop time.Duration
	Log               io.Writer
}

// parallelism is how many pods or nodes kwok works on at a time.
const parallelism = 16

// podRange is the network of the pods; it does not overlap the machines'.
const podRange = "100.64.0.0/16"

// leaseSeconds is the kubelet's default.
const leaseSeconds = 40

// Run plays the machines until ctx ends, whose error it returns.
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

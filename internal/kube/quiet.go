package kube

import (
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// Quiet silences what the Kubernetes libraries write to stderr by themselves, for the whole
// process. A command calls it first, because its stderr is for people, and it reports
// errors in its own words.
func Quiet() {
	klog.SetLogger(logr.Discard())
	log.SetLogger(logr.Discard())
}

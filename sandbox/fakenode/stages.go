package fakenode

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"time"

	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"
)

// stageFiles tell kwok how nodes and pods move from state to state. What is
// between [[ and ]] is filled in when the sandbox starts; {{ and }} are kwok's.
//
//go:embed stages/*.yaml
var stageFiles embed.FS

type stagesByKind = map[internalversion.StageResourceRef][]*internalversion.Stage

// loadStages reads the stages and fills in how long pods without annotations
// take to start and to stop.
func loadStages(podStart, podStop time.Duration) (stagesByKind, error) {
	names, err := fs.Glob(stageFiles, "stages/*.yaml")
	if err != nil {
		return nil, err
	}
	stages := stagesByKind{}
	for _, name := range names {
		stage, err := loadStage(name, podStart, podStop)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		kind := stage.Spec.ResourceRef
		stages[kind] = append(stages[kind], stage)
	}
	return stages, nil
}

func loadStage(name string, podStart, podStop time.Duration) (*internalversion.Stage, error) {
	text, err := template.New("").Delims("[[", "]]").ParseFS(stageFiles, name)
	if err != nil {
		return nil, err
	}
	var filled strings.Builder
	err = text.Templates()[0].Execute(&filled, map[string]any{
		"PodStart":    milliseconds(podStart),
		"PodStop":     milliseconds(podStop),
		"StartsAfter": AnnotationStartsAfter,
		"StopsAfter":  AnnotationStopsAfter,
		"RunsFor":     AnnotationRunsFor,
		"Kubelet":     annotationKubelet,
		// seconds turns a time such as 250ms, 1s, 5m or 1h into a number.
		"seconds": `capture("^(?<n>[0-9.]+)(?<unit>ms|s|m|h)$") | (.n | tonumber) * {ms: 0.001, s: 1, m: 60, h: 3600}[.unit]`,
	})
	if err != nil {
		return nil, err
	}
	var stage v1alpha1.Stage
	if err := yaml.UnmarshalStrict([]byte(filled.String()), &stage); err != nil {
		return nil, err
	}
	return internalversion.ConvertToInternalStage(&stage)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

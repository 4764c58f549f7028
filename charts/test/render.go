package charts

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// Namespace is where the chart has to be installed.
const Namespace = "nodelift-system"

// Image is the least that has to be set, for renderings that are looked at.
const Image = "registry.example.com/nodelift"

// Rendering is what helm install would send, and what it would tell.
type Rendering struct {
	Manifests string // YAML documents, file by file
	Notes     string
}

// Render renders the chart in a directory as helm template does for a namespace,
// without its definitions. What the schema or the chart refuses is an error.
func Render(dir, namespace string, values map[string]any) (Rendering, error) {
	return RenderIn(nil, dir, namespace, values)
}

// RenderIn is Render as helm install does it, which looks at the cluster.
func RenderIn(cluster engine.ClientProvider, dir, namespace string, values map[string]any) (Rendering, error) {
	chart, err := loader.LoadDir(dir)
	if err != nil {
		return Rendering{}, fmt.Errorf("load the chart %s: %w", dir, err)
	}
	release := common.ReleaseOptions{Name: "nodelift", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		return Rendering{}, err
	}
	render := func() (map[string]string, error) { return engine.Render(chart, all) }
	if cluster != nil {
		render = func() (map[string]string, error) { return engine.RenderWithClientProvider(chart, all, cluster) }
	}
	files, err := render()
	if err != nil {
		return Rendering{}, err
	}
	return gather(files), nil
}

// gather puts the rendered files one after the other, in the order of their names.
func gather(files map[string]string) Rendering {
	var r Rendering
	var manifests strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := strings.TrimSpace(files[name])
		switch {
		case path.Base(name) == "NOTES.txt":
			r.Notes = text + "\n"
		case text != "" && path.Ext(name) == ".yaml":
			fmt.Fprintf(&manifests, "---\n%s\n", strings.TrimPrefix(text, "---\n"))
		}
	}
	r.Manifests = manifests.String()
	return r
}

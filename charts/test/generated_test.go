package charts

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGenerated: the chart has the definitions and the rights of the product, and
// `nodelift install` the manifests of the chart.
func TestGenerated(t *testing.T) {
	files, err := Generated()
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := Manifests(chart())
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(files, manifests)
	if len(files) != 5 {
		t.Errorf("%d files are generated", len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is out of date: commit what 'make generate' writes (-want +got)\n%s", name, diff)
		}
	}
}

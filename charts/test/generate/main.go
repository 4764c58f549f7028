// Command generate writes what charts/test generates.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	charts "github.com/nodelift/nodelift/charts/test"
)

func main() {
	if err := generate(filepath.Join("..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate writes first what the chart needs, then what is rendered from it.
func generate(root string) error {
	files, err := charts.Generated()
	if err != nil {
		return err
	}
	if err := write(root, files); err != nil {
		return err
	}
	files, err = charts.Manifests(filepath.Join(root, "charts", "nodelift"))
	if err != nil {
		return err
	}
	return write(root, files)
}

func write(root string, files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

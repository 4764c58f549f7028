package e2e

import "testing"

// A group of another image family and architecture stays what it is: the target
// is looked up in its own family, in its own words.
func TestBottlerocket(t *testing.T) {
	w := newWorld(t, "--ami-family", "Bottlerocket", "--arch", "arm64")
	w.nodelift(upgrade()...).has(t, 0, "Successful after", "Bottlerocket", "1.62.0-7d1e94b2")
	w.nodesRun(3, "v1.37.")
	w.systems("arm64", "Bottlerocket OS 1.62.0 (aws-k8s-1.37)")
	w.isClean()
	t.Run("a release keeps the version of Kubernetes", func(t *testing.T) {
		w := w.with(t)
		w.nodelift(upgrade("--release-version", "1.61.1-08a7d3f4")...).has(t, 0, "Successful after")
		w.nodesRun(3, "v1.37.")
		w.systems("arm64", "Bottlerocket OS 1.61.1 (aws-k8s-1.37)")
		w.isClean()
	})
	t.Run("its user data are for no other family", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--ami-family", "AmazonLinux2023")...).has(t, 1, "are TOML settings of Bottlerocket, and image ami-",
			"never join; make a version of the template with user data for AmazonLinux2023")
	})
}

// systems checks what the nodes say that they run on.
func (w *world) systems(arch, image string) {
	w.t.Helper()
	for _, node := range w.nodes() {
		if info := node.Status.NodeInfo; info.Architecture != arch || info.OSImage != image {
			w.t.Errorf("node %s is %s on %s, want %s on %s", node.Name, info.OSImage, info.Architecture, image, arch)
		}
	}
}

package preflight

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/nodelift/nodelift/internal/text"
)

// accelerator warns if nodes lose the drivers of their GPUs or Neuron devices, as far as
// the names of the images say. A target that is a version or a release keeps the variant,
// and with it the drivers.
func accelerator(f Facts) []Finding {
	from, to := accelerators(cmp.Or(f.Present.Name, f.Present.Variant)), accelerators(f.Target.Image.Name)
	if len(f.outdated()) == 0 || f.Target.Image.ID == "" || from == "" || to == from || to != "" && from == "GPU" {
		return nil
	}
	has := "the name of the new image " + name(f.Target.Image) + " mentions none"
	if to != "" {
		has = fmt.Sprintf("the new image %s has drivers for %s", name(f.Target.Image), to)
	}
	return one(Finding{
		Rule: "AcceleratorLost",
		What: fmt.Sprintf("the nodes' image %s has drivers for %s, and %s", name(f.Present), from, has),
		Why: "a new node is usable only when it offers the same devices as the outdated nodes; without drivers the upgrade would wait for " +
			text.Duration(f.Policy.JoinTimeout) + " and fail",
		Next: "check that the new image has the drivers",
	})
}

// accelerators returns for which devices an image is made, by its name: NVIDIA, Neuron, or
// GPU if it may be either, as in Amazon Linux 2.
func accelerators(image string) string {
	switch strings.ToLower(regexp.MustCompile(`(?i)\b(nvidia|neuron|gpu)\b`).FindString(strings.ReplaceAll(image, "_", "-"))) {
	case "nvidia":
		return "NVIDIA"
	case "neuron":
		return "Neuron"
	case "gpu":
		return "GPU"
	}
	return ""
}

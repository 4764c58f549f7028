package preflight

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Aim completes a target and finds what is wrong with it before anything is looked up.
// Without a target it is the API server's own minor version. It refuses two targets, what
// is not a version, and a version that the API server cannot work with. Which Kubernetes is
// in a release only its image family knows.
func Aim(asked upgrade.Target, server string) (upgrade.Target, []Finding) {
	given := flags(asked)
	if len(given) > 1 {
		return asked, one(Finding{Rule: "TwoTargets", What: "an upgrade has only one target", Next: "give one of these flags", Things: given})
	}
	api, ok := parseServer(server)
	if !ok {
		return asked, one(Finding{
			Rule: "NotAVersion",
			What: fmt.Sprintf("the API server's version is %q", server),
			Why:  "it cannot be read as a Kubernetes version",
		})
	}
	if len(given) == 0 {
		return upgrade.Target{Version: api.String(), Family: asked.Family}, nil
	}
	if asked.Version == "" {
		return asked, nil
	}
	minor, ok := parseMinor(asked.Version)
	if !ok {
		return asked, one(Finding{
			Rule: "NotAVersion", What: fmt.Sprintf("%q is not a version", asked.Version), Next: "Kubernetes versions look like 1.37",
		})
	}
	return asked, skew(minor, "Kubernetes "+asked.Version, api)
}

func flags(t upgrade.Target) []string {
	var given []string
	for _, flag := range []struct{ name, value string }{
		{"--kubernetes-version", t.Version},
		{"--release-version", t.Release},
		{"--image-id", t.Image},
		{"--launch-template-version", t.TemplateVersion},
	} {
		if flag.value != "" {
			given = append(given, flag.name+" "+flag.value)
		}
	}
	return given
}

// skew refuses nodes that the API server cannot work with.
func skew(minor *version.Version, what string, api *version.Version) []Finding {
	switch {
	case minor.GreaterThan(api):
		return one(Finding{
			Rule: "NewerThanServer",
			What: fmt.Sprintf("%s is newer than the API server (%s)", what, api),
			Why:  "a kubelet may not be newer than its API server",
			Next: "upgrade the control plane first",
		})
	case minor.LessThan(api.SubtractMinor(maxSkew)):
		return one(Finding{
			Rule: "TooOld",
			What: fmt.Sprintf("%s is %d minors older than the API server (%s)", what, api.Minor()-minor.Minor(), api),
			Why:  fmt.Sprintf("a kubelet may be up to %d minors older", maxSkew),
			Next: "choose a newer version",
		})
	}
	return nil
}

// aim is Aim as a rule of the whole check.
func aim(f Facts) []Finding {
	_, found := Aim(f.Asked, f.Cluster.Version)
	return found
}

// image refuses a target that could not be resolved or that the nodes cannot run.
func image(f Facts) []Finding {
	if f.TargetErr != nil {
		return unresolved(f)
	}
	target := f.Target.Image
	if target.Arch != "" && f.Present.Arch != "" && target.Arch != f.Present.Arch {
		return one(Finding{
			Rule: "OtherArchitecture",
			What: fmt.Sprintf("image %s is for %s, but the nodes of group %s are %s", name(target), target.Arch, f.Group.Name, f.Present.Arch),
			Next: "choose an image for the nodes' architecture",
		})
	}
	minor, known := parseMinor(target.Version)
	api, ok := parseServer(f.Cluster.Version)
	if !known || !ok || f.Asked.Version != "" {
		return nil // nothing more to compare, or Aim has
	}
	return skew(minor, fmt.Sprintf("image %s with Kubernetes %s", name(target), minor), api)
}

func unresolved(f Facts) []Finding {
	found := Finding{Rule: "TargetUnusable", What: strings.TrimSuffix(f.TargetErr.Error(), ".")}
	if errors.Is(f.TargetErr, upgrade.ErrNotFound) {
		found.Rule, found.Next = "TargetNotFound", "check the target and the region"
	}
	return one(found)
}

// direction warns about a target that is older than the present image, and about one whose
// version is not known.
func direction(f Facts) []Finding {
	target := f.Target.Image
	if target.ID == "" {
		return nil
	}
	to, known := parseMinor(target.Version)
	if !known {
		return one(Finding{
			Rule: "VersionUnknown",
			What: fmt.Sprintf("the Kubernetes version of image %s is not known", name(target)),
			Why:  "it cannot be compared with the API server's version, " + f.Cluster.Version,
			Next: "make sure that its kubelet is not newer than the API server",
		})
	}
	if from, known := parseMinor(f.Present.Version); known && to.LessThan(from) {
		return one(Finding{
			Rule: "Downgrade",
			What: fmt.Sprintf("Kubernetes %s is older than %s, the version of the group's present image", to, from),
			Why:  "workloads may already rely on the newer kubelet",
		})
	}
	return nil
}

// name returns the id of an image and the name that people know it by.
func name(i upgrade.Image) string {
	return i.ID + cmp.Or(parenthesized(i.Name), parenthesized(i.Release))
}

func parenthesized(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

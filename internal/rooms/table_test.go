// Package rooms holds the rules about which package may import which, as the
// table in section 6 of docs/design.md states them. Its test reads the import
// lines of the whole module and names every one that breaks a rule.
package rooms

import (
	"slices"
	"strings"
)

// Module is the path of the product's module.
const Module = "github.com/nodelift/nodelift"

// Kinds of packages that are not ours.
const (
	kubernetes   = "Kubernetes"
	apimachinery = "apimachinery"
	awsSDK       = "the AWS SDK"
)

// Room is a package (with all below it) and what it may import beside the
// standard library.
type Room struct {
	Path string // below the module
	// Ours are rooms of ours that it may import.
	Ours []string
	// Theirs are prefixes of import paths of others that it may import.
	Theirs []string
}

// Rooms returns the table.
func Rooms() []Room {
	kube := prefixes(kubernetes)
	return []Room{
		{Path: "cmd/nodelift", Ours: []string{"internal/cli"}},
		{Path: "api/v1alpha1", Theirs: prefixes(apimachinery)},
		{Path: "internal/upgrade"},
		{Path: "internal/text"},
		{Path: "internal/engine/fleet", Ours: []string{"internal/upgrade", "internal/text"}},
		{Path: "internal/engine/drain", Ours: []string{"internal/upgrade", "internal/text"}},
		{Path: "internal/engine/plan", Ours: []string{"internal/upgrade"}},
		{Path: "internal/engine/debts", Ours: []string{"internal/upgrade", "internal/text", "internal/engine/fleet", "internal/engine/plan"}},
		{Path: "internal/engine", Ours: []string{"internal/upgrade", "internal/text"}},
		{Path: "internal/kube", Ours: []string{"internal/upgrade", "internal/text", "api/v1alpha1"}, Theirs: kube},
		{Path: "internal/aws", Ours: []string{"internal/upgrade", "internal/text"}, Theirs: prefixes(awsSDK)},
		{Path: "internal/preflight", Ours: []string{"internal/upgrade", "internal/text"}, Theirs: append(kube, "github.com/BurntSushi/toml")},
		{Path: "internal/simulation", Ours: []string{"internal/upgrade", "internal/text", "internal/engine"}},
		{Path: "internal/controller", Ours: []string{"internal/upgrade", "internal/text", "internal/engine", "api/v1alpha1"}, Theirs: kube},
		{Path: "internal/install", Theirs: kube},
		{Path: "internal/view", Ours: []string{"api/v1alpha1", "internal/text"}, Theirs: prefixes(apimachinery)},
		{Path: "internal/cli/exit", Ours: []string{"internal/text"}},
		{Path: "internal/cli/terminal", Ours: []string{"internal/cli/exit"}, Theirs: []string{"golang.org/x/term"}},
		{
			Path:   "internal/cli/show",
			Ours:   []string{"internal/cli/terminal", "api/v1alpha1", "internal/upgrade", "internal/text", "internal/kube", "internal/preflight", "internal/view"},
			Theirs: kube,
		},
		{Path: "internal/cli/connect", Ours: []string{"internal/cli/terminal", "internal/cli/exit", "api/v1alpha1", "internal/upgrade", "internal/kube", "internal/aws"}, Theirs: kube},
		{
			Path:   "internal/cli/find",
			Ours:   []string{"internal/cli/connect", "api/v1alpha1", "internal/upgrade", "internal/preflight"},
			Theirs: kube,
		},
		{
			Path:   "internal/cli/check",
			Ours:   []string{"internal/cli/find", "internal/cli/connect", "api/v1alpha1", "internal/upgrade", "internal/kube", "internal/aws", "internal/preflight"},
			Theirs: kube,
		},
		{
			Path: "internal/cli/carry",
			Ours: []string{
				"internal/cli/check", "internal/cli/find", "internal/cli/connect", "internal/cli/show", "internal/cli/terminal", "internal/cli/exit",
				"api/v1alpha1", "internal/upgrade", "internal/text", "internal/kube", "internal/aws", "internal/controller", "internal/view",
			},
			Theirs: kube,
		},
		{
			Path: "internal/cli/run",
			Ours: []string{
				"internal/cli/carry", "internal/cli/check", "internal/cli/find", "internal/cli/connect", "internal/cli/show", "internal/cli/terminal", "internal/cli/exit",
				"api/v1alpha1", "internal/upgrade", "internal/text", "internal/kube", "internal/aws", "internal/preflight", "internal/view",
			},
			Theirs: kube,
		},
		{
			Path: "internal/cli",
			Ours: []string{
				"api/v1alpha1", "internal/upgrade", "internal/text", "internal/kube", "internal/aws",
				"internal/controller", "internal/view", "internal/install",
			},
			Theirs: append(kube, "github.com/spf13/"),
		},
		{Path: "internal/golden", Theirs: []string{"github.com/google/go-cmp/"}},
		{Path: "internal/fakeaws"},
		{Path: "internal/fakekube", Theirs: append(kube, "github.com/evanphx/json-patch/")},
		{
			Path: "internal/ring",
			Ours: []string{
				"internal/cli/carry", "internal/cli/connect", "internal/cli/find", "internal/cli/show", "internal/cli/terminal",
				"api/v1alpha1", "internal/upgrade", "internal/kube", "internal/aws", "internal/controller", "internal/fakeaws", "internal/fakekube",
			},
			Theirs: kube,
		},
		{Path: "internal/sandboxtest", Theirs: append(kube, prefixes(awsSDK)...)},
		{Path: "internal/e2e"},
		{Path: "internal/rooms"},
		// It renders the chart, which the product's own rules and definitions are a part of.
		{Path: "charts/test", Ours: []string{"internal/kube", "internal/preflight", "internal/golden"}, Theirs: anything()},
		// The sandbox does not know the product, so that it cannot be bent to fit it.
		{Path: "sandbox", Ours: []string{"internal/fakeaws"}, Theirs: anything()},
	}
}

// prefixes are the import paths of a kind of package that is not ours.
func prefixes(kind string) []string {
	switch kind {
	case kubernetes:
		return []string{"k8s.io/", "sigs.k8s.io/", "github.com/go-logr/"}
	case apimachinery:
		return []string{"k8s.io/apimachinery/", "k8s.io/api/", "sigs.k8s.io/controller-runtime/pkg/scheme"}
	case awsSDK:
		return []string{"github.com/aws/"}
	}
	return nil
}

// anything lets a room import whatever is not ours.
func anything() []string { return []string{""} }

// May reports whether the room may import a package.
func (r Room) May(path string) bool {
	if isStandard(path) || within(path, Module+"/"+r.Path) {
		return true
	}
	for _, ours := range r.Ours {
		if within(path, Module+"/"+ours) {
			return true
		}
	}
	if within(path, Module) {
		return false
	}
	return slices.ContainsFunc(r.Theirs, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// Of returns the room that a package is in.
func Of(rooms []Room, path string) (Room, bool) {
	for _, r := range rooms {
		if within(path, Module+"/"+r.Path) {
			return r, true
		}
	}
	return Room{}, false
}

// isStandard: no package of the standard library has a dot in its first element.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// within reports whether a path is a package or below it.
func within(path, pkg string) bool {
	return path == pkg || strings.HasPrefix(path, pkg+"/")
}

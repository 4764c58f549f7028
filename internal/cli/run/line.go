package run

import (
	"maps"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Flags that name a target. One of them may be given.
const (
	FlagVersion  = "kubernetes-version"
	FlagRelease  = "release-version"
	FlagImage    = "image-id"
	FlagTemplate = "launch-template-version"
)

// FlagFamily may be given with any of them but the last.
const FlagFamily = "ami-family"

// CommandLine is the command that continues an update, or the updates of several groups:
// the flags that were given, with the target that was resolved.
func (r *Request) CommandLine(target upgrade.Target) string {
	words := []string{"nodelift", "upgrade", "nodegroups", "--cluster", terminal.Quote(r.Cluster)}
	given := maps.Clone(r.Given)
	leaveOut := []string{"cluster", "name", "timeout", "dry-run", FlagVersion, FlagRelease, FlagImage, FlagTemplate, FlagFamily}
	if !r.Choice.Several {
		words = []string{"nodelift", "upgrade", "nodegroup", "--cluster", terminal.Quote(r.Cluster), "--name", terminal.Quote(r.Choice.Name)}
		leaveOut = append(leaveOut, "all", "selector", "parallel-groups", "keep-going")
	}
	if r.Sizes != nil {
		words[1] = "scale"
	}
	for _, name := range leaveOut {
		delete(given, name)
	}
	if name, value := targetFlag(target); name != "" {
		given[name] = value
	}
	if target.Family != "" {
		given[FlagFamily] = target.Family
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		words = append(words, typed(name, given[name])...)
	}
	return strings.Join(words, " ")
}

// ForOne is the same request for one of the groups. A request for one group keeps the
// name that the person gave.
func (r *Request) ForOne(group string) *Request {
	if !r.Choice.Several {
		return r
	}
	one := *r
	one.Choice = Choice{Name: group}
	return &one
}

// typed is a flag as people type it.
func typed(name, value string) []string {
	switch value {
	case "true":
		return []string{"--" + name}
	case "false":
		return []string{"--" + name + "=false"}
	}
	return []string{"--" + name, terminal.Quote(value)}
}

// targetFlag is the flag that names a target, for a line that people can type.
func targetFlag(t upgrade.Target) (name, value string) {
	switch {
	case t.Version != "":
		return FlagVersion, t.Version
	case t.Release != "":
		return FlagRelease, t.Release
	case t.Image != "":
		return FlagImage, t.Image
	case t.TemplateVersion != "":
		return FlagTemplate, t.TemplateVersion
	}
	return "", ""
}

// targetWords is a target as flags.
func targetWords(t upgrade.Target) string {
	name, value := targetFlag(t)
	words := "--" + name + " " + value
	if t.Family != "" {
		words += " --" + FlagFamily + " " + t.Family
	}
	return words
}

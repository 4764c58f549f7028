package run

import (
	"maps"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// The flags of which one may be given.
const (
	FlagVersion  = "kubernetes-version"
	FlagRelease  = "release-version"
	FlagImage    = "image-id"
	FlagTemplate = "launch-template-version"
)

// FlagFamily goes with any of them but the last.
const FlagFamily = "ami-family"

// CommandLine is the command that continues an update, or those of several groups: the flags
// that were given, with the target that was resolved.
func (o *Request) CommandLine(target upgrade.Target) string {
	words := []string{"nodelift", "upgrade", "nodegroups", "--cluster", terminal.Quote(o.Cluster)}
	given := maps.Clone(o.Given)
	leaveOut := []string{"cluster", "name", "timeout", "dry-run", FlagVersion, FlagRelease, FlagImage, FlagTemplate, FlagFamily}
	if !o.Choice.Several {
		words = []string{"nodelift", "upgrade", "nodegroup", "--cluster", terminal.Quote(o.Cluster), "--name", terminal.Quote(o.Choice.Name)}
		leaveOut = append(leaveOut, "all", "selector", "parallel-groups", "keep-going")
	}
	if o.Sizes != nil {
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

// ForOne is the same for one group, by the name that people gave it if they did.
func (o *Request) ForOne(group string) *Request {
	if !o.Choice.Several {
		return o
	}
	one := *o
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

func targetWords(t upgrade.Target) string {
	name, value := targetFlag(t)
	words := "--" + name + " " + value
	if t.Family != "" {
		words += " --" + FlagFamily + " " + t.Family
	}
	return words
}

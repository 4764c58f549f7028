package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// again is the command that continues an update, or those of several groups: the flags
// that were given, with the target that was resolved.
func (o *upgradeOptions) again(target upgrade.Target) string {
	words := []string{"nodelift", "upgrade", "nodegroups", "--cluster", quote(o.cluster)}
	given := maps.Clone(o.given)
	leaveOut := []string{"cluster", "name", "timeout", "dry-run", flagVersion, flagRelease, flagImage, flagTemplate, flagFamily}
	if !o.choice.several {
		words = []string{"nodelift", "upgrade", "nodegroup", "--cluster", quote(o.cluster), "--name", quote(o.choice.name)}
		leaveOut = append(leaveOut, "all", "selector", "parallel-groups", "keep-going")
	}
	if o.sizes != nil {
		words[1] = "scale"
	}
	for _, name := range leaveOut {
		delete(given, name)
	}
	if name, value := targetFlag(target); name != "" {
		given[name] = value
	}
	if target.Family != "" {
		given[flagFamily] = target.Family
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		words = append(words, typed(name, given[name])...)
	}
	return strings.Join(words, " ")
}

// forOne is the same for one group, by the name that people gave it if they did.
func (o *upgradeOptions) forOne(group string) *upgradeOptions {
	if !o.choice.several {
		return o
	}
	one := *o
	one.choice = choice{name: group}
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
	return []string{"--" + name, quote(value)}
}

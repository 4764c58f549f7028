package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// again is the line that goes on with an update: what was given, with the
// target that it has come to. Nobody has to agree a second time.
func (o *upgradeOptions) again(target upgrade.Target) string {
	words := []string{"nodelift", "upgrade", "nodegroup", "--cluster", quote(o.cluster), "--name", quote(o.name)}
	given := maps.Clone(o.given)
	for _, name := range []string{
		"cluster", "name", "timeout", "dry-run", flagVersion, flagRelease, flagImage, flagTemplate, flagFamily,
	} {
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

package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/run"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// addTargetFlags adds the flags that say what the nodes are to become.
func addTargetFlags(flags *pflag.FlagSet, target *upgrade.Target) {
	flags.Var(checked[string]{&target.Version, "version", parseMinor, func(v string) string { return v }},
		run.FlagVersion, "Kubernetes version, like 1.37 (without a target: the API server's)")
	flags.Var(wordFlag(&target.Release, "release", regexp.MustCompile(`^v?[0-9][0-9A-Za-z.+-]*$`),
		"give a release version of the image family, like 1.37.1-20260915"),
		run.FlagRelease, "release version of the image in its family's form, like 1.37.1-20260915")
	flags.Var(wordFlag(&target.Image, "ami", regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`),
		"give the id of a machine image, like ami-0123456789abcdef0"),
		run.FlagImage, "machine image, like ami-0123456789abcdef0")
	flags.Var(wordFlag(&target.TemplateVersion, "number", regexp.MustCompile(`^([1-9][0-9]{0,17}|\$Latest|\$Default)$`),
		"give a version number of the group's launch template, $Latest or $Default"),
		run.FlagTemplate, "version of the group's own launch template")
	flags.Var(checked[string]{&target.Family, "family", parseFamily, func(name string) string { return name }},
		run.FlagFamily, "image family to move to, like AmazonLinux2023 (without it: the one of the present image)")
}

func parseFamily(name string) (string, error) {
	if !aws.IsFamily(name) {
		return "", fmt.Errorf("give one of the image families %s, or a later release of Ubuntu or Windows in the same form",
			strings.Join(aws.Families(), ", "))
	}
	return name, nil
}

// parseMinor reads a minor version of Kubernetes as eksctl takes it: 1.37.
func parseMinor(text string) (string, error) {
	minor := strings.TrimPrefix(text, "v")
	if regexp.MustCompile(`^1\.[1-9][0-9]?$`).MatchString(minor) {
		return minor, nil
	}
	if regexp.MustCompile(`^1\.[0-9]+\.`).MatchString(minor) {
		return "", errors.New("give the minor version, like 1.37; a patch is chosen with --release-version")
	}
	return "", errors.New("give a minor version of Kubernetes, like 1.37")
}

// onlyOneTarget refuses two targets.
func onlyOneTarget(flags *pflag.FlagSet) error {
	var given []string
	for _, name := range []string{run.FlagVersion, run.FlagRelease, run.FlagImage, run.FlagTemplate} {
		if flags.Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return exit.Usagef("%s name more than one target: give one of them", strings.Join(given, " and "))
	}
	if flags.Changed(run.FlagTemplate) && flags.Changed(run.FlagFamily) {
		return exit.Usagef("--%s says nothing about a version of the launch template, which names its own image: leave it out", run.FlagFamily)
	}
	return nil
}

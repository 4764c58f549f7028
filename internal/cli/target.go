package cli

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// The flags of which one may be given.
const (
	flagVersion  = "kubernetes-version"
	flagRelease  = "release-version"
	flagImage    = "image-id"
	flagTemplate = "launch-template-version"
)

// flagFamily goes with any of them but the last.
const flagFamily = "ami-family"

// addTargetFlags adds the flags that say what the nodes are to become.
func addTargetFlags(flags *pflag.FlagSet, target *upgrade.Target) {
	flags.Var(checked[string]{&target.Version, "version", parseMinor, func(v string) string { return v }},
		flagVersion, "Kubernetes version, like 1.37 (without a target: the API server's)")
	flags.Var(wordFlag(&target.Release, "release", regexp.MustCompile(`^v?[0-9][0-9A-Za-z.+-]*$`),
		"give a release version of the image family, like 1.37.1-20260915"),
		flagRelease, "release version of the image in its family's form, like 1.37.1-20260915")
	flags.Var(wordFlag(&target.Image, "ami", regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`),
		"give the id of a machine image, like ami-0123456789abcdef0"),
		flagImage, "machine image, like ami-0123456789abcdef0")
	flags.Var(wordFlag(&target.TemplateVersion, "number", regexp.MustCompile(`^([1-9][0-9]{0,17}|\$Latest|\$Default)$`),
		"give a version number of the group's launch template, $Latest or $Default"),
		flagTemplate, "version of the group's own launch template")
	flags.Var(wordFlag(&target.Family, "family", regexp.MustCompile("^("+strings.Join(aws.Families(), "|")+")$"),
		"give one of the image families "+strings.Join(aws.Families(), ", ")),
		flagFamily, "image family to move to, like AmazonLinux2023 (without it: the one of the present image)")
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
	for _, name := range []string{flagVersion, flagRelease, flagImage, flagTemplate} {
		if flags.Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return usagef("%s name more than one target: give one of them", strings.Join(given, " and "))
	}
	if flags.Changed(flagTemplate) && flags.Changed(flagFamily) {
		return usagef("--%s says nothing about a version of the launch template, which names its own image: leave it out", flagFamily)
	}
	return nil
}

// targetFlag is the flag that names a target, for a line that people can type.
func targetFlag(t upgrade.Target) (name, value string) {
	switch {
	case t.Version != "":
		return flagVersion, t.Version
	case t.Release != "":
		return flagRelease, t.Release
	case t.Image != "":
		return flagImage, t.Image
	case t.TemplateVersion != "":
		return flagTemplate, t.TemplateVersion
	}
	return "", ""
}

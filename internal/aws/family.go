package aws

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Families returns the names of the image families whose images can be found by version or
// release, in eksctl's words.
func Families() []string {
	var names []string
	for _, f := range families() {
		names = append(names, f.name)
	}
	for _, s := range everySeries() {
		names = append(names, s.known...)
	}
	return names
}

// IsFamily reports whether a family's images can be found. The families of Ubuntu and Windows are more
// than those that [Families] names: new ones come with each release.
func IsFamily(name string) bool {
	_, known := familyNamed(name)
	return known
}

func familyNamed(name string) (family, bool) {
	for _, f := range families() {
		if f.name == name {
			return f, true
		}
	}
	for _, s := range everySeries() {
		if f, ok := s.read(s.name, name); ok {
			return f, true
		}
	}
	return family{}, false
}

// build is one published image, as its name says: which edition of which family, for which
// Kubernetes. Without a number it is the newest.
type build struct {
	family
	edition
	minor  string
	number string
}

// buildNamed parses the name of an image.
func buildNamed(image string) (build, bool) {
	candidates := families()
	for _, s := range everySeries() {
		if f, ok := s.read(s.image, image); ok {
			candidates = append(candidates, f)
		}
	}
	for _, f := range candidates {
		for _, e := range f.editions {
			if found := f.read(e.image, image); found != nil {
				if e.hasVariants() {
					e.variant = cmp.Or(strings.TrimPrefix(found["variant"], "-"), standard)
				}
				return build{f, e, found["minor"], found["build"]}, true
			}
		}
	}
	return build{}, false
}

// read parses a text that was made from a template, and returns nil if it was not.
func (f family) read(template, text string) map[string]string {
	pattern := strings.NewReplacer(
		`\{any\}`, `[a-z0-9-]*`, `\{variant\}`, `(?P<variant>[a-z0-9-]+)`, `\{-variant\}`, `(?P<variant>(?:-[a-z0-9]+)*)`,
		`\{minor\}`, `(?P<minor>[0-9]+\.[0-9]+)`, `\{patch\}`, `(?P<patch>[0-9]+\.[0-9]+\.[0-9]+)`, `\{build\}`, `(?P<build>`+f.build+`)`,
	).Replace(regexp.QuoteMeta(template))
	form := regexp.MustCompile("^" + pattern + "$")
	parts := form.FindStringSubmatch(text)
	if parts == nil {
		return nil
	}
	found := map[string]string{}
	for i, name := range form.SubexpNames() {
		found[name] = parts[i]
	}
	return found
}

// fill makes a text from a template. Where nobody but the publisher knows a part, it has the star of
// EC2's filters.
func (b build) fill(template, patch string) string {
	return strings.NewReplacer("{minor}", b.minor, "{build}", b.number, "{patch}", patch, "{any}", "*",
		"{variant}", b.variant, "{-variant}", strings.TrimSuffix("-"+b.variant, "-"+standard)).Replace(template)
}

// imageFrom describes an image. Family, version and release are read from the
// name that one of the publishers gave it, and the patch of Kubernetes from the
// description, where the release version has one:
//
//	amazon-eks-node-al2023-x86_64-standard-1.37-v20260915
//	EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.37.1, containerd: 2.1.*)
func imageFrom(raw types.Image, publishers []string) upgrade.Image {
	image := upgrade.Image{ID: sdk.ToString(raw.ImageId), Name: sdk.ToString(raw.Name), Arch: string(raw.Architecture)}
	b, known := buildNamed(image.Name)
	if !known || !publishedBy(publishers, raw) {
		return image
	}
	image.Family, image.Version = b.family.name, b.minor
	if b.variant != standard {
		image.Variant = b.variant
	}
	patch := regexp.MustCompile(`k8s: ([0-9]+\.[0-9]+\.[0-9]+)`).FindStringSubmatch(sdk.ToString(raw.Description))
	switch {
	case !strings.Contains(b.release, "{patch}"):
		image.Release = b.fill(b.release, "")
	case patch != nil && strings.HasPrefix(patch[1], b.minor+"."):
		image.Release = b.fill(b.release, patch[1])
	}
	return image
}

func publishedBy(publishers []string, raw types.Image) bool {
	return slices.Contains(publishers, sdk.ToString(raw.ImageOwnerAlias)) || slices.Contains(publishers, sdk.ToString(raw.OwnerId))
}

// buildFor returns the build for a target: of the family that is asked for, otherwise the
// present one, and of the present architecture and variant. Variants of a family are
// separate images: a node with a GPU must not get a standard image.
func buildFor(target upgrade.Target, present upgrade.Image) (build, error) {
	f, err := familyFor(target, present)
	if err != nil {
		return build{}, err
	}
	e, err := f.editionFor(present)
	if err != nil {
		return build{}, err
	}
	b := build{family: f, edition: e, minor: target.Version}
	if target.Release != "" {
		if b.minor, b.number, err = f.splitRelease(target.Release, present); err != nil {
			return build{}, err
		}
	}
	if b.minor == "" {
		return build{}, errors.New("the target names no version, no release and no image")
	}
	return b, f.reaches(b.minor)
}

func familyFor(target upgrade.Target, present upgrade.Image) (family, error) {
	if f, known := familyNamed(cmp.Or(target.Family, present.Family)); known {
		return f, nil
	}
	known := strings.Join(Families(), ", ")
	switch {
	case target.Family != "":
		return family{}, fmt.Errorf("image family %q is not known; known are %s", target.Family, known)
	case present.Name == "":
		return family{}, fmt.Errorf("image %s of the nodes does not exist any more, or is private, and the nodes do not tell its family for certain; "+
			"name the family with --ami-family (%s), or the new image with --image-id", present.ID, known)
	}
	return family{}, fmt.Errorf("image %s of the nodes (%q) belongs to no known image family; name the new image with --image-id, "+
		"or its family with --ami-family (%s)", present.ID, present.Name, known)
}

// editionFor returns the edition with the architecture and variant of the present image.
// The variant of an image that somebody built is not known.
func (f family) editionFor(present upgrade.Image) (edition, error) {
	if present.Arch == "" {
		return edition{}, fmt.Errorf("image %s of the nodes does not exist any more, or is private, and no instance runs it that tells its "+
			"architecture; name the new image with --image-id", present.ID)
	}
	variant := cmp.Or(present.Variant, standard)
	var offered []string
	for _, e := range f.editions {
		// A family may have more variants by now than are listed here, and the nodes have one of them.
		if e.arch == present.Arch && (e.variant == variant || e.hasVariants() && present.Family == f.name) {
			e.variant = variant
			return e, nil
		}
		offered = append(offered, e.variant+" for "+e.arch)
	}
	return edition{}, fmt.Errorf("family %s has no variant %s for %s, which is what the nodes' image %s is (it has %s); "+
		"name the new image with --image-id", f.name, variant, present.Arch, cmp.Or(present.Name, present.ID), strings.Join(offered, ", "))
}

// splitRelease parses a release version. If it does not say which Kubernetes is in it, the
// nodes keep that of the present image.
func (f family) splitRelease(release string, present upgrade.Image) (minor, number string, err error) {
	parts := f.read(f.release, release)
	if parts == nil {
		return "", "", fmt.Errorf("%q is not a release version of %s; they look like %s", release, f.name, f.like)
	}
	minor = cmp.Or(parts["minor"], present.Version)
	if patch := parts["patch"]; patch != "" {
		minor = patch[:strings.LastIndexByte(patch, '.')]
	}
	if minor == "" {
		return "", "", fmt.Errorf("release %s of %s does not say which Kubernetes is in it, nor does the nodes' image %s (%q); "+
			"name the new image with --image-id", release, f.name, present.ID, present.Name)
	}
	return minor, parts["build"], nil
}

// reaches refuses a Kubernetes minor for which the family has no images any more.
func (f family) reaches(minor string) error {
	_, text, _ := strings.Cut(minor, ".")
	if number, err := strconv.Atoi(text); err != nil || f.last == 0 || number <= f.last {
		return nil
	}
	return fmt.Errorf("%s ends with Kubernetes 1.%d, so there is no image of it for %s; create a version of the group's launch template "+
		"with an image and user data for %s and name it with --launch-template-version", f.name, f.last, minor, f.instead)
}

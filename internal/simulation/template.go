package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// template is the launch template, and how the group refers to it.
type template struct {
	ref            upgrade.TemplateRef
	versions       []upgrade.TemplateVersion // version n is at n-1
	defaultVersion int64                     // what $Default stands for
	tokens         map[string]upgrade.TemplateVersion
	usedImages     []string  // of all versions that the group was switched to
	named          string    // the image that the parameter names
	newestMadeAt   time.Time // the newest version
}

func newTemplate(config Config) template {
	const id, name = "lt-0123456789abcdef0", "nodes"
	first := upgrade.TemplateVersion{ID: id, Name: name, Number: 1}
	if len(config.Images) > 0 {
		first.Image = config.Images[0].ID
	}
	named := first.Image
	if config.Parameter {
		first.Image, first.Parameter = "", parameter
	}
	return template{
		named:    named,
		ref:      upgrade.TemplateRef{ID: id, Name: name, Version: cmp.Or(config.Follows, "1")},
		versions: []upgrade.TemplateVersion{first}, defaultVersion: 1,
		tokens: map[string]upgrade.TemplateVersion{},
	}
}

// current returns the version that the next instance is launched from.
func (t *template) current() upgrade.TemplateVersion {
	version, err := t.resolve(t.ref)
	if err != nil {
		panic(err) // cannot happen: Use refuses a version that does not exist
	}
	return version
}

func (t *template) resolve(ref upgrade.TemplateRef) (upgrade.TemplateVersion, error) {
	number := t.defaultVersion
	switch ref.Version {
	case "$Default":
	case "$Latest":
		number = int64(len(t.versions))
	default:
		n, err := strconv.ParseInt(ref.Version, 10, 64)
		if err != nil {
			return upgrade.TemplateVersion{}, fmt.Errorf("launch template version %q: %w", ref.Version, err)
		}
		number = n
	}
	if ref.ID != t.ref.ID || number < 1 || number > int64(len(t.versions)) {
		err := fmt.Errorf("launch template %s version %s: %w", ref.ID, ref.Version, upgrade.ErrNotFound)
		return upgrade.TemplateVersion{}, err
	}
	version := t.versions[number-1]
	if version.Parameter != "" {
		version.Image = t.named
	}
	return version, nil
}

// parameter is what stands in a template version that takes its image from the parameter.
const parameter = "resolve:ssm:/golden/image"

// create creates a version, or returns the one that the same token created before.
func (t *template) create(from upgrade.TemplateVersion, image, token string) (upgrade.TemplateVersion, error) {
	if made, ok := t.tokens[token]; ok {
		if cmp.Or(made.Parameter, made.Image) != image {
			return upgrade.TemplateVersion{}, fmt.Errorf("client token %q was used for image %s", token, made.Image)
		}
		return made, nil
	}
	if from.ID != t.ref.ID {
		return upgrade.TemplateVersion{}, fmt.Errorf("launch template %s: %w", from.ID, upgrade.ErrNotFound)
	}
	made := upgrade.TemplateVersion{ID: t.ref.ID, Name: t.ref.Name, Number: int64(len(t.versions)) + 1, Image: image}
	if image == parameter {
		made.Image, made.Parameter = "", parameter
	}
	t.versions = append(t.versions, made)
	t.tokens[token] = made
	return made, nil
}

// SwitchedTo reports whether the engine has ever switched the group to a template
// version with an image.
func (w *World) SwitchedTo(image string) bool {
	return slices.Contains(w.cloud.template.usedImages, image)
}

// templates is what an engine sees of launch templates.
type templates struct{ w *World }

func (t templates) Resolve(ctx context.Context, ref upgrade.TemplateRef) (upgrade.TemplateVersion, error) {
	return read(ctx, t.w, "Templates.Resolve", func() (upgrade.TemplateVersion, error) {
		template := t.w.cloud.template
		if t.w.calls.stale && t.w.now.Sub(template.newestMadeAt) < maxStaleness {
			template.versions = template.versions[:len(template.versions)-1]
		}
		return template.resolve(ref)
	})
}

func (t templates) CreateVersion(ctx context.Context, from upgrade.TemplateVersion, image, token string) (upgrade.TemplateVersion, error) {
	return callWithAnswer(ctx, t.w, "Templates.CreateVersion", func() (upgrade.TemplateVersion, error) {
		before := len(t.w.cloud.template.versions)
		made, err := t.w.cloud.template.create(from, image, token)
		if len(t.w.cloud.template.versions) > before {
			t.w.cloud.template.newestMadeAt = t.w.now
			t.w.observer.versionCreated(made)
		}
		return made, err
	})
}

func (t templates) Use(ctx context.Context, group string, ref upgrade.TemplateRef) error {
	return t.w.call(ctx, "Templates.Use", func() error {
		if err := t.w.cloud.checkName(group); err != nil {
			return err
		}
		version, err := t.w.cloud.template.resolve(ref)
		switch {
		case err != nil:
			return err
		case t.w.image(version.Image).Gone:
			return fmt.Errorf("use template version %s: image %s does not exist: %w", ref.Version, version.Image, upgrade.ErrRefused)
		}
		t.w.process.seen = nil
		t.w.cloud.keepPrevious()
		t.w.cloud.template.ref = ref
		t.w.cloud.template.usedImages = append(t.w.cloud.template.usedImages, version.Image)
		return nil
	})
}

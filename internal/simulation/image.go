package simulation

import (
	"cmp"
	"context"
	"fmt"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// images is what an engine sees of machine images.
type images struct{ w *World }

func (i images) Resolve(ctx context.Context, target upgrade.Target, present upgrade.Image) (upgrade.Image, error) {
	return read(ctx, i.w, "Images.Resolve", func() (upgrade.Image, error) { return i.w.targetImage(target, present) })
}

func (i images) Image(ctx context.Context, id string) (upgrade.Image, error) {
	return read(ctx, i.w, "Images.Image", func() (upgrade.Image, error) {
		image := i.w.image(id)
		if image.ID == "" || image.Gone {
			return upgrade.Image{}, fmt.Errorf("image %s: %w", id, upgrade.ErrNotFound)
		}
		return image.Image, nil
	})
}

// ByNodes tells all but the name and the release.
func (i images) ByNodes(id string, _ []upgrade.Instance, _ []upgrade.Node) upgrade.Image {
	image := i.w.image(id).Image
	return upgrade.Image{ID: id, Arch: image.Arch, Family: image.Family, Version: image.Version}
}

// targetImage returns the newest image that matches a target.
func (w *World) targetImage(target upgrade.Target, present upgrade.Image) (upgrade.Image, error) {
	var newest upgrade.Image
	for _, image := range w.config.Images {
		if matches(image.Image, target, present) && image.Release > newest.Release {
			newest = image.Image
		}
	}
	if newest.ID == "" {
		return newest, fmt.Errorf("image for %+v: %w", target, upgrade.ErrNotFound)
	}
	return newest, nil
}

func matches(image upgrade.Image, target upgrade.Target, present upgrade.Image) bool {
	if target.Image != "" {
		return image.ID == target.Image
	}
	return image.Family == cmp.Or(target.Family, present.Family) && image.Arch == present.Arch &&
		(image.Version == target.Version || image.Release == target.Release)
}

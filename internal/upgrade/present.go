package upgrade

import (
	"context"
	"errors"
	"fmt"
)

// Present is the image from before an update.
type Present struct {
	Image Image
	// Gone: the image cannot be described any more, and Image is what the nodes tell about it.
	Gone bool
	// Unlaunchable: nothing can be launched by the group's template version any more.
	Unlaunchable bool
}

// ReadPresent finds out which image the nodes of a group have: that of its template version or, where a
// parameter names that, the one that most nodes run, since the parameter may have been changed since they
// were launched. The nodes are read only if the image is gone.
func ReadPresent(ctx context.Context, images Images, nodes Nodes, version TemplateVersion, group Group) (Present, error) {
	present, err := describePresent(ctx, images, nodes, version.Image, group)
	present.Unlaunchable = present.Gone
	common := group.CommonImage()
	if err != nil || version.Parameter == "" || common == "" || common == version.Image {
		return present, err
	}
	unlaunchable := present.Unlaunchable
	present, err = describePresent(ctx, images, nodes, common, group)
	present.Unlaunchable = unlaunchable
	return present, err
}

func describePresent(ctx context.Context, images Images, nodes Nodes, id string, group Group) (Present, error) {
	if id == "" {
		return Present{Gone: true}, nil
	}
	image, err := images.Image(ctx, id)
	switch {
	case err == nil:
		return Present{Image: image}, nil
	case !errors.Is(err, ErrNotFound):
		return Present{}, fmt.Errorf("describe image %s: %w", id, err)
	}
	all, err := nodes.Nodes(ctx)
	if err != nil {
		return Present{}, fmt.Errorf("read the nodes, to find out about image %s, which cannot be described: %w", id, err)
	}
	return Present{Image: images.ByNodes(id, group.Instances, all), Gone: true}, nil
}

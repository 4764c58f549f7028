package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Images are the machine images that one account can use in one region.
type Images struct {
	region     string
	compute    *ec2.Client
	parameters *ssm.Client
}

var _ upgrade.Images = (*Images)(nil)

// Resolve turns a target into an image that the present nodes can be replaced
// with: an image that is available, of their architecture and, unless the target
// names an image, of their family.
func (s *Images) Resolve(ctx context.Context, target upgrade.Target, present upgrade.Image) (upgrade.Image, error) {
	id := target.Image
	if id == "" {
		var err error
		if id, err = s.published(ctx, target, present); err != nil {
			return upgrade.Image{}, err
		}
	}
	raw, err := s.describe(ctx, id)
	if err != nil {
		return upgrade.Image{}, err
	}
	image := imageFrom(raw)
	return image, fits(image, raw.State, target, present)
}

// Image describes one image. Family, version and release are known for images
// that Amazon publishes only: a copy under the same name may be anything.
func (s *Images) Image(ctx context.Context, id string) (upgrade.Image, error) {
	raw, err := s.describe(ctx, id)
	if err != nil {
		return upgrade.Image{}, err
	}
	return imageFrom(raw), nil
}

// published returns the id of the image that Amazon publishes for a version or
// a release.
func (s *Images) published(ctx context.Context, target upgrade.Target, present upgrade.Image) (string, error) {
	path, err := parameterPath(target, present)
	if err != nil {
		return "", err
	}
	out, err := s.parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: &path})
	err = explain(err, "read", "the public parameter "+path)
	if errors.Is(err, upgrade.ErrNotFound) {
		return "", fmt.Errorf("image of %s with Kubernetes %s for %s: %w in %s, Amazon publishes none",
			present.Family, cmp.Or(target.Release, target.Version), present.Arch, upgrade.ErrNotFound, s.region)
	}
	if err != nil {
		return "", err
	}
	return sdk.ToString(out.Parameter.Value), nil
}

func (s *Images) describe(ctx context.Context, id string) (types.Image, error) {
	out, err := s.compute.DescribeImages(ctx, &ec2.DescribeImagesInput{
		ImageIds:          []string{id},
		IncludeDeprecated: sdk.Bool(true), // old nodes may run old images
	})
	if err != nil {
		return types.Image{}, explain(err, "describe", "image "+id)
	}
	if len(out.Images) == 0 {
		return types.Image{}, fmt.Errorf("image %s in %s: %w", id, s.region, upgrade.ErrNotFound)
	}
	return out.Images[0], nil
}

// fits says why nodes cannot be replaced with an image.
func fits(image upgrade.Image, state types.ImageState, target upgrade.Target, present upgrade.Image) error {
	switch {
	case state != types.ImageStateAvailable:
		return fmt.Errorf("image %s cannot be launched, it is %s: %w", image.ID, state, upgrade.ErrNotFound)
	case present.Arch != "" && image.Arch != present.Arch:
		return fmt.Errorf("image %s (%s) is for %s, and the nodes are %s", image.ID, image.Name, image.Arch, present.Arch)
	case target.Release != "" && image.Release != target.Release:
		return fmt.Errorf("release %s: %w; the image of that day is release %s", target.Release, upgrade.ErrNotFound, image.Release)
	}
	return nil
}

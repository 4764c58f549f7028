package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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

// Resolve turns a target into an image with which the present nodes can be replaced: one
// that is available, of their architecture and, unless the target names an image or another
// family, of their family and variant.
func (s *Images) Resolve(ctx context.Context, target upgrade.Target, present upgrade.Image) (upgrade.Image, error) {
	raw, err := s.find(ctx, target, present)
	if err != nil {
		return upgrade.Image{}, err
	}
	image := imageFrom(raw, Publishers(s.region))
	if err := fits(image, raw.State, target, present); err != nil {
		return upgrade.Image{}, err
	}
	image.Family = cmp.Or(image.Family, target.Family) // people know what they built
	return image, nil
}

func (s *Images) find(ctx context.Context, target upgrade.Target, present upgrade.Image) (types.Image, error) {
	if target.Image != "" {
		return s.describe(ctx, target.Image)
	}
	b, err := buildFor(target, present)
	if err != nil {
		return types.Image{}, err
	}
	if b.number != "" {
		return s.release(ctx, b, target.Release)
	}
	id, err := s.newest(ctx, b)
	if err != nil {
		return types.Image{}, err
	}
	return s.describe(ctx, id)
}

// Image describes one image. Family, version and release are known only for images that
// their publisher owns: a copy with the same name may be anything.
func (s *Images) Image(ctx context.Context, id string) (upgrade.Image, error) {
	raw, err := s.describe(ctx, id)
	if err != nil {
		return upgrade.Image{}, err
	}
	return imageFrom(raw, Publishers(s.region)), nil
}

// newest returns the id of the newest image of a minor, from the public parameter of its
// publisher.
func (s *Images) newest(ctx context.Context, b build) (string, error) {
	path := b.fill(b.edition.newest, "")
	out, err := s.parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: &path})
	err = explain(err, "read", "the public parameter "+path)
	if errors.Is(err, upgrade.ErrNotFound) {
		return "", s.unpublished(b, "")
	}
	if err != nil {
		return "", err
	}
	return sdk.ToString(out.Parameter.Value), nil
}

// release finds the image of a release by its name: not every publisher keeps parameters
// for old releases.
func (s *Images) release(ctx context.Context, b build, release string) (types.Image, error) {
	name := b.fill(b.image, "")
	out, err := s.compute.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Owners:            Publishers(s.region),
		Filters:           []types.Filter{{Name: sdk.String("name"), Values: []string{name}}},
		IncludeDeprecated: sdk.Bool(true),
	})
	if err != nil {
		return types.Image{}, explain(err, "describe", "image "+name)
	}
	if len(out.Images) == 0 {
		return types.Image{}, s.unpublished(b, release)
	}
	return slices.MaxFunc(out.Images, func(a, b types.Image) int {
		return cmp.Or(cmp.Compare(sdk.ToString(a.CreationDate), sdk.ToString(b.CreationDate)),
			cmp.Compare(sdk.ToString(a.Name), sdk.ToString(b.Name)))
	}), nil
}

func (s *Images) unpublished(b build, release string) error {
	what := b.family.name
	if b.variant != standard {
		what += " (" + b.variant + ")"
	}
	what += " with Kubernetes " + b.minor
	if release != "" {
		what += ", release " + release + ","
	}
	return fmt.Errorf("image of %s for %s: %w in %s, none is published", what, b.arch, upgrade.ErrNotFound, s.region)
}

func (s *Images) describe(ctx context.Context, id string) (types.Image, error) {
	images, err := describeImages(ctx, s.compute, id)
	if err != nil {
		return types.Image{}, err
	}
	if len(images) == 0 {
		return types.Image{}, fmt.Errorf("image %s in %s: %w (it never did exist, was deregistered, or is not shared with this account any more)",
			id, s.region, upgrade.ErrNotFound)
	}
	return images[0], nil
}

// describeImages describes images by their ids. One that does not exist any more, or that is private now,
// is missing in the answer.
func describeImages(ctx context.Context, compute *ec2.Client, ids ...string) ([]types.Image, error) {
	out, err := compute.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Filters:           []types.Filter{{Name: sdk.String("image-id"), Values: ids}}, // an unknown ImageId would be an error
		IncludeDeprecated: sdk.Bool(true),                                              // old nodes may run old images
	})
	if err != nil {
		return nil, explain(err, "describe", "image "+strings.Join(ids, ", "))
	}
	return out.Images, nil
}

// fits says why nodes cannot be replaced with an image, nil if they can.
func fits(image upgrade.Image, state types.ImageState, target upgrade.Target, present upgrade.Image) error {
	switch {
	case state != types.ImageStateAvailable:
		return fmt.Errorf("image %s cannot be launched, it is %s: %w", image.ID, state, upgrade.ErrNotFound)
	case present.Arch != "" && image.Arch != present.Arch:
		return fmt.Errorf("image %s (%s) is for %s, but the nodes are %s", image.ID, image.Name, image.Arch, present.Arch)
	case target.Family != "" && image.Family != "" && image.Family != target.Family:
		return fmt.Errorf("image %s (%s) is of family %s, but --ami-family is %s", image.ID, image.Name, image.Family, target.Family)
	case target.Release != "" && image.Release != target.Release:
		return fmt.Errorf("release %s: %w; the image of that day is release %s", target.Release, upgrade.ErrNotFound, image.Release)
	}
	return nil
}

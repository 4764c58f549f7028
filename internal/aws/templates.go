package aws

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The versions of a launch template that are not numbers.
const (
	versionLatest  = "$Latest"
	versionDefault = "$Default"
)

// Templates are the EC2 launch templates of one account and region. Its
// methods may be called from any goroutine.
type Templates struct {
	compute *ec2.Client
	groups  *Groups

	mu       sync.Mutex
	numbered map[upgrade.TemplateRef]upgrade.TemplateVersion // do not change, and are read once, but for what a parameter names
}

var _ upgrade.Templates = (*Templates)(nil)

func newTemplates(compute *ec2.Client, groups *Groups) *Templates {
	return &Templates{compute: compute, groups: groups, numbered: map[upgrade.TemplateRef]upgrade.TemplateVersion{}}
}

// Resolve returns the version that a reference stands for now. If it takes its image from a parameter,
// Image is what that names now, "" if it names none, since nothing is launched then.
func (t *Templates) Resolve(ctx context.Context, ref upgrade.TemplateRef) (upgrade.TemplateVersion, error) {
	version, err := t.written(ctx, ref)
	if err != nil || version.Parameter == "" {
		return version, err
	}
	resolved, err := t.describe(ctx, version.Ref(), true)
	if code(err) == invalidParameter {
		return version, nil
	}
	version.Image = resolved.Image
	return version, err
}

// invalidParameter is EC2's code for a parameter that names no image: it does not exist, or not in that
// version, or is of another data type than aws:ec2:image.
const invalidParameter = "SsmInvalidParameter"

// written is a version as it is written, with a parameter or an image.
func (t *Templates) written(ctx context.Context, ref upgrade.TemplateRef) (upgrade.TemplateVersion, error) {
	if ref.Follows() {
		return t.describe(ctx, ref, false)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.numbered[ref]; ok {
		return known, nil
	}
	version, err := t.describe(ctx, ref, false)
	if err == nil {
		t.numbered[ref] = version
	}
	return version, err
}

// describe describes a version; resolved asks for the image that its parameter names now.
func (t *Templates) describe(ctx context.Context, ref upgrade.TemplateRef, resolved bool) (upgrade.TemplateVersion, error) {
	in := &ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{ref.Version}}
	if resolved {
		in.ResolveAlias = &resolved
	}
	if ref.ID != "" {
		in.LaunchTemplateId = &ref.ID
	} else {
		in.LaunchTemplateName = &ref.Name
	}
	thing := fmt.Sprintf("version %s of launch template %s", ref.Version, ref.ID)
	out, err := t.compute.DescribeLaunchTemplateVersions(ctx, in)
	if err != nil {
		return upgrade.TemplateVersion{}, explain(err, "describe", thing)
	}
	if len(out.LaunchTemplateVersions) == 0 {
		return upgrade.TemplateVersion{}, fmt.Errorf("%s: %w", thing, upgrade.ErrNotFound)
	}
	return versionFrom(out.LaunchTemplateVersions[0]), nil
}

// UserData returns the user data of a version, in base64; "" if it has none.
func (t *Templates) UserData(ctx context.Context, of upgrade.TemplateVersion) (string, error) {
	data, err := t.data(ctx, of)
	return sdk.ToString(data.UserData), err
}

// data is what a version says about instances.
func (t *Templates) data(ctx context.Context, of upgrade.TemplateVersion) (types.ResponseLaunchTemplateData, error) {
	out, err := t.compute.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &of.ID, Versions: []string{strconv.FormatInt(of.Number, 10)},
	})
	if err != nil {
		return types.ResponseLaunchTemplateData{}, explain(err, "describe", templateName(of))
	}
	for _, version := range out.LaunchTemplateVersions {
		if version.LaunchTemplateData != nil {
			return *version.LaunchTemplateData, nil
		}
	}
	return types.ResponseLaunchTemplateData{}, nil
}

// CreateVersion creates a version that differs from another one only in its image, and in the snapshot
// of its root device, which belongs to that.
func (t *Templates) CreateVersion(
	ctx context.Context, from upgrade.TemplateVersion, image, token string,
) (upgrade.TemplateVersion, error) {
	in, err := t.newVersion(ctx, from, image)
	if err != nil {
		return upgrade.TemplateVersion{}, err
	}
	if token != "" {
		in.ClientToken = &token
	}
	out, err := t.compute.CreateLaunchTemplateVersion(ctx, in)
	if err != nil {
		return upgrade.TemplateVersion{}, explain(err, "create a version of", templateName(from))
	}
	if out.LaunchTemplateVersion == nil {
		return upgrade.TemplateVersion{}, fmt.Errorf("create a version of %s: AWS's answer has no version", templateName(from))
	}
	return versionFrom(*out.LaunchTemplateVersion), nil
}

// MayCreateVersion asks whether CreateVersion would be allowed, and creates nothing. It is
// upgrade.ErrForbidden if it would not.
func (t *Templates) MayCreateVersion(ctx context.Context, from upgrade.TemplateVersion, image string) error {
	in, err := t.newVersion(ctx, from, image)
	if err != nil {
		return err
	}
	in.DryRun = sdk.Bool(true)
	_, err = t.compute.CreateLaunchTemplateVersion(ctx, in)
	if code(err) == "DryRunOperation" { // AWS's word for yes
		return nil
	}
	return explain(err, "try to create a version of", templateName(from))
}

func (t *Templates) newVersion(ctx context.Context, from upgrade.TemplateVersion, image string) (*ec2.CreateLaunchTemplateVersionInput, error) {
	mappings, err := t.mappings(ctx, from, image)
	if err != nil {
		return nil, err
	}
	return &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId:   &from.ID,
		SourceVersion:      sdk.String(strconv.FormatInt(from.Number, 10)),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: &image, BlockDeviceMappings: mappings},
		VersionDescription: sdk.String(fmt.Sprintf("Nodelift: version %d with %s", from.Number, image)),
	}, nil
}

func templateName(v upgrade.TemplateVersion) string { return "launch template " + v.ID }

func versionFrom(v types.LaunchTemplateVersion) upgrade.TemplateVersion {
	version := upgrade.TemplateVersion{
		ID:     sdk.ToString(v.LaunchTemplateId),
		Name:   sdk.ToString(v.LaunchTemplateName),
		Number: sdk.ToInt64(v.VersionNumber),
	}
	if v.LaunchTemplateData != nil {
		version.Image = sdk.ToString(v.LaunchTemplateData.ImageId)
	}
	if strings.HasPrefix(version.Image, upgrade.ParameterPrefix) {
		version.Image, version.Parameter = "", version.Image
	}
	return version
}

package e2e

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// A group whose launch template takes its image from a parameter gets the image that the parameter names
// now, and the parameter back at the end. A rollback goes back to the image that the nodes ran.
func TestImageByParameter(t *testing.T) {
	const golden = "resolve:ssm:/golden/image"
	w := newWorld(t)
	old := w.imageOfNodes()
	w.putParameter("/golden/image", old)
	w.newTemplateVersion(&ec2types.RequestLaunchTemplateData{ImageId: aws.String(golden)})
	w.follow("$Latest")
	target := w.published("AmazonLinux2023", "x86_64")
	w.putParameter("/golden/image", target)

	w.nodelift(upgrade("--dry-run")...).has(t, 0, "version 2 with the image of parameter /golden/image, which names "+target+" now -> a new version of it with "+
		target+" itself; at the end $Latest with the parameter again, if that names "+target+" then")
	w.nodelift(upgrade()...).has(t, 0, "Successful after", "with image "+target+" in place of "+golden, "so that $Latest takes its image from "+golden+" again")
	w.nodesRun(3, "v1.37.")
	w.templateSays(target, "$Latest", golden)
	w.nodelift(upgrade()...).has(t, 0, "Nothing to do")
	w.isClean()

	w.nodelift("rollback", "nodegroup", "nodegroup", "--yes", "--verbose").has(t, 0, "Successful after",
		"a new version of launch template", "with the image that the nodes ran, "+old,
		"takes its image from parameter /golden/image, which names "+target+" now", "in place of "+golden)
	w.nodesRun(3, "v1.36.")
	w.templateSays(old, "$Latest", old)
	w.isClean()
}

// The nodes' image may have been deregistered. The nodes tell what it was, and there is no way back to it.
func TestImageThatIsGone(t *testing.T) {
	w := newWorld(t)
	own := w.copyOf(w.imageOfNodes())
	w.nodelift(upgrade("--image-id", own)...).has(t, 0, "Successful after", own)
	w.follow("$Latest")
	_, err := w.machines().DeregisterImage(w.ctx(), &ec2.DeregisterImageInput{ImageId: &own})
	w.check(err)

	w.nodelift(upgrade()...).has(t, 0, "image "+own+", which the nodes run, was deregistered or is private", "so the upgrade cannot be rolled back",
		"as far as the nodes tell, it is of family AmazonLinux2023, variant standard, for x86_64", "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	w.nodelift("rollback", "nodegroup", "nodegroup", "--yes", "--verbose").has(t, 1, "the old image: image "+own, "cannot be rolled back and nothing was changed")
}

// imageOfNodes is the image that all instances of the group run.
func (w *world) imageOfNodes() string {
	w.t.Helper()
	var images []string
	for _, i := range w.instances() {
		images = append(images, i.ImageID)
	}
	slices.Sort(images)
	if images = slices.Compact(images); len(images) != 1 {
		w.t.Fatalf("the instances run %v", images)
	}
	return images[0]
}

// copyOf makes an image of one's own.
func (w *world) copyOf(image string) string {
	w.t.Helper()
	made, err := w.machines().CopyImage(w.ctx(), &ec2.CopyImageInput{SourceImageId: &image, SourceRegion: aws.String("us-west-2"), Name: aws.String("golden")})
	w.check(err)
	return aws.ToString(made.ImageId)
}

// putParameter names an image in a parameter of the account.
func (w *world) putParameter(name, image string) {
	w.t.Helper()
	client := ssm.New(ssm.Options{Region: "us-west-2", BaseEndpoint: &w.aws, Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", "")})
	_, err := client.PutParameter(w.ctx(), &ssm.PutParameterInput{
		Name: &name, Value: &image, Type: ssmtypes.ParameterTypeString, DataType: aws.String("aws:ec2:image"), Overwrite: aws.Bool(true),
	})
	w.check(err)
}

// follow has the group use a version of its launch template.
func (w *world) follow(version string) {
	w.t.Helper()
	_, err := w.scaling.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &w.group,
		LaunchTemplate:       &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: w.describe().LaunchTemplate.LaunchTemplateId, Version: &version},
	})
	w.check(err)
}

// templateSays checks how the group refers to its launch template, what stands in it as the image, and which
// image that is now.
func (w *world) templateSays(image, reference, written string) {
	w.t.Helper()
	template := w.describe().LaunchTemplate
	if got := aws.ToString(template.Version); got != reference {
		w.t.Errorf("the group uses version %s of its launch template, want %s", got, reference)
	}
	for resolved, want := range map[bool]string{false: written, true: image} {
		out, err := w.machines().DescribeLaunchTemplateVersions(w.ctx(), &ec2.DescribeLaunchTemplateVersionsInput{
			LaunchTemplateId: template.LaunchTemplateId, Versions: []string{aws.ToString(template.Version)}, ResolveAlias: &resolved,
		})
		w.check(err)
		if got := aws.ToString(out.LaunchTemplateVersions[0].LaunchTemplateData.ImageId); got != want {
			w.t.Errorf("resolved %t: the image is %s, want %s", resolved, got, want)
		}
	}
}

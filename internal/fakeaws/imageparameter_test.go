package fakeaws

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// byParameter makes a template whose image is a parameter, and a group of three of it.
func (w *world) byParameter(parameter string) LaunchTemplate {
	w.t.Helper()
	t, err := w.CreateLaunchTemplate(TemplateSpec{Name: "nodes", ImageID: "resolve:ssm:" + parameter, InstanceType: "m5.xlarge"})
	w.ok(err)
	w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 6, DesiredCapacity: 3, LaunchTemplateID: t.ID, LaunchTemplateVersion: "1"}))
	w.settle()
	return t
}

func (w *world) latest(minor string) string {
	w.t.Helper()
	image, found := w.LatestImage(minor, "x86_64")
	if !found {
		w.t.Fatalf("no image for %s", minor)
	}
	return image.ID
}

// images are those of the instances that run, in the order of their launch.
func (w *world) runningImages() []string {
	var all []string
	for _, i := range w.inService() {
		all = append(all, i.ImageID)
	}
	return all
}

// A parameter is resolved at each launch: one that has moved gives new instances another image.
func TestAParameterIsResolvedAtLaunch(t *testing.T) {
	w := newWorld(t)
	before, after := w.latest("1.36"), w.latest("1.37")
	w.PutImageParameter("/golden/image", before)
	w.byParameter("/golden/image")
	w.PutImageParameter("/golden/image", after)
	w.setDesired(4)
	w.settle()
	same(t, "images", w.runningImages(), []string{before, before, before, after})
}

// A parameter that is gone at a launch is a failed activity, with EC2's words.
func TestAParameterThatIsGoneAtLaunch(t *testing.T) {
	w := newWorld(t)
	w.PutImageParameter("/golden/image", w.latest("1.36"))
	w.byParameter("/golden/image")
	w.DeleteParameter("/golden/image")
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("nodes"), MaxSize: aws.Int32(9)})
	w.refused(err, "ValidationError", 400, "You must use a valid fully-formed launch template. The following aliases are invalid: /golden/image")
	w.endInEC2("a")
	w.settle()
	same(t, "last activity", w.activities()[0],
		"Launching a new EC2 instance.  Status Reason: The following aliases are invalid: /golden/image. Launching EC2 instance failed.")
	same(t, "in service", len(w.inService()), 2)
}

func TestParametersOfTheAccount(t *testing.T) {
	w := newWorld(t)
	older, newer := w.latest("1.36"), w.latest("1.37")
	put := func(name, value, kind string) error {
		_, err := w.ssm.PutParameter(w.ctx(), &ssm.PutParameterInput{
			Name: &name, Value: &value, Type: ssmtypes.ParameterTypeString, DataType: &kind, Overwrite: aws.Bool(true),
		})
		return err
	}
	w.ok(put("golden", older, dataImage))
	w.ok(put("golden", newer, dataImage))
	w.ok(put("golden", "ami-0123456789abcdef0", dataImage)) // given up later, without a word
	w.ok(put("/plain/text", newer, dataText))
	_, err := w.ssm.LabelParameterVersion(w.ctx(), &ssm.LabelParameterVersionInput{Name: aws.String("golden"), Labels: []string{"prod"}, ParameterVersion: aws.Int64(1)})
	w.ok(err)
	_, err = w.ssm.PutParameter(w.ctx(), &ssm.PutParameterInput{Name: aws.String("golden"), Value: &newer})
	w.refused(err, "ParameterAlreadyExists", 400, "set the overwrite option")

	const arn = "arn:aws:ssm:us-west-2:123456789012:parameter/golden"
	for name, want := range map[string]string{
		"golden": newer, "golden:1": older, "golden:prod": older, arn: newer, arn + ":1": older, arn + ":prod": older,
		"golden:3": "The following aliases are invalid: golden:3", "golden:test": "The following aliases are invalid: golden:test",
		"/golden": "The following aliases are invalid: /golden", "/nowhere": "The following aliases are invalid: /nowhere",
		"/plain/text": "Unsupported data type. The following parameter data types are supported: aws:ec2:image",
		"/aws/service/eks/optimized-ami/1.37/amazon-linux-2023/x86_64/standard/recommended/image_id": newer,
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			template, err := w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{
				LaunchTemplateName: aws.String("of-" + t.Name()), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String("resolve:ssm:" + name)},
			})
			if want[:4] != "ami-" {
				w.refused(err, "SsmInvalidParameter", 400, want)
				return
			}
			w.ok(err)
			in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, Versions: []string{"1"}}
			same(t, "as it is written", *w.versions(in)[0].LaunchTemplateData.ImageId, "resolve:ssm:"+name)
			in.ResolveAlias = aws.Bool(true)
			same(t, "resolved", *w.versions(in)[0].LaunchTemplateData.ImageId, want)
		})
	}
	_, err = w.ssm.DeleteParameter(w.ctx(), &ssm.DeleteParameterInput{Name: aws.String("golden")})
	w.ok(err)
	var missing *ssmtypes.ParameterNotFound
	if _, err := w.ssm.GetParameter(w.ctx(), &ssm.GetParameterInput{Name: aws.String("golden")}); !errors.As(err, &missing) {
		t.Errorf("deleted: %v", err)
	}
}

// Whoever uses the template needs the permission to read the parameter.
func TestParametersNeedAPermission(t *testing.T) {
	w := newWorld(t)
	w.PutImageParameter("/golden/image", w.latest("1.36"))
	template := w.byParameter("/golden/image")
	w.Deny("AKIDTEST", "ssm:GetParameters")
	const says = "not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-west-2:123456789012:parameter/golden/image"
	for name, call := range map[string]func() error{
		"a version is made from one with a parameter": func() error {
			_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, "resolve:ssm:/golden/image"))
			return err
		},
		"a version is described with its image": func() error {
			_, err := w.ec2.DescribeLaunchTemplateVersions(w.ctx(), &ec2.DescribeLaunchTemplateVersionsInput{
				LaunchTemplateId: &template.ID, Versions: []string{"1"}, ResolveAlias: aws.Bool(true),
			})
			return err
		},
		"a launch is tried": func() error {
			_, err := w.ec2.RunInstances(w.ctx(), &ec2.RunInstancesInput{
				DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
				LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: &template.ID, Version: aws.String("1")},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { w.in(t).refused(call(), "SsmAccessDenied", 403, says) })
	}
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("nodes"), MaxSize: aws.Int32(9)})
	w.refused(err, "ValidationError", 400, says)
	w.setDesired(4) // SetDesiredCapacity is no update of the group, and the launch is Auto Scaling's own
	w.settle()
	same(t, "in service", len(w.inService()), 4)
}

// Instance types by requirements do not go with a parameter.
func TestParametersDoNotGoWithRequirements(t *testing.T) {
	w := newWorld(t)
	w.PutImageParameter("/golden/image", w.latest("1.36"))
	template := w.byParameter("/golden/image")
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MixedInstancesPolicy: &astypes.MixedInstancesPolicy{LaunchTemplate: &astypes.LaunchTemplate{
			LaunchTemplateSpecification: &astypes.LaunchTemplateSpecification{LaunchTemplateId: &template.ID, Version: aws.String("1")},
			Overrides: []astypes.LaunchTemplateOverrides{{InstanceRequirements: &astypes.InstanceRequirements{
				VCpuCount: &astypes.VCpuCountRequest{Min: aws.Int32(2)}, MemoryMiB: &astypes.MemoryMiBRequest{Min: aws.Int32(4096)},
			}}},
		}},
	})
	w.refused(err, "ValidationError", 400, `Invalid id: "resolve:ssm:/golden/image" (expecting "ami-...")`)
}

// A private image is neither listed nor launched; its instances stay.
func TestAPrivateImage(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	image := w.latest("1.36")
	w.HideImage(image, true)
	out, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{image}})
	w.ok(err)
	same(t, "images", len(out.Images), 0)
	w.setDesired(4)
	w.settle()
	same(t, "last activity", w.activities()[0], "Launching a new EC2 instance.  Status Reason: Not authorized for images: ["+image+"]. Launching EC2 instance failed.")
	same(t, "in service", len(w.inService()), 3)
	w.HideImage(image, false)
	w.settle()
	same(t, "in service when it is public again", len(w.inService()), 4)
}

// An organisation may demand a tag, which may come with the request.
func TestADemandedTag(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	w.DemandTag("AKIDTEST", "cost-center")
	run := func(tags ...string) error {
		in := &ec2.RunInstancesInput{
			DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: &template.ID, Version: aws.String("1")},
		}
		for _, tag := range tags {
			in.TagSpecifications = append(in.TagSpecifications, ec2types.TagSpecification{
				ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String(tag), Value: aws.String("1")}},
			})
		}
		_, err := w.ec2.RunInstances(w.ctx(), in)
		return err
	}
	w.refused(run(), "UnauthorizedOperation", 403, "with an explicit deny in a service control policy")
	w.refused(run("cost-center"), "DryRunOperation", 412, "would have succeeded")
	w.refused(run("cost-center", "aws:autoscaling:groupName"), "InvalidParameterValue", 400, "reserved")
}

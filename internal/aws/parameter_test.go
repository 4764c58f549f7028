package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// byParameter adds a version that takes its image from a parameter.
func (w *world) byParameter(parameter string) {
	w.t.Helper()
	_, err := w.ec2().CreateLaunchTemplateVersion(context.Background(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &w.template.ID, SourceVersion: sdk.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: sdk.String("resolve:ssm:" + parameter)},
	})
	must(w.t, err)
}

// A version that takes its image from a parameter has the image that this names now.
func TestAVersionByParameter(t *testing.T) {
	w := newWorld(t)
	w.PutImageParameter("/golden/image", w.image.ID)
	w.byParameter("/golden/image")
	want := upgrade.TemplateVersion{ID: w.template.ID, Name: "nodes", Number: 2, Image: w.image.ID, Parameter: "resolve:ssm:/golden/image"}
	for _, ref := range []string{"2", "$Latest"} {
		if got, err := w.resolve(ref); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", ref, got, err, want)
		}
	}
	w.PutImageParameter("/golden/image", newImage(w))
	want.Image = newImage(w)
	if got, err := w.resolve("2"); err != nil || got != want {
		t.Errorf("after the parameter was changed it is %+v, %v; want %+v", got, err, want)
	}
	made, err := w.aws.Templates.CreateVersion(context.Background(), want, w.image.ID, "token")
	if fixed := (upgrade.TemplateVersion{ID: w.template.ID, Name: "nodes", Number: 3, Image: w.image.ID}); err != nil || made != fixed {
		t.Errorf("a version with the image itself is %+v, %v; want %+v", made, err, fixed)
	}

	w.DeleteParameter("/golden/image")
	want.Image = ""
	if got, err := w.resolve("2"); err != nil || got != want {
		t.Errorf("after the parameter was deleted it is %+v, %v; want %+v", got, err, want)
	}
	err = w.aws.Templates.Use(context.Background(), group, want.Ref())
	if !errors.Is(err, upgrade.ErrRefused) || !strings.Contains(err.Error(), "The following aliases are invalid: /golden/image") {
		t.Errorf("a group is pointed at it: %v", err)
	}
}

// The permission to read the parameter is named, with the parameter, whichever service says so.
func TestAParameterThatMayNotBeRead(t *testing.T) {
	w := newWorld(t)
	w.PutImageParameter("/golden/image", w.image.ID)
	w.byParameter("/golden/image")
	w.Deny(key, "ssm:GetParameters")
	const says = "ssm:GetParameters on arn:aws:ssm:us-west-2:123456789012:parameter/golden/image is not allowed for " +
		"arn:aws:iam::123456789012:user/sandbox"
	_, err := w.resolve("2")
	wantForbidden(t, err, "describe version 2 of launch template "+w.template.ID+": "+says)
	err = w.aws.Templates.Use(context.Background(), group, upgrade.TemplateRef{ID: w.template.ID, Version: "2"})
	wantForbidden(t, err, "use launch template "+w.template.ID+" version 2 in group nodes: "+says)
}

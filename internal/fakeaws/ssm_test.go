package fakeaws

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func (w *world) parameter(name string) string {
	w.t.Helper()
	out, err := w.ssm.GetParameter(w.ctx(), &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	w.ok(err)
	same(w.t, "name", *out.Parameter.Name, name)
	return *out.Parameter.Value
}

func TestRecommendedImages(t *testing.T) {
	w := newWorld(t)
	for _, minor := range []string{"1.34", "1.35", "1.36", "1.37"} {
		for _, arch := range []string{"x86_64", "arm64"} {
			t.Run(minor+" "+arch, func(t *testing.T) {
				w := w.in(t)
				want, _ := w.LatestImage(minor, arch)
				path := "/aws/service/eks/optimized-ami/" + minor + "/amazon-linux-2023/" + arch + "/standard/recommended"
				same(t, "image", w.parameter(path+"/image_id"), want.ID)
				same(t, "release", w.parameter(path+"/release_version"), want.ReleaseVersion)
				var whole struct {
					Image   string `json:"image_id"`
					Release string `json:"release_version"`
				}
				w.ok(json.Unmarshal([]byte(w.parameter(path)), &whole))
				same(t, "whole", whole.Image+" "+whole.Release, want.ID+" "+want.ReleaseVersion)
			})
		}
	}
}

func TestParametersOfTheFamilies(t *testing.T) {
	w := newWorld(t)
	image := func(family, variant, arch string) Image {
		found, _ := w.LatestImageOf(family, variant, "1.36", arch)
		return found
	}
	for path, want := range map[string]string{
		"/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/neuron/recommended/image_id":     image("AmazonLinux2023", "neuron", "x86_64").ID,
		"/aws/service/bottlerocket/aws-k8s-1.36-fips/arm64/latest/image_id":                            image("Bottlerocket", "fips", "arm64").ID,
		"/aws/service/bottlerocket/aws-k8s-1.36/x86_64/latest/image_version":                           "1.62.0-7d1e94b2",
		"/aws/service/bottlerocket/aws-k8s-1.36/x86_64/1.60.1-4c0f3a5e/image_version":                  "1.60.1-4c0f3a5e",
		"/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-EKS_Optimized-1.36/image_id": image("WindowsServer2022FullContainer", "", "x86_64").ID,
		"/aws/service/canonical/ubuntu/eks/24.04/1.36/stable/current/amd64/hvm/ebs-gp3/ami-id":         image("Ubuntu2404", "", "x86_64").ID,
		"/aws/service/canonical/ubuntu/eks-pro/22.04/1.36/stable/20260915/arm64/hvm/ebs-gp2/ami-id":    image("UbuntuPro2204", "", "arm64").ID,
	} {
		same(t, path, w.parameter(path), want)
	}
	al2, _ := w.LatestImageOf("AmazonLinux2", "", "1.32", "arm64")
	same(t, "AL2", w.parameter("/aws/service/eks/optimized-ami/1.32/amazon-linux-2-arm64/recommended/image_id"), al2.ID)
}

func TestOlderReleasesAreFoundByName(t *testing.T) {
	w := newWorld(t)
	image := w.parameter("/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.36-v20260721/image_id")
	found, _ := w.Image(image)
	same(t, "release", found.ReleaseVersion, "1.36.1-20260721")
	newest, _ := w.LatestImage("1.36", "x86_64")
	if image == newest.ID {
		t.Error("the older release has the newest image")
	}
}

func TestUnknownParameters(t *testing.T) {
	w := newWorld(t)
	known := "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/x86_64/standard/recommended/image_id"
	unknown := strings.Replace(known, "1.36", "1.30", 1)
	_, err := w.ssm.GetParameter(w.ctx(), &ssm.GetParameterInput{Name: &unknown})
	var missing *ssmtypes.ParameterNotFound
	if !errors.As(err, &missing) {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
	out, err := w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: []string{unknown, known}})
	w.ok(err)
	same(t, "invalid", out.InvalidParameters, "["+unknown+"]")
	same(t, "found", len(out.Parameters), 1)
	same(t, "modified", out.Parameters[0].LastModifiedDate.UTC(), "2026-09-15 21:00:00 +0000 UTC")
	_, err = w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: make([]string, 11)})
	w.refused(err, "ValidationException", 400, "between 1 and 10")
}

package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// present is the image of the nodes, 1.36 for x86_64.
func present(w *world) upgrade.Image {
	w.t.Helper()
	image, err := w.aws.Images.Image(context.Background(), w.image.ID)
	must(w.t, err)
	return image
}

func TestImage(t *testing.T) {
	w := newWorld(t)
	want := upgrade.Image{
		ID: w.image.ID, Name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20260915", Arch: "x86_64",
		Family: "AmazonLinux2023", Version: "1.36", Release: "1.36.2-20260915",
	}
	if got := present(w); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, id := range []string{"ami-00000000000000000", "no-image"} {
		if _, err := w.aws.Images.Image(context.Background(), id); !errors.Is(err, upgrade.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestImagesWhoseFamilyIsNotKnown(t *testing.T) {
	w := newWorld(t)
	for name, image := range map[string]fakeaws.Image{
		"a copy under Amazon's name":   {Name: "amazon-eks-node-al2023-x86_64-standard-1.36-v20260915"},
		"a variant for GPUs":           {Name: "amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260915", OwnerAlias: "amazon"},
		"an image that somebody built": {Name: "golden-42"},
	} {
		t.Run(name, func(t *testing.T) {
			added, err := w.AddImage(image)
			must(t, err)
			got, err := w.aws.Images.Image(context.Background(), added.ID)
			if err != nil || got.Family != "" || got.Version != "" {
				t.Errorf("got %+v, %v", got, err)
			}
			_, err = w.aws.Images.Resolve(context.Background(), upgrade.Target{Version: "1.37"}, got)
			for _, part := range []string{added.ID, image.Name, "AmazonLinux2023", "--image-id"} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not name %s", err, part)
				}
			}
			if got, err = w.aws.Images.Resolve(context.Background(), upgrade.Target{Image: newImage(w)}, got); err != nil || got.Version != "1.37" {
				t.Errorf("by id: %+v, %v", got, err)
			}
		})
	}
}

func TestResolveImage(t *testing.T) {
	w := newWorld(t)
	arm, _ := w.LatestImage("1.37", "arm64")
	older := func(release, arch string) string {
		for _, image := range w.Images() {
			if image.ReleaseVersion == release && image.Arch == arch {
				return image.ID
			}
		}
		t.Fatalf("no release %s", release)
		return ""
	}
	x86 := present(w)
	graviton := x86
	graviton.Arch = "arm64"
	tests := map[string]struct {
		target  upgrade.Target
		present upgrade.Image
		want    string
		says    string // of the error
		missing bool   // it is upgrade.ErrNotFound
	}{
		"the newest of a version":             {target: upgrade.Target{Version: "1.37"}, present: x86, want: newImage(w)},
		"the newest of a version for arm64":   {target: upgrade.Target{Version: "1.37"}, present: graviton, want: arm.ID},
		"the newest of the version it has":    {target: upgrade.Target{Version: "1.36"}, present: x86, want: w.image.ID},
		"a release":                           {target: upgrade.Target{Release: "1.36.2-20260818"}, present: x86, want: older("1.36.2-20260818", "x86_64")},
		"a release for arm64":                 {target: upgrade.Target{Release: "1.35.5-20260818"}, present: graviton, want: older("1.35.5-20260818", "arm64")},
		"an image":                            {target: upgrade.Target{Image: newImage(w)}, present: x86, want: newImage(w)},
		"an image for nodes of unknown image": {target: upgrade.Target{Image: newImage(w)}, want: newImage(w)},
		"a version that is not published": {target: upgrade.Target{Version: "1.99"}, present: x86, missing: true,
			says: "image of AmazonLinux2023 with Kubernetes 1.99 for x86_64: not found in us-west-2, Amazon publishes none"},
		"a release that is not published": {target: upgrade.Target{Release: "1.37.1-20200101"}, present: x86, missing: true, says: "1.37.1-20200101"},
		"a release of another patch":      {target: upgrade.Target{Release: "1.37.9-20260915"}, present: x86, missing: true, says: "release 1.37.1-20260915"},
		"a version for nodes whose image is gone": {target: upgrade.Target{Version: "1.37"}, present: upgrade.Image{ID: "ami-0gone"},
			says: "image ami-0gone of the nodes does not exist any more"},
		"what is no release":           {target: upgrade.Target{Release: "latest"}, present: x86, says: "1.37.1-20260915"},
		"an image that does not exist": {target: upgrade.Target{Image: "ami-00000000000000000"}, present: x86, missing: true, says: "ami-00000000000000000"},
		"an image of another architecture": {target: upgrade.Target{Image: arm.ID}, present: x86,
			says: "image " + arm.ID + " (" + arm.Name + ") is for arm64, and the nodes are x86_64"},
		"no target": {target: upgrade.Target{}, present: x86, says: "names no version"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := w.aws.Images.Resolve(context.Background(), tt.target, tt.present)
			if tt.says == "" {
				must(t, err)
				if got.ID != tt.want {
					t.Errorf("got %s (%s), want %s", got.ID, got.Name, tt.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, upgrade.ErrNotFound) != tt.missing {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

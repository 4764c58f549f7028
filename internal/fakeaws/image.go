package fakeaws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Image is a machine image.
type Image struct {
	ID          string
	Name        string
	Description string
	// Owner is the account that published the image, OwnerAlias its name
	// ("amazon") or empty.
	Owner, OwnerAlias string
	// Arch is x86_64 or arm64, as EC2 spells it.
	Arch string
	// Family is the operating system in the words of EKS's public parameters:
	// amazon-linux-2023. Empty for images that are not EKS's.
	Family string
	// KubernetesVersion is the minor, as 1.36; ReleaseVersion names patch and
	// date, as 1.36.2-20260915. Both empty for images that are not EKS's.
	KubernetesVersion, ReleaseVersion string
	Created                           time.Time
	// Broken marks an image whose machines run but never join a cluster. EC2
	// does not know; whoever plays the machines reads it here.
	Broken bool
	// NeverReady marks, in the same way, one whose machines join and stay not ready.
	NeverReady bool
}

// eksOwner is the account that publishes EKS's images in most regions.
const eksOwner = "602401143452"

// family is the one operating system that has images here.
const family = "amazon-linux-2023"

// release is one published image of a minor.
type release struct{ patch, date string }

// releases are the published images of the newest four minors, oldest first.
func releases() [][]release {
	return [][]release{
		{{"1.34.6", "20260721"}, {"1.34.7", "20260818"}, {"1.34.7", "20260915"}},
		{{"1.35.4", "20260721"}, {"1.35.5", "20260818"}, {"1.35.5", "20260915"}},
		{{"1.36.1", "20260721"}, {"1.36.2", "20260818"}, {"1.36.2", "20260915"}},
		{{"1.37.0", "20260818"}, {"1.37.1", "20260901"}, {"1.37.1", "20260915"}},
	}
}

func eksImages(region string) []*Image {
	var all []*Image
	for _, minor := range releases() {
		for _, r := range minor {
			all = append(all, eksImage(region, r, "x86_64"), eksImage(region, r, "arm64"))
		}
	}
	return all
}

func eksImage(region string, r release, arch string) *Image {
	minor := r.patch[:strings.LastIndexByte(r.patch, '.')]
	name := eksImageName(minor, arch, r.date)
	created, _ := time.Parse("20060102", r.date)
	return &Image{
		ID:   stableID("ami", region+"/"+name),
		Name: name,
		Description: fmt.Sprintf("EKS-optimized Kubernetes node based on Amazon Linux 2023, "+
			"(k8s: %s, containerd: 2.1.*)", r.patch),
		Owner:             eksOwner,
		OwnerAlias:        "amazon",
		Arch:              arch,
		Family:            family,
		KubernetesVersion: minor,
		ReleaseVersion:    r.patch + "-" + r.date,
		Created:           created.Add(21 * time.Hour),
	}
}

func eksImageName(minor, arch, date string) string {
	return fmt.Sprintf("amazon-eks-node-al2023-%s-standard-%s-v%s", arch, minor, date)
}

// Image returns the image with that id; false if there is none.
func (c *Cloud) Image(id string) (Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if image := c.image(id); image != nil {
		return c.seen(*image), true
	}
	return Image{}, false
}

// Images returns every image, EKS's from the oldest minor to the newest and
// within it from the oldest release to the newest, then those added.
func (c *Cloud) Images() []Image {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Image, 0, len(c.images))
	for _, image := range c.images {
		all = append(all, *image)
	}
	return all
}

// LatestImage returns EKS's newest image for a minor (1.36) and an
// architecture (x86_64 or arm64); false if there is none.
func (c *Cloud) LatestImage(kubernetesVersion, arch string) (Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if image := c.latestImage(kubernetesVersion, arch); image != nil {
		return *image, true
	}
	return Image{}, false
}

// AddImage publishes an image, for instance one that someone built. An empty
// ID, Owner, Arch or Created is filled in. It returns the image as stored, and
// an error if the ID is taken.
func (c *Cloud) AddImage(image Image) (Image, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if image.ID == "" {
		image.ID = c.id("ami")
	}
	if c.image(image.ID) != nil {
		return Image{}, newError("InvalidAMIID.Duplicate", "the image '%s' exists already", image.ID)
	}
	setDefault(&image.Owner, c.cfg.Account)
	setDefault(&image.Arch, "x86_64")
	if image.Created.IsZero() {
		image.Created = c.cfg.Clock()
	}
	c.images = append(c.images, &image)
	return image, nil
}

// BreakImage marks an image as one whose machines never join, or as sound
// again. It returns false if there is no such image. Instances that were
// launched before are not touched.
func (c *Cloud) BreakImage(id string, broken bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	image := c.image(id)
	if image == nil {
		return false
	}
	image.Broken = broken
	return true
}

func (c *Cloud) image(id string) *Image {
	i := slices.IndexFunc(c.images, func(image *Image) bool { return image.ID == id })
	if i < 0 {
		return nil
	}
	return c.images[i]
}

func (c *Cloud) latestImage(minor, arch string) *Image {
	var latest *Image
	for _, image := range c.images {
		fits := image.OwnerAlias == "amazon" && image.KubernetesVersion == minor && image.Arch == arch
		if fits && (latest == nil || image.Created.After(latest.Created)) {
			latest = image
		}
	}
	return latest
}

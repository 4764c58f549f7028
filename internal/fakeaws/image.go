package fakeaws

import (
	"slices"
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
	// Family is the operating system as eksctl calls it: AmazonLinux2023,
	// WindowsServer2022CoreContainer. Variant is nvidia, neuron, fips,
	// nvidia-fips, gpu or empty. Both are empty for images that are not for EKS.
	Family, Variant string
	// KubernetesVersion is a minor version such as 1.36, KubeletVersion a patch
	// version such as 1.36.2, and ReleaseVersion the publisher's name of the
	// release: 1.36.2-20260915, 1.62.0-7d1e94b2. All are empty for images that
	// are not for EKS.
	KubernetesVersion, KubeletVersion, ReleaseVersion string
	Created                                           time.Time
	// Devices are its volumes, the root device first; nil is one of 20 GiB at /dev/xvda. A copy has those
	// of its source.
	Devices []ImageDevice
	// BootMode is uefi or uefi-preferred, empty for an image that boots anywhere. NoENA is an image
	// without the driver for the network of all newer instance types.
	BootMode string
	NoENA    bool
	// Private marks an image that its owner does not share any more, as Windows images are after four
	// months: EC2 neither lists nor launches it, and its instances run on.
	// https://docs.aws.amazon.com/eks/latest/userguide/eks-optimized-windows-ami.html
	Private bool
	// Broken marks an image whose instances run but never join a cluster. EC2
	// does not know; whoever plays the kubelets reads it here.
	Broken bool
	// NeverReady marks, in the same way, an image whose instances join and stay
	// not ready.
	NeverReady bool
	// published says which public parameters name the image; nil for images that
	// were added.
	published *publication
	token     string // client token of the request that created it
}

// windows reports whether EC2 counts it as Windows.
func (i *Image) windows() bool { return i.published != nil && i.published.windows }

// Image returns the image with that id; false if there is none.
func (c *Cloud) Image(id string) (Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if image := c.image(id); image != nil {
		return c.seen(*image), true
	}
	return Image{}, false
}

// Images returns all images: first the published ones, by minor version and
// release from old to new, then those that were added.
func (c *Cloud) Images() []Image {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Image, 0, len(c.images))
	for _, image := range c.images {
		all = append(all, *image)
	}
	return all
}

// LatestImage returns the newest standard image of Amazon Linux 2023 for a
// minor (1.36) and an architecture (x86_64 or arm64); false if there is none.
func (c *Cloud) LatestImage(kubernetesVersion, arch string) (Image, bool) {
	return c.LatestImageOf("AmazonLinux2023", "", kubernetesVersion, arch)
}

// LatestImageOf returns the newest published image of a family and variant for
// a minor (1.36) and an architecture (x86_64 or arm64); false if there is none.
func (c *Cloud) LatestImageOf(family, variant, kubernetesVersion, arch string) (Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if image := c.latestImage(family, variant, kubernetesVersion, arch); image != nil {
		return *image, true
	}
	return Image{}, false
}

// AddImage adds an image, for example one that somebody built. An empty ID, Owner,
// Arch or Created is filled in. AddImage returns the image as it is stored, or an
// error if the ID is taken.
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

// BreakImage marks an image as one whose instances never join, or removes that
// mark. It returns false if there is no such image. Instances that have joined
// stay joined.
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

// HideImage makes an image private, or public again. It returns false if there is no such image.
func (c *Cloud) HideImage(id string, private bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	image := c.image(id)
	if image == nil {
		return false
	}
	image.Private = private
	return true
}

func (c *Cloud) image(id string) *Image {
	i := slices.IndexFunc(c.images, func(image *Image) bool { return image.ID == id })
	if i < 0 {
		return nil
	}
	return c.images[i]
}

func (c *Cloud) latestImage(family, variant, minor, arch string) *Image {
	var latest *Image
	for _, image := range c.images {
		fits := image.published != nil && image.Family == family && image.Variant == variant &&
			image.KubernetesVersion == minor && image.Arch == arch
		if fits && (latest == nil || image.Created.After(latest.Created)) {
			latest = image
		}
	}
	return latest
}

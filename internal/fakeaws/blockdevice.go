package fakeaws

import (
	"slices"
	"strings"
)

// ImageDevice is a volume that an instance of an image has unless its launch says otherwise.
type ImageDevice struct {
	Name       string // /dev/xvda
	SnapshotID string // "" for an empty volume
	Size       int    // GiB, that of the snapshot
}

// usualRoot is the root device of most images for EKS, and its size.
const (
	usualRoot     = "/dev/xvda"
	usualRootSize = 20
)

// devices returns the volumes of an image, its root device first.
func (i *Image) devices() []ImageDevice {
	if len(i.Devices) > 0 {
		return i.Devices
	}
	return []ImageDevice{i.snapshot(usualRoot, usualRootSize)}
}

// snapshot is a volume with a snapshot of this image.
func (i *Image) snapshot(device string, size int) ImageDevice {
	return ImageDevice{Name: device, SnapshotID: stableID("snap", i.ID+device), Size: size}
}

// checkDevices refuses mappings that EC2 cannot launch an image with: a volume that is smaller than its
// snapshot, and one of which neither size nor snapshot is known. A snapshot of no image is of any size.
func (c *Cloud) checkDevices(p *launchPlan) *Error {
	for _, mapping := range p.data.BlockDevices {
		if mapping.EBS == nil {
			continue
		}
		from := ImageDevice{SnapshotID: mapping.EBS.SnapshotID}
		of := slices.IndexFunc(p.image.devices(), func(d ImageDevice) bool { return d.Name == mapping.DeviceName })
		switch {
		case from.SnapshotID != "":
			from.Size = c.sizeOf(from.SnapshotID)
		case of >= 0:
			from = p.image.devices()[of]
		}
		size := mapping.EBS.VolumeSize
		switch {
		case from.SnapshotID == "" && size == nil:
			return newError("MissingParameter", "The request must contain the parameter size or snapshotId")
		case size != nil && *size < from.Size:
			return newError("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size>= %dGB",
				*size, from.SnapshotID, from.Size)
		}
	}
	return nil
}

// sizeOf is the size of a snapshot of an image, 0 if no image has it.
func (c *Cloud) sizeOf(snapshot string) int {
	for _, image := range c.images {
		for _, device := range image.devices() {
			if device.SnapshotID == snapshot {
				return device.Size
			}
		}
	}
	return 0
}

// withoutSnapshots is what a new version inherits of a source version: EC2 leaves the snapshots out of
// its mappings (CreateLaunchTemplateVersion, SourceVersion: "Snapshots applied to the block device
// mapping are ignored when creating a new version unless they are explicitly included").
func (d templateData) withoutSnapshots() templateData {
	d.BlockDevices = slices.Clone(d.BlockDevices)
	for i, mapping := range d.BlockDevices {
		if mapping.EBS != nil {
			ebs := *mapping.EBS
			ebs.SnapshotID = ""
			d.BlockDevices[i].EBS = &ebs
		}
	}
	return d
}

type imageDeviceXML struct {
	DeviceName          string `xml:"deviceName"`
	SnapshotID          string `xml:"ebs>snapshotId,omitempty"`
	Size                int    `xml:"ebs>volumeSize"`
	DeleteOnTermination bool   `xml:"ebs>deleteOnTermination"`
	Type                string `xml:"ebs>volumeType"`
	Encrypted           bool   `xml:"ebs>encrypted"`
}

func (i *Image) devicesXML() items[imageDeviceXML] {
	var all items[imageDeviceXML]
	for _, d := range i.devices() {
		all.List = append(all.List, imageDeviceXML{
			DeviceName: d.Name, SnapshotID: d.SnapshotID, Size: d.Size, DeleteOnTermination: true, Type: "gp3",
		})
	}
	return all
}

// volumes are those of a published image. That of Bottlerocket's data (/dev/xvdb) has a snapshot, too.
func (p publisher) volumes(image *Image) []ImageDevice {
	switch {
	case p.family == "Bottlerocket":
		return []ImageDevice{image.snapshot(usualRoot, 2), image.snapshot("/dev/xvdb", 20)}
	case p.windows:
		return []ImageDevice{image.snapshot("/dev/sda1", 50)}
	case strings.HasPrefix(p.family, "Ubuntu"):
		return []ImageDevice{image.snapshot("/dev/sda1", 8)}
	}
	return nil
}

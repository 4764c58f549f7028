package fakeaws

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

type imageXML struct {
	ID             string     `xml:"imageId"`
	Location       string     `xml:"imageLocation"`
	State          string     `xml:"imageState"`
	Owner          string     `xml:"imageOwnerId"`
	OwnerAlias     string     `xml:"imageOwnerAlias,omitempty"`
	Created        string     `xml:"creationDate"`
	Public         bool       `xml:"isPublic"`
	Arch           string     `xml:"architecture"`
	Type           string     `xml:"imageType"`
	Name           string     `xml:"name"`
	Description    string     `xml:"description,omitempty"`
	RootDeviceType string     `xml:"rootDeviceType"`
	RootDeviceName string     `xml:"rootDeviceName"`
	Virtualization string     `xml:"virtualizationType"`
	Hypervisor     string     `xml:"hypervisor"`
	ENA            bool       `xml:"enaSupport"`
	Platform       string     `xml:"platform,omitempty"`
	Details        string     `xml:"platformDetails"`
	BootMode       string     `xml:"bootMode,omitempty"`
	Tags           items[tag] `xml:"tagSet"`

	Devices items[imageDeviceXML] `xml:"blockDeviceMapping"`
}

func (i *Image) xml() imageXML {
	platform, details := "", "Linux/UNIX"
	if i.windows() {
		platform, details = "windows", "Windows"
	}
	return imageXML{
		ID: i.ID, Location: i.Owner + "/" + i.Name, State: "available", Owner: i.Owner, OwnerAlias: i.OwnerAlias,
		Created: formatTime(i.Created), Public: i.OwnerAlias != "", Arch: i.Arch, Type: "machine", Name: i.Name,
		Description: i.Description, RootDeviceType: "ebs", RootDeviceName: i.devices()[0].Name,
		Virtualization: "hvm", Hypervisor: "xen", ENA: !i.NoENA, Platform: platform, Details: details,
		BootMode: i.BootMode, Devices: i.devicesXML(),
	}
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

type describeImagesInput struct {
	paging
	IDs               []string `form:"ImageId"`
	Owners            []string `form:"Owner"`
	Filters           []filter `form:"Filter"`
	IncludeDeprecated *bool    `form:"IncludeDeprecated"` // no image is deprecated
	IncludeDisabled   *bool    `form:"IncludeDisabled"`   // nor disabled
}

type describeImagesOutput struct {
	Images    items[imageXML] `xml:"imagesSet"`
	NextToken string          `xml:"nextToken,omitempty"`
}

func (r *request) describeImages(in *describeImagesInput) (*describeImagesOutput, *Error) {
	if in.MaxResults != nil && len(in.IDs) > 0 {
		return nil, newError("InvalidParameterCombination", "The parameter MaxResults cannot be used with the parameter imageIds")
	}
	for _, id := range in.IDs {
		if !regexp.MustCompile(`^ami-[0-9a-f]{8}([0-9a-f]{9})?$`).MatchString(id) {
			return nil, newError("InvalidAMIID.Malformed", "Invalid id: \"%s\"", id)
		}
	}
	found, err := wanted(r.images, in.IDs, func(i *Image) string { return i.ID }, func(id string) *Error {
		return newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	})
	if err != nil {
		return nil, err
	}
	// "If you specify an AMI ID for which you do not have access, it will not be included in the returned
	// results" (DescribeImages).
	owned := slices.DeleteFunc(slices.Clone(found), func(i *Image) bool { return r.isPrivate(i.ID) || !r.ownedByOneOf(i, in.Owners) })
	kept, err := imageFilters().matching(owned, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 1, 1000, func(i *Image) string { return i.ID })
	if err != nil {
		return nil, err
	}
	out := &describeImagesOutput{NextToken: next}
	for _, i := range part {
		out.Images.List = append(out.Images.List, i.xml())
	}
	return out, nil
}

func (r *request) ownedByOneOf(i *Image, owners []string) bool {
	return len(owners) == 0 || slices.ContainsFunc(owners, func(owner string) bool {
		return owner == i.Owner || owner == i.OwnerAlias || owner == "self" && i.Owner == r.cfg.Account
	})
}

func imageFilters() filterable[*Image] {
	return filterable[*Image]{
		fields: map[string]func(*Image) string{
			"architecture":        func(i *Image) string { return i.Arch },
			"creation-date":       func(i *Image) string { return formatTime(i.Created) },
			"description":         func(i *Image) string { return i.Description },
			"image-id":            func(i *Image) string { return i.ID },
			"image-type":          func(*Image) string { return "machine" },
			"is-public":           func(i *Image) string { return strconv.FormatBool(i.OwnerAlias != "") },
			"name":                func(i *Image) string { return i.Name },
			"owner-alias":         func(i *Image) string { return i.OwnerAlias },
			"owner-id":            func(i *Image) string { return i.Owner },
			"root-device-type":    func(*Image) string { return "ebs" },
			"state":               func(*Image) string { return "available" },
			"virtualization-type": func(*Image) string { return "hvm" },
		},
		tags: func(*Image) map[string]string { return nil },
	}
}

type copyImageInput struct {
	Source      string `form:"SourceImageId,required"`
	Region      string `form:"SourceRegion,required"`
	Name        string `form:"Name,required"`
	Description string `form:"Description"`
	ClientToken string `form:"ClientToken" len:"0-128"`
}

type copyImageOutput struct {
	ID string `xml:"imageId"`
}

// copyImage creates an image that belongs to the account. Its instances behave
// like those of the original.
func (r *request) copyImage(in *copyImageInput) (*copyImageOutput, *Error) {
	for _, parameter := range [][2]string{{"SourceImageId", in.Source}, {"SourceRegion", in.Region}, {"Name", in.Name}} {
		if parameter[1] == "" {
			return nil, newError("MissingParameter", "The request must contain the parameter %s", parameter[0])
		}
	}
	if made := slices.IndexFunc(r.images, func(i *Image) bool { return i.token != "" && i.token == in.ClientToken }); made >= 0 {
		return &copyImageOutput{r.images[made].ID}, nil
	}
	source := r.image(in.Source)
	if source == nil || r.isPrivate(source.ID) || in.Region != r.cfg.Region {
		return nil, newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", in.Source)
	}
	made := *source
	made.Devices = source.devices()
	made.ID, made.Name, made.Description = r.id("ami"), in.Name, in.Description
	made.Owner, made.OwnerAlias, made.Created, made.published = r.cfg.Account, "", r.now, nil
	made.token = in.ClientToken
	r.images = append(r.images, &made)
	return &copyImageOutput{made.ID}, nil
}

type deregisterImageInput struct {
	ID string `form:"ImageId,required"`
}

// deregisterImage removes an image of the account. Its instances keep running.
func (r *request) deregisterImage(in *deregisterImageInput) (*done, *Error) {
	if in.ID == "" {
		return nil, newError("MissingParameter", "The request must contain the parameter ImageId")
	}
	own := slices.IndexFunc(r.images, func(i *Image) bool { return i.ID == in.ID && i.Owner == r.cfg.Account })
	if own < 0 {
		return nil, newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", in.ID)
	}
	r.images = slices.Delete(r.images, own, own+1)
	return &done{}, nil
}

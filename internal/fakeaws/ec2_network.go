package fakeaws

type subnetXML struct {
	ID        string     `xml:"subnetId"`
	ARN       string     `xml:"subnetArn"`
	State     string     `xml:"state"`
	Owner     string     `xml:"ownerId"`
	VPCID     string     `xml:"vpcId"`
	CIDR      string     `xml:"cidrBlock"`
	Available int        `xml:"availableIpAddressCount"`
	Zone      string     `xml:"availabilityZone"`
	ZoneID    string     `xml:"availabilityZoneId"`
	Default   bool       `xml:"defaultForAz"`
	PublicIP  bool       `xml:"mapPublicIpOnLaunch"`
	Tags      items[tag] `xml:"tagSet"`
}

type describeSubnetsInput struct {
	paging
	IDs     []string `form:"SubnetId"`
	Filters []filter `form:"Filter"`
}

type describeSubnetsOutput struct {
	Subnets   items[subnetXML] `xml:"subnetSet"`
	NextToken string           `xml:"nextToken,omitempty"`
}

func (r *request) describeSubnets(in *describeSubnetsInput) (*describeSubnetsOutput, *Error) {
	var all []subnetXML
	for _, s := range r.network.subnets {
		all = append(all, r.subnetXML(s))
	}
	found, err := wanted(all, in.IDs, func(s subnetXML) string { return s.ID }, func(id string) *Error {
		return newError("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	})
	if err != nil {
		return nil, err
	}
	kept, err := r.subnetFilters().matching(found, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 5, 1000, func(s subnetXML) string { return s.ID })
	if err != nil {
		return nil, err
	}
	return &describeSubnetsOutput{Subnets: items[subnetXML]{part}, NextToken: next}, nil
}

func (c *Cloud) subnetXML(s *subnet) subnetXML {
	return subnetXML{
		ID: s.id, ARN: c.arn("ec2", "subnet/"+s.id), State: "available", Owner: c.cfg.Account, VPCID: c.network.vpcID, CIDR: s.cidr,
		Available: subnetAddresses - c.inUse(s.id), Zone: s.zone, ZoneID: s.zoneID, Tags: items[tag]{tagList(s.tags)},
	}
}

func (c *Cloud) subnetFilters() filterable[subnetXML] {
	return filterable[subnetXML]{
		fields: map[string]func(subnetXML) string{
			"availability-zone":    func(s subnetXML) string { return s.Zone },
			"availability-zone-id": func(s subnetXML) string { return s.ZoneID },
			"cidr-block":           func(s subnetXML) string { return s.CIDR },
			"owner-id":             func(s subnetXML) string { return s.Owner },
			"state":                func(s subnetXML) string { return s.State },
			"subnet-id":            func(s subnetXML) string { return s.ID },
			"vpc-id":               func(s subnetXML) string { return s.VPCID },
		},
		tags: func(s subnetXML) map[string]string { return c.network.byID(s.ID).tags },
	}
}

// inUse counts the addresses of a subnet that instances use.
func (c *Cloud) inUse(subnetID string) int {
	n := 0
	for _, m := range c.instances {
		if m.SubnetID == subnetID && m.State != StateTerminated {
			n++
		}
	}
	return n
}

type createSubnetInput struct {
	VPCID string `form:"VpcId,required"`
	Zone  string `form:"AvailabilityZone"`
}

type createSubnetOutput struct {
	Subnet subnetXML `xml:"subnet"`
}

// createSubnet adds a subnet to a zone. Its addresses are chosen here.
func (r *request) createSubnet(in *createSubnetInput) (*createSubnetOutput, *Error) {
	if in.VPCID != r.network.vpcID {
		return nil, newError("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", in.VPCID)
	}
	if r.network.inZone(in.Zone) == nil {
		return nil, newError("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid.", in.Zone)
	}
	return &createSubnetOutput{r.subnetXML(r.network.add(in.Zone))}, nil
}

type zoneXML struct {
	Name        string `xml:"zoneName"`
	ID          string `xml:"zoneId"`
	State       string `xml:"zoneState"`
	Region      string `xml:"regionName"`
	GroupName   string `xml:"groupName"`
	BorderGroup string `xml:"networkBorderGroup"`
	Type        string `xml:"zoneType"`
	OptIn       string `xml:"optInStatus"`
}

type describeAvailabilityZonesInput struct {
	Names   []string `form:"ZoneName"`
	IDs     []string `form:"ZoneId"`
	All     *bool    `form:"AllAvailabilityZones"` // no effect: no zone needs an opt-in
	Filters []filter `form:"Filter"`
}

type describeAvailabilityZonesOutput struct {
	Zones items[zoneXML] `xml:"availabilityZoneInfo"`
}

func (r *request) describeAvailabilityZones(in *describeAvailabilityZonesInput) (*describeAvailabilityZonesOutput, *Error) {
	var all []zoneXML
	for _, s := range r.network.subnets {
		if r.network.inZone(s.zone) != s {
			continue // another subnet of a zone
		}
		all = append(all, zoneXML{
			Name: s.zone, ID: s.zoneID, State: "available", Region: r.cfg.Region, GroupName: r.cfg.Region + "-zg-1",
			BorderGroup: r.cfg.Region, Type: "availability-zone", OptIn: "opt-in-not-required",
		})
	}
	missing := func(zone string) *Error {
		return newError("InvalidParameterValue", "Invalid availability zone: [%s]", zone)
	}
	found, err := wanted(all, in.Names, func(z zoneXML) string { return z.Name }, missing)
	if err != nil {
		return nil, err
	}
	found, err = wanted(found, in.IDs, func(z zoneXML) string { return z.ID }, missing)
	if err != nil {
		return nil, err
	}
	kept, err := zoneFilters().matching(found, in.Filters)
	if err != nil {
		return nil, err
	}
	return &describeAvailabilityZonesOutput{Zones: items[zoneXML]{kept}}, nil
}

func zoneFilters() filterable[zoneXML] {
	return filterable[zoneXML]{fields: map[string]func(zoneXML) string{
		"group-name":    func(z zoneXML) string { return z.GroupName },
		"opt-in-status": func(z zoneXML) string { return z.OptIn },
		"region-name":   func(z zoneXML) string { return z.Region },
		"state":         func(z zoneXML) string { return z.State },
		"zone-id":       func(z zoneXML) string { return z.ID },
		"zone-name":     func(z zoneXML) string { return z.Name },
		"zone-type":     func(z zoneXML) string { return z.Type },
	}}
}

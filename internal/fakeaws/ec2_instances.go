package fakeaws

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type stateXML struct {
	Code int    `xml:"code"`
	Name string `xml:"name"`
}

func stateOf(name string) stateXML {
	codes := map[string]int{StatePending: 0, StateRunning: 16, StateShuttingDown: 32, StateTerminated: 48, StateStopped: 80}
	return stateXML{Code: codes[name], Name: name}
}

type instanceXML struct {
	ID             string     `xml:"instanceId"`
	ImageID        string     `xml:"imageId"`
	State          stateXML   `xml:"instanceState"`
	PrivateDNS     string     `xml:"privateDnsName"`
	PublicDNS      string     `xml:"dnsName"`
	Reason         string     `xml:"reason"`
	KeyName        string     `xml:"keyName,omitempty"`
	LaunchIndex    int        `xml:"amiLaunchIndex"`
	Type           string     `xml:"instanceType"`
	Lifecycle      string     `xml:"instanceLifecycle,omitempty"`
	Launched       timestamp  `xml:"launchTime"`
	Zone           string     `xml:"placement>availabilityZone"`
	ZoneID         string     `xml:"placement>availabilityZoneId"`
	GroupName      string     `xml:"placement>groupName"`
	Tenancy        string     `xml:"placement>tenancy"`
	Monitoring     string     `xml:"monitoring>state"`
	SubnetID       string     `xml:"subnetId,omitempty"`
	VPCID          string     `xml:"vpcId,omitempty"`
	PrivateIP      string     `xml:"privateIpAddress,omitempty"`
	StateReason    *reasonXML `xml:"stateReason,omitempty"`
	Arch           string     `xml:"architecture"`
	RootDeviceType string     `xml:"rootDeviceType"`
	RootDeviceName string     `xml:"rootDeviceName"`
	Virtualization string     `xml:"virtualizationType"`
	Hypervisor     string     `xml:"hypervisor"`
	EBSOptimized   bool       `xml:"ebsOptimized"`
	ENA            bool       `xml:"enaSupport"`
	Platform       string     `xml:"platformDetails"`
	Tags           items[tag] `xml:"tagSet"`
}

type reasonXML struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

// xml is the instance as EC2 describes it. A terminated instance no longer has an
// address and a subnet.
func (m *machine) xml() instanceXML {
	x := instanceXML{
		ID: m.ID, ImageID: m.ImageID, State: stateOf(m.State), KeyName: m.KeyName, Type: m.Type,
		Launched: timestamp(m.Launched), Zone: m.Zone, ZoneID: m.ZoneID, Tenancy: "default", Monitoring: "disabled",
		Arch: m.Arch, RootDeviceType: "ebs", RootDeviceName: m.rootDevice, Virtualization: "hvm", Hypervisor: "xen",
		ENA: true, Platform: "Linux/UNIX", Tags: items[tag]{tagList(m.Tags)}, Reason: m.reason,
	}
	if m.Spot {
		x.Lifecycle = "spot"
	}
	if m.reasonCode != "" {
		x.StateReason = &reasonXML{Code: m.reasonCode, Message: m.reason}
	}
	if m.State != StateTerminated {
		x.PrivateDNS, x.PrivateIP, x.SubnetID, x.VPCID = m.PrivateDNS, m.PrivateIP, m.SubnetID, m.VPCID
	}
	return x
}

type reservationXML struct {
	ID        string             `xml:"reservationId"`
	Owner     string             `xml:"ownerId"`
	Groups    items[string]      `xml:"groupSet"`
	Instances items[instanceXML] `xml:"instancesSet"`
}

type describeInstancesInput struct {
	paging
	IDs            []string `form:"InstanceId"`
	Filters        []filter `form:"Filter"`
	IncludeManaged *bool    `form:"IncludeManagedResources"` // there are none
}

type describeInstancesOutput struct {
	Reservations items[reservationXML] `xml:"reservationSet"`
	NextToken    string                `xml:"nextToken,omitempty"`
}

func (r *request) describeInstances(in *describeInstancesInput) (*describeInstancesOutput, *Error) {
	if in.MaxResults != nil && len(in.IDs) > 0 {
		return nil, newError("InvalidParameterCombination", "The parameter MaxResults cannot be used with the parameter instanceIds")
	}
	found, err := r.machines(in.IDs)
	if err != nil {
		return nil, err
	}
	kept, err := instanceFilters().matching(found, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 5, 1000, func(m *machine) string { return m.ID })
	if err != nil {
		return nil, err
	}
	out := &describeInstancesOutput{NextToken: next}
	for _, m := range part {
		out.Reservations.List = append(out.Reservations.List, reservationXML{
			ID: "r-" + strings.TrimPrefix(m.ID, "i-"), Owner: r.cfg.Account,
			Instances: items[instanceXML]{[]instanceXML{m.xml()}},
		})
	}
	return out, nil
}

// machines returns the instances with those ids, or all instances without ids.
func (c *Cloud) machines(ids []string) ([]*machine, *Error) {
	for _, id := range ids {
		if !regexp.MustCompile(`^i-[0-9a-f]{8}([0-9a-f]{9})?$`).MatchString(id) {
			return nil, newError("InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
		}
	}
	return wanted(c.instances, ids, func(m *machine) string { return m.ID }, unknownInstance)
}

func instanceFilters() filterable[*machine] {
	return filterable[*machine]{
		fields: map[string]func(*machine) string{
			"architecture":         func(m *machine) string { return m.Arch },
			"availability-zone":    func(m *machine) string { return m.Zone },
			"availability-zone-id": func(m *machine) string { return m.ZoneID },
			"image-id":             func(m *machine) string { return m.ImageID },
			"instance-lifecycle":   func(m *machine) string { return m.xml().Lifecycle },
			"instance-id":          func(m *machine) string { return m.ID },
			"instance-state-code":  func(m *machine) string { return strconv.Itoa(stateOf(m.State).Code) },
			"instance-state-name":  func(m *machine) string { return m.State },
			"instance-type":        func(m *machine) string { return m.Type },
			"key-name":             func(m *machine) string { return m.KeyName },
			"launch-time":          func(m *machine) string { return formatTime(m.Launched) },
			"private-dns-name":     func(m *machine) string { return m.xml().PrivateDNS },
			"private-ip-address":   func(m *machine) string { return m.xml().PrivateIP },
			"subnet-id":            func(m *machine) string { return m.xml().SubnetID },
			"vpc-id":               func(m *machine) string { return m.xml().VPCID },
		},
		tags: func(m *machine) map[string]string { return m.Tags },
	}
}

type terminateInstancesInput struct {
	IDs            []string `form:"InstanceId,required"`
	SkipOSShutdown *bool    `form:"SkipOsShutdown"` // ignored: there is no operating system to shut down
}

type stateChangeXML struct {
	ID       string   `xml:"instanceId"`
	Current  stateXML `xml:"currentState"`
	Previous stateXML `xml:"previousState"`
}

type terminateInstancesOutput struct {
	Changes items[stateChangeXML] `xml:"instancesSet"`
}

// terminateInstances terminates instances without telling their groups, which
// notice at the next step. It terminates all or, if one is unknown or protected,
// none.
func (r *request) terminateInstances(in *terminateInstancesInput) (*terminateInstancesOutput, *Error) {
	if len(in.IDs) == 0 {
		return nil, newError("MissingParameter", "The request must contain the parameter InstanceId")
	}
	found, err := r.machines(in.IDs)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(found, func(m *machine) bool { return m.undying && m.alive() }); i >= 0 {
		return nil, newError("OperationNotPermitted", "The instance '%s' may not be terminated. "+
			"Modify its 'disableApiTermination' instance attribute and try again.", found[i].ID)
	}
	out := &terminateInstancesOutput{}
	for _, m := range found {
		before := m.State
		m.userTerminated(r.now)
		r.shutDown(m, r.now)
		out.Changes.List = append(out.Changes.List, stateChangeXML{ID: m.ID, Current: stateOf(m.State), Previous: stateOf(before)})
	}
	return out, nil
}

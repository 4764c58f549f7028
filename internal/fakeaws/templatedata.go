package fakeaws

import "reflect"

// templateData is the data of a launch template version. The form tags are the
// names in requests, the xml tags those in answers, which differ in EC2. Members
// that are missing here (instance requirements, market options, elastic
// accelerators) are refused.
type templateData struct {
	ImageID                           string                       `form:"ImageId" xml:"imageId,omitempty"`
	InstanceType                      string                       `form:"InstanceType" xml:"instanceType,omitempty"`
	UserData                          string                       `form:"UserData" xml:"userData,omitempty"`
	KeyName                           string                       `form:"KeyName" xml:"keyName,omitempty"`
	EBSOptimized                      *bool                        `form:"EbsOptimized" xml:"ebsOptimized,omitempty"`
	DisableAPITermination             *bool                        `form:"DisableApiTermination" xml:"disableApiTermination,omitempty"`
	DisableAPIStop                    *bool                        `form:"DisableApiStop" xml:"disableApiStop,omitempty"`
	InstanceInitiatedShutdownBehavior string                       `form:"InstanceInitiatedShutdownBehavior" enum:"stop terminate" xml:"instanceInitiatedShutdownBehavior,omitempty"`
	SecurityGroupIDs                  itemSet[string]              `form:"SecurityGroupId" xml:"securityGroupIdSet,omitempty"`
	SecurityGroups                    itemSet[string]              `form:"SecurityGroup" xml:"securityGroupSet,omitempty"`
	IAMInstanceProfile                *templateProfile             `form:"IamInstanceProfile" xml:"iamInstanceProfile,omitempty"`
	BlockDevices                      itemSet[templateBlockDevice] `form:"BlockDeviceMapping" xml:"blockDeviceMappingSet,omitempty"`
	NetworkInterfaces                 itemSet[templateInterface]   `form:"NetworkInterface" xml:"networkInterfaceSet,omitempty"`
	TagSpecifications                 itemSet[tagSpecification]    `form:"TagSpecification" xml:"tagSpecificationSet,omitempty"`
	MetadataOptions                   *templateMetadata            `form:"MetadataOptions" xml:"metadataOptions,omitempty"`
	Monitoring                        *templateSwitch              `form:"Monitoring" xml:"monitoring,omitempty"`
	EnclaveOptions                    *templateSwitch              `form:"EnclaveOptions" xml:"enclaveOptions,omitempty"`
	Placement                         *templatePlacement           `form:"Placement" xml:"placement,omitempty"`
	CreditSpecification               *templateCredits             `form:"CreditSpecification" xml:"creditSpecification,omitempty"`
	CPUOptions                        *templateCPU                 `form:"CpuOptions" xml:"cpuOptions,omitempty"`
	PrivateDNSNameOptions             *templatePrivateDNS          `form:"PrivateDnsNameOptions" xml:"privateDnsNameOptions,omitempty"`
	MaintenanceOptions                *templateMaintenance         `form:"MaintenanceOptions" xml:"maintenanceOptions,omitempty"`
	Market                            *templateMarket              `form:"InstanceMarketOptions" xml:"instanceMarketOptions,omitempty"`
	CapacityReservation               *templateReservationUse      `form:"CapacityReservationSpecification" xml:"capacityReservationSpecification,omitempty"`
}

type templateProfile struct {
	ARN  string `form:"Arn" xml:"arn,omitempty"`
	Name string `form:"Name" xml:"name,omitempty"`
}

type templateBlockDevice struct {
	DeviceName  string       `form:"DeviceName" xml:"deviceName,omitempty"`
	VirtualName string       `form:"VirtualName" xml:"virtualName,omitempty"`
	NoDevice    string       `form:"NoDevice" xml:"noDevice,omitempty"`
	EBS         *templateEBS `form:"Ebs" xml:"ebs,omitempty"`
}

type templateEBS struct {
	Encrypted           *bool  `form:"Encrypted" xml:"encrypted,omitempty"`
	DeleteOnTermination *bool  `form:"DeleteOnTermination" xml:"deleteOnTermination,omitempty"`
	IOPS                *int   `form:"Iops" xml:"iops,omitempty"`
	KMSKeyID            string `form:"KmsKeyId" xml:"kmsKeyId,omitempty"`
	SnapshotID          string `form:"SnapshotId" xml:"snapshotId,omitempty"`
	VolumeSize          *int   `form:"VolumeSize" xml:"volumeSize,omitempty"`
	VolumeType          string `form:"VolumeType" enum:"standard io1 io2 gp2 sc1 st1 gp3" xml:"volumeType,omitempty"`
	Throughput          *int   `form:"Throughput" xml:"throughput,omitempty"`
}

type templateInterface struct {
	AssociatePublicIP   *bool      `form:"AssociatePublicIpAddress" xml:"associatePublicIpAddress,omitempty"`
	DeleteOnTermination *bool      `form:"DeleteOnTermination" xml:"deleteOnTermination,omitempty"`
	Description         string     `form:"Description" xml:"description,omitempty"`
	DeviceIndex         *int       `form:"DeviceIndex" xml:"deviceIndex,omitempty"`
	NetworkCardIndex    *int       `form:"NetworkCardIndex" xml:"networkCardIndex,omitempty"`
	InterfaceType       string     `form:"InterfaceType" xml:"interfaceType,omitempty"`
	Groups              groupIDSet `form:"SecurityGroupId" xml:"groupSet,omitempty"`
}

type templateMetadata struct {
	HTTPTokens   string `form:"HttpTokens" enum:"optional required" xml:"httpTokens,omitempty"`
	HopLimit     *int   `form:"HttpPutResponseHopLimit" xml:"httpPutResponseHopLimit,omitempty"`
	HTTPEndpoint string `form:"HttpEndpoint" enum:"disabled enabled" xml:"httpEndpoint,omitempty"`
	IPv6         string `form:"HttpProtocolIpv6" enum:"disabled enabled" xml:"httpProtocolIpv6,omitempty"`
	InstanceTags string `form:"InstanceMetadataTags" enum:"disabled enabled" xml:"instanceMetadataTags,omitempty"`
}

type templateSwitch struct {
	Enabled *bool `form:"Enabled" xml:"enabled,omitempty"`
}

type templatePlacement struct {
	Tenancy   string `form:"Tenancy" enum:"default dedicated host" xml:"tenancy,omitempty"`
	GroupName string `form:"GroupName" xml:"groupName,omitempty"`
	GroupID   string `form:"GroupId" xml:"groupId,omitempty"`
}

type templateCredits struct {
	CPUCredits string `form:"CpuCredits" xml:"cpuCredits,omitempty"`
}

type templateCPU struct {
	CoreCount      *int `form:"CoreCount" xml:"coreCount,omitempty"`
	ThreadsPerCore *int `form:"ThreadsPerCore" xml:"threadsPerCore,omitempty"`
}

type templatePrivateDNS struct {
	HostnameType string `form:"HostnameType" enum:"ip-name resource-name" xml:"hostnameType,omitempty"`
	ARecord      *bool  `form:"EnableResourceNameDnsARecord" xml:"enableResourceNameDnsARecord,omitempty"`
	AAAARecord   *bool  `form:"EnableResourceNameDnsAAAARecord" xml:"enableResourceNameDnsAAAARecord,omitempty"`
}

type templateMaintenance struct {
	AutoRecovery string `form:"AutoRecovery" enum:"default disabled" xml:"autoRecovery,omitempty"`
}

type templateMarket struct {
	Type string              `form:"MarketType" enum:"on-demand spot capacity-block interruptible-capacity-reservation" xml:"marketType,omitempty"`
	Spot *templateSpotMarket `form:"SpotOptions" xml:"spotOptions,omitempty"`
}

type templateSpotMarket struct {
	MaxPrice     string `form:"MaxPrice" xml:"maxPrice,omitempty"`
	Type         string `form:"SpotInstanceType" enum:"one-time persistent" xml:"spotInstanceType,omitempty"`
	Interruption string `form:"InstanceInterruptionBehavior" enum:"hibernate stop terminate" xml:"instanceInterruptionBehavior,omitempty"`
}

type templateReservationUse struct {
	Preference string `form:"CapacityReservationPreference" enum:"capacity-reservations-only open none" xml:"capacityReservationPreference,omitempty"`
}

// overlay returns the data with every member that over names replaced: the
// whole member, lists included, as EC2 does with a source version.
func (d templateData) overlay(over templateData) templateData {
	result := reflect.ValueOf(&d).Elem()
	for i, from := 0, reflect.ValueOf(over); i < from.NumField(); i++ {
		if !from.Field(i).IsZero() {
			result.Field(i).Set(from.Field(i))
		}
	}
	return d
}

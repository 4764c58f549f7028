package fakeaws

import "strconv"

type instanceTypeXML struct {
	Name              string        `xml:"instanceType"`
	CurrentGeneration bool          `xml:"currentGeneration"`
	UsageClasses      items[string] `xml:"supportedUsageClasses"`
	BareMetal         bool          `xml:"bareMetal"`
	Hypervisor        string        `xml:"hypervisor"`
	Architectures     items[string] `xml:"processorInfo>supportedArchitectures"`
	VCPUs             int           `xml:"vCpuInfo>defaultVCpus"`
	Cores             int           `xml:"vCpuInfo>defaultCores"`
	ThreadsPerCore    int           `xml:"vCpuInfo>defaultThreadsPerCore"`
	MemoryMiB         int           `xml:"memoryInfo>sizeInMiB"`
	NetworkPerf       string        `xml:"networkInfo>networkPerformance"`
	Interfaces        int           `xml:"networkInfo>maximumNetworkInterfaces"`
	Addresses         int           `xml:"networkInfo>ipv4AddressesPerInterface"`
	GPU               *gpuXML       `xml:"gpuInfo,omitempty"`
}

type gpuXML struct {
	GPUs           items[gpuDeviceXML] `xml:"gpus"`
	TotalMemoryMiB int                 `xml:"totalGpuMemoryInMiB"`
}

type gpuDeviceXML struct {
	Name         string `xml:"name"`
	Manufacturer string `xml:"manufacturer"`
	Count        int    `xml:"count"`
	MemoryMiB    int    `xml:"memoryInfo>sizeInMiB"`
}

func (t instanceType) xml() instanceTypeXML {
	x := instanceTypeXML{
		Name: t.name, CurrentGeneration: true, UsageClasses: items[string]{[]string{"on-demand", "spot"}}, Hypervisor: "nitro",
		Architectures: items[string]{[]string{t.arch}}, VCPUs: t.vcpus, Cores: t.vcpus / t.threadsPerCore,
		ThreadsPerCore: t.threadsPerCore, MemoryMiB: t.memoryMiB, NetworkPerf: t.network,
		Interfaces: t.interfaces, Addresses: t.addresses,
	}
	if t.gpus > 0 {
		device := gpuDeviceXML{Name: t.gpuName, Manufacturer: "NVIDIA", Count: t.gpus, MemoryMiB: t.gpuMemoryMiB}
		x.GPU = &gpuXML{GPUs: items[gpuDeviceXML]{[]gpuDeviceXML{device}}, TotalMemoryMiB: t.gpus * t.gpuMemoryMiB}
	}
	return x
}

type describeInstanceTypesInput struct {
	paging
	Types   []string `form:"InstanceType"`
	Filters []filter `form:"Filter"`
}

type describeInstanceTypesOutput struct {
	Types     items[instanceTypeXML] `xml:"instanceTypeSet"`
	NextToken string                 `xml:"nextToken,omitempty"`
}

func (r *request) describeInstanceTypes(in *describeInstanceTypesInput) (*describeInstanceTypesOutput, *Error) {
	found, err := wanted(instanceTypes(), in.Types, func(t instanceType) string { return t.name }, func(name string) *Error {
		return newError("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", name)
	})
	if err != nil {
		return nil, err
	}
	kept, err := typeFilters().matching(found, in.Filters)
	if err != nil {
		return nil, err
	}
	part, next, err := ec2Page(kept, in.paging, 5, 100, func(t instanceType) string { return t.name })
	if err != nil {
		return nil, err
	}
	out := &describeInstanceTypesOutput{NextToken: next}
	for _, t := range part {
		out.Types.List = append(out.Types.List, t.xml())
	}
	return out, nil
}

func typeFilters() filterable[instanceType] {
	return filterable[instanceType]{fields: map[string]func(instanceType) string{
		"bare-metal":                            func(instanceType) string { return "false" },
		"current-generation":                    func(instanceType) string { return "true" },
		"instance-type":                         func(t instanceType) string { return t.name },
		"memory-info.size-in-mib":               func(t instanceType) string { return strconv.Itoa(t.memoryMiB) },
		"processor-info.supported-architecture": func(t instanceType) string { return t.arch },
		"vcpu-info.default-vcpus":               func(t instanceType) string { return strconv.Itoa(t.vcpus) },
	}}
}

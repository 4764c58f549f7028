package fakeaws

// instanceType is what EC2 describes of an instance type.
type instanceType struct {
	name           string
	arch           string
	vcpus          int
	memoryMiB      int
	interfaces     int // network interfaces
	addresses      int // IPv4 addresses per interface
	network        string
	gpus           int
	gpuName        string
	gpuMemoryMiB   int
	threadsPerCore int
	xen            bool // not of the Nitro system
}

// instanceTypes are the types that can be launched. An m5.xlarge can run
// 4×(15−1)+2 = 58 pods with Amazon's network plugin.
func instanceTypes() []instanceType {
	return []instanceType{
		{name: "m4.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "High", threadsPerCore: 2, xen: true},
		{name: "t3.medium", arch: "x86_64", vcpus: 2, memoryMiB: 4096, interfaces: 3, addresses: 6, network: "Up to 5 Gigabit", threadsPerCore: 2},
		{name: "t3.large", arch: "x86_64", vcpus: 2, memoryMiB: 8192, interfaces: 3, addresses: 12, network: "Up to 5 Gigabit", threadsPerCore: 2},
		{name: "m5.large", arch: "x86_64", vcpus: 2, memoryMiB: 8192, interfaces: 3, addresses: 10, network: "Up to 10 Gigabit", threadsPerCore: 2},
		{name: "m5.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", threadsPerCore: 2},
		{name: "m5.2xlarge", arch: "x86_64", vcpus: 8, memoryMiB: 32768, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", threadsPerCore: 2},
		{name: "m6i.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "Up to 12.5 Gigabit", threadsPerCore: 2},
		{name: "c5.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 8192, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", threadsPerCore: 2},
		{name: "r5.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 32768, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", threadsPerCore: 2},
		{name: "g4dn.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 16384, interfaces: 3, addresses: 10, network: "Up to 25 Gigabit", gpus: 1, gpuName: "T4", gpuMemoryMiB: 16384, threadsPerCore: 2},
		{name: "inf2.xlarge", arch: "x86_64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "Up to 15 Gigabit", threadsPerCore: 2},
		{name: "g5g.xlarge", arch: "arm64", vcpus: 4, memoryMiB: 8192, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", gpus: 1, gpuName: "T4g", gpuMemoryMiB: 16384, threadsPerCore: 1},
		{name: "m6g.xlarge", arch: "arm64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "Up to 10 Gigabit", threadsPerCore: 1},
		{name: "m7g.xlarge", arch: "arm64", vcpus: 4, memoryMiB: 16384, interfaces: 4, addresses: 15, network: "Up to 12.5 Gigabit", threadsPerCore: 1},
	}
}

func findInstanceType(name string) (instanceType, bool) {
	for _, t := range instanceTypes() {
		if t.name == name {
			return t, true
		}
	}
	return instanceType{}, false
}

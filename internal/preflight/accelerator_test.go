package preflight

import "testing"

func TestDriversOfAccelerators(t *testing.T) {
	// moves changes the names of the present image and the target's.
	moves := func(from, to string) func(*Facts) {
		return func(f *Facts) {
			f.Present.Name, f.Target.Image.Name = from, to
			f.Asked.Version, f.Asked.Image = "", "ami-137"
		}
	}
	const (
		al2023 = "amazon-eks-node-al2023-x86_64-standard-1.37-v20260915"
		nvidia = "amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260818"
		neuron = "amazon-eks-node-al2023-x86_64-neuron-1.36-v20260818"
		bottle = "bottlerocket-aws-k8s-1.36-nvidia-fips-x86_64-v1.62.0-7d1e94b2"
		al2gpu = "amazon-eks-gpu-node-1.32-v20251112"
		waits  = ": a new node is usable only when it offers the same devices as the outdated nodes; without drivers the upgrade would wait for 15m and fail; " +
			"check that the new image has the drivers"
	)
	check(t, map[string]scenario{
		"NVIDIA to NVIDIA":            {change: moves(nvidia, "bottlerocket-aws-k8s-1.37-nvidia-x86_64-v1.62.0-7d1e94b2")},
		"a GPU of AL2's to NVIDIA":    {change: moves(al2gpu, nvidia)},
		"none to none":                {change: moves("golden-41", "golden-42")},
		"a plain image to one with":   {change: moves(al2023, nvidia)},
		"a word that only looks like": {change: moves("gpuless-neurons", al2023)},
		"NVIDIA to a plain image": {change: moves(nvidia, al2023), warnings: []string{
			"AcceleratorLost: the nodes' image ami-136 (" + nvidia + ") has drivers for NVIDIA, and the name of the new image ami-137 (" + al2023 + ") mentions none" + waits}},
		"Bottlerocket's NVIDIA to one that people built": {change: moves(bottle, "golden-42"), warnings: []string{
			"AcceleratorLost: the nodes' image ami-136 (" + bottle + ") has drivers for NVIDIA, and the name of the new image ami-137 (golden-42) mentions none" + waits}},
		"Neuron to NVIDIA": {change: moves(neuron, nvidia), warnings: []string{
			"AcceleratorLost: the nodes' image ami-136 (" + neuron + ") has drivers for Neuron, and the new image ami-137 (" + nvidia + ") has drivers for NVIDIA" + waits}},
		"nothing is said where nothing is replaced": {change: func(f *Facts) {
			moves(nvidia, al2023)(f)
			f.Target.Image.ID, f.Template.Image = "ami-136", "ami-136"
		}},
	})
}

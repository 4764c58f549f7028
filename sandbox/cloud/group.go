package cloud

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// furnish creates the launch template and the Auto Scaling group of a node
// group.
func (c *Cloud) furnish(conf Config, name string) error {
	variant := strings.TrimPrefix(conf.AMIVariant, standard)
	image, ok := c.LatestImageOf(conf.AMIFamily, variant, conf.KubernetesVersion, conf.Arch)
	if !ok {
		return fmt.Errorf("there is no image of %s %s for %s with Kubernetes %s; %s has images for %s", conf.AMIFamily, conf.AMIVariant, conf.Arch, conf.KubernetesVersion,
			strings.Join(AMIFamilies(conf.Arch), ", "), strings.Join(KubernetesVersions(conf.AMIFamily, conf.Arch), ", "))
	}
	base := fmt.Sprintf("eksctl-%s-nodegroup-%s", conf.Cluster, name)
	template, err := c.CreateLaunchTemplate(fakeaws.TemplateSpec{
		Name:         base,
		ImageID:      image.ID,
		InstanceType: machineFor(variant, conf.Arch),
		UserData:     userDataFor(conf.AMIFamily, conf.Cluster, name),
		Tags:         map[string]string{"alpha.eksctl.io/cluster-name": conf.Cluster},
	})
	if err != nil {
		return err
	}
	group := base + "-NodeGroup-" + suffix(base)
	c.Groups = append(c.Groups, group)
	return c.CreateGroup(fakeaws.GroupSpec{
		Name:                  group,
		MinSize:               min(1, conf.Nodes),
		MaxSize:               conf.Nodes,
		DesiredCapacity:       conf.Nodes,
		Zones:                 conf.Zones,
		LaunchTemplateID:      template.ID,
		LaunchTemplateVersion: "1",
		Tags:                  tags(conf.Cluster, name),
	})
}

// machineFor is an instance type that suits an image.
func machineFor(variant, arch string) string {
	accelerated, plain := "g4dn.xlarge", "m5.xlarge"
	if arch == "arm64" {
		accelerated, plain = "g5g.xlarge", "m6g.xlarge"
	}
	switch {
	case variant == "neuron":
		return "inf2.xlarge"
	case variant == "gpu", strings.HasPrefix(variant, "nvidia"):
		return accelerated
	}
	return plain
}

func tags(cluster, name string) []fakeaws.Tag {
	var all []fakeaws.Tag
	for _, tag := range [][2]string{
		{"Name", fmt.Sprintf("%s-%s-Node", cluster, name)},
		{"kubernetes.io/cluster/" + cluster, "owned"},
		{"alpha.eksctl.io/cluster-name", cluster},
		{"alpha.eksctl.io/nodegroup-name", name},
		{"alpha.eksctl.io/nodegroup-type", "unmanaged"},
		{"k8s.io/cluster-autoscaler/enabled", "true"},
		{"k8s.io/cluster-autoscaler/" + cluster, "owned"},
	} {
		all = append(all, fakeaws.Tag{Key: tag[0], Value: tag[1], PropagateAtLaunch: true})
	}
	return all
}

// suffix takes the place of the random end of the names that CloudFormation
// generates. It is the same in every run, so that transcripts can be compared.
func suffix(of string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	sum := fnv.New64a()
	sum.Write([]byte(of))
	rest := sum.Sum64()
	text := make([]byte, 12)
	for i := range text {
		text[i] = letters[rest%36]
		rest /= 36
	}
	return string(text)
}

package cloud

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// userData is what nodeadm, which boots EKS's machines, reads.
const userData = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: %[1]s
    apiServerEndpoint: https://sandbox.invalid
    certificateAuthority: c2FuZGJveA==
    cidr: 10.100.0.0/16
  kubelet:
    flags:
      - --node-labels=alpha.eksctl.io/cluster-name=%[1]s,alpha.eksctl.io/nodegroup-name=%[2]s
--//--
`

// furnish creates the launch template of a node group and its Auto Scaling
// group.
func (c *Cloud) furnish(conf Config, name string) error {
	image, ok := c.LatestImage(conf.KubernetesVersion, "x86_64")
	if !ok {
		return fmt.Errorf("no image for Kubernetes %s; there are %s", conf.KubernetesVersion, strings.Join(KubernetesVersions(), ", "))
	}
	base := fmt.Sprintf("eksctl-%s-nodegroup-%s", conf.Cluster, name)
	template, err := c.CreateLaunchTemplate(fakeaws.TemplateSpec{
		Name:         base,
		ImageID:      image.ID,
		InstanceType: "m5.xlarge",
		UserData:     base64.StdEncoding.EncodeToString(fmt.Appendf(nil, userData, conf.Cluster, name)),
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

// suffix stands for the random end of the names that CloudFormation makes. It
// is the same in every run, so that transcripts can be compared.
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

package preflight

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const nodeConfigYAML = `---
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: harbour
    apiServerEndpoint: https://harbour.invalid
    certificateAuthority: aGFyYm91cg==
    cidr: 10.100.0.0/16
`

const nodeConfigMIME = `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

` + nodeConfigYAML + `--//
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/bash
echo hello
--//--
`

const bootstrapScript = `#!/bin/bash
# /etc/eks/bootstrap.sh old-name --pod-infra-container-image=x
set -o xtrace
/etc/eks/bootstrap.sh harbour \
  --kubelet-extra-args '--node-labels=team=a'
`

const cloudConfig = `#cloud-config
runcmd:
- - /var/lib/cloud/scripts/eksctl/bootstrap.al2.sh
write_files:
- content: |-
    B64_CLUSTER_CA=aGFyYm91cg==
    CLUSTER_NAME=harbour
  path: /etc/eksctl/kubelet.env
`

const tomlSettings = `[settings.kubernetes]
api-server = "https://harbour.invalid"
cluster-name = "harbour"
`

const powershellScript = `<powershell>
[string]$EKSBootstrapScriptFile = "$env:ProgramFiles\Amazon\EKS\Start-EKSBootstrap.ps1"
& $EKSBootstrapScriptFile -EKSClusterName "harbour" -KubeletExtraArgs "" 3>&1 4>&1 5>&1 6>&1
</powershell>
`

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func zipped(text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return packed.String()
}

func mimeOf(part string) string {
	return "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0\n\n--b\nContent-Type: text/x-shellscript\n" + part + "\n--b--\n"
}

func TestReadUserData(t *testing.T) {
	for name, tt := range map[string]struct {
		text    string
		ways    []string
		cluster string
	}{
		"NodeConfig in MIME":          {nodeConfigMIME, []string{nodeadm}, "harbour"},
		"NodeConfig alone":            {nodeConfigYAML, []string{nodeadm}, "harbour"},
		"NodeConfig in two documents": {"kind: NodeConfig\napiVersion: node.eks.aws/v1alpha1\n" + nodeConfigYAML, []string{nodeadm}, "harbour"},
		"a script":                    {bootstrapScript, []string{script}, "harbour"},
		"a script in MIME":            {mimeOf("\n" + bootstrapScript), []string{script}, "harbour"},
		"a script in MIME, in base64": {mimeOf("Content-Transfer-Encoding: base64\n\n" + encoded(bootstrapScript)), []string{script}, "harbour"},
		"a script of a variable":      {"/etc/eks/bootstrap.sh ${CLUSTER}", []string{script}, ""},
		"a script, flags first":       {"/etc/eks/bootstrap.sh --b64-cluster-ca x harbour", []string{script}, ""},
		"eksctl's cloud config":       {cloudConfig, []string{script}, "harbour"},
		"eksctl's, compressed":        {zipped(cloudConfig), []string{script}, "harbour"},
		"Bottlerocket":                {tomlSettings, []string{settings}, "harbour"},
		"Bottlerocket, dotted":        {"settings.kubernetes.cluster-name = 'harbour'\n", []string{settings}, "harbour"},
		"Bottlerocket, in one table":  {"settings = { kubernetes = { cluster-name = 'harbour' } }\n", []string{settings}, "harbour"},
		"Bottlerocket, another table": {"[settings.kubernetes.node-labels]\nteam = 'a'\n[settings.host-containers.admin]\ncluster-name = 'a'\n", []string{settings}, ""},
		"TOML that is cut short":      {tomlSettings + "cluster", nil, ""},
		"Windows":                     {powershellScript, []string{powershell}, "harbour"},
		"a script that is changed":    {"sed -i s/a/b/ /etc/eks/bootstrap.sh\nexport A=1\n/etc/eks/bootstrap.sh harbour\n", []string{script}, "harbour"},
		"a script for both":           {"if [ -e /etc/eks/nodeadm ]; then nodeadm init; else /etc/eks/bootstrap.sh harbour; fi", []string{nodeadm, script}, "harbour"},
		"a script with a NodeConfig":  {"cat >/run/c.yaml <<E\nkind: NodeConfig\napiVersion: node.eks.aws/v1alpha1\nE\n", []string{nodeadm}, ""},
		"both of Amazon Linux":        {mimeOf("\n" + bootstrapScript + "\n--b\nContent-Type: application/node.eks.aws\n\n" + nodeConfigYAML), []string{nodeadm, script}, "harbour"},
		"only a comment":              {"#!/bin/sh\n# /etc/eks/bootstrap.sh harbour\n", nil, ""},
		"something else":              {"#!/bin/sh\necho hello\n", nil, ""},
		"nothing":                     {"", nil, ""},
		"a message cut short":         {nodeConfigMIME[:60], nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := readUserData(encoded(tt.text))
			if diff := cmp.Diff(tt.ways, got.ways); diff != "" || got.cluster != tt.cluster {
				t.Errorf("cluster %q, ways %s", got.cluster, diff)
			}
		})
	}
	if got := readUserData("no base64!"); got.ways != nil {
		t.Errorf("what is no base64: %v", got)
	}
}

func FuzzReadUserData(f *testing.F) {
	for _, text := range []string{nodeConfigMIME, bootstrapScript, cloudConfig, tomlSettings, powershellScript, zipped(cloudConfig)} {
		f.Add(encoded(text))
	}
	f.Fuzz(func(_ *testing.T, text string) { readUserData(text) })
}

func TestUserDataOfTheTarget(t *testing.T) {
	to := func(family, text string) func(*Facts) {
		return func(f *Facts) { f.Target.Image.Family, f.UserData = family, encoded(text) }
	}
	refused := func(has, family, needs string) []string {
		return []string{fmt.Sprintf("UserDataOfAnotherFamily: the user data of version 4 of launch template lt-1 contain %s, but image ami-137 "+
			"(amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) is of family %s, whose nodes join with %s: new nodes would "+
			"never join; create a version of the launch template with an image and user data for %s, and name it with --launch-template-version",
			has, family, needs, family)}
	}
	unknown := func(family, needs string) []string {
		return []string{fmt.Sprintf("UserDataUnknown: the user data of version 4 of launch template lt-1 contain no known way to join a cluster; "+
			"nodes of family %s join with %s: new nodes may never join; check that the user data fit the new image, or create a version of the "+
			"launch template with an image and user data for %s, and name it with --launch-template-version", family, needs, family)}
	}
	check(t, map[string]scenario{
		"Bottlerocket's settings":              {change: to("Bottlerocket", tomlSettings)},
		"Windows' script":                      {change: to("WindowsServer2022CoreContainer", powershellScript)},
		"Ubuntu's script":                      {change: to("Ubuntu2404", bootstrapScript)},
		"from AL2 to AL2023":                   {change: to("AmazonLinux2023", bootstrapScript), refusals: refused(script, "AmazonLinux2023", nodeadm)},
		"from eksctl's AL2 to AL2023":          {change: to("AmazonLinux2023", cloudConfig), refusals: refused(script, "AmazonLinux2023", nodeadm)},
		"from AL2023 to Bottlerocket":          {change: to("Bottlerocket", nodeConfigMIME), refusals: refused(nodeadm, "Bottlerocket", settings)},
		"from AL2023 to Windows":               {change: to("WindowsServer2025FullContainer", nodeConfigMIME), refusals: refused(nodeadm, "WindowsServer2025FullContainer", powershell)},
		"from AL2 to AL2023 with both":         {change: to("AmazonLinux2023", mimeOf("\n"+bootstrapScript+"\n--b\nContent-Type: application/node.eks.aws\n\n"+nodeConfigYAML))},
		"what nobody knows, same family":       {change: to("AmazonLinux2023", "#!/bin/sh\necho hello\n")},
		"what nobody knows, another family":    {change: to("Bottlerocket", "# nothing\n"), warnings: unknown("Bottlerocket", settings)},
		"an image of a family that is unknown": {change: to("", bootstrapScript)},
		"an image that people built": {
			change: func(f *Facts) {
				f.Asked = upgrade.Target{Image: "ami-137", Family: "AmazonLinux2023"}
				f.Target.Image.Version, f.Target.Image.Release, f.UserData = "", "", encoded(bootstrapScript)
			},
			warnings: append([]string{"VersionUnknown: the Kubernetes version of image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) " +
				"is not known: it cannot be compared with the API server's version, v1.37.1-eks-1234567; make sure that its kubelet is not newer than the API server"},
				refused(script, "AmazonLinux2023", nodeadm)...),
		},
		"a template version is judged by its own": {
			change: func(f *Facts) {
				f.Asked = upgrade.Target{TemplateVersion: "5"}
				f.Target.ByTemplate = true
				f.Target.Template = upgrade.TemplateVersion{ID: "lt-1", Number: 5, Image: "ami-137"}
				f.UserData = encoded(bootstrapScript)
			},
			refusals: []string{"UserDataOfAnotherFamily: the user data of version 5 of launch template lt-1 contain a script that runs /etc/eks/bootstrap.sh, " +
				"but image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) is of family AmazonLinux2023, whose nodes join with a NodeConfig " +
				"for nodeadm: new nodes would never join; create a version of the launch template with an image and user data for AmazonLinux2023, " +
				"and name it with --launch-template-version"},
		},
		"another cluster": {
			change: func(f *Facts) { f.Cluster.Name = "port"; f.Traits.Tags["kubernetes.io/cluster/port"] = "owned" },
			warnings: []string{"UserDataOfAnotherCluster: the user data of version 4 of launch template lt-1 name the cluster harbour, but --cluster is port: " +
				"new nodes would try to join the cluster in the user data; check that both names mean the same cluster"},
		},
		"a flag that is gone": {
			change: to("Ubuntu2404", bootstrapScript+"\n/etc/eks/bootstrap.sh harbour --kubelet-extra-args --pod-infra-container-image=x\n"),
			warnings: []string{"KubeletFlagGone: the user data of version 4 of launch template lt-1 have flags that the kubelet of Kubernetes 1.37 no longer has " +
				"(--pod-infra-container-image): the kubelet does not start with them, so new nodes would never join; create a version of the launch template " +
				"without them and set it in the group"},
		},
		"a flag that is gone later": {change: func(f *Facts) {
			to("Ubuntu2404", "#!/bin/bash\n/etc/eks/bootstrap.sh harbour --pod-infra-container-image=x\n")(f)
			f.Target.Image.Version, f.Asked.Version, f.Present.Version = "1.34", "1.34", "1.34"
		}},
		"nothing is said where nothing is launched": {change: func(f *Facts) {
			f.Cluster.Name = "port"
			f.Traits.Tags["kubernetes.io/cluster/port"] = "owned"
			f.Target.Image, f.Asked.Version = f.Present, "1.36"
		}},
	})
}

func TestReleaseNewerThanTheServer(t *testing.T) {
	check(t, map[string]scenario{"refused": {
		change: func(f *Facts) {
			f.Asked = upgrade.Target{Release: "1.38.0-20261001"}
			f.Target.Image.Version, f.Target.Image.Release = "1.38", "1.38.0-20261001"
		},
		refusals: []string{"NewerThanServer: image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) with Kubernetes 1.38 is newer than the API " +
			"server (1.37): a kubelet may not be newer than its API server; upgrade the control plane first"},
	}})
}

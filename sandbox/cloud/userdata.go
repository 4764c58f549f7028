package cloud

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// userDataFor is the user data that eksctl writes for instances of an image
// family, in base64.
func userDataFor(family, cluster, group string) string {
	text := nodeConfig
	switch {
	case family == "Bottlerocket":
		text = bottlerocketSettings
	case strings.HasPrefix(family, "WindowsServer"):
		text = windowsScript
	case strings.HasPrefix(family, "Ubuntu"), family == "AmazonLinux2":
		text = bootstrapScript
	}
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, text, cluster, group))
}

// nodeConfig is for nodeadm, which sets up instances of Amazon Linux 2023.
const nodeConfig = `MIME-Version: 1.0
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

const bottlerocketSettings = `[settings.kubernetes]
api-server = "https://sandbox.invalid"
cluster-certificate = "c2FuZGJveA=="
cluster-name = "%[1]s"
[settings.kubernetes.node-labels]
"alpha.eksctl.io/cluster-name" = "%[1]s"
"alpha.eksctl.io/nodegroup-name" = "%[2]s"
`

const windowsScript = `<powershell>
[string]$EKSBootstrapScriptFile = "$env:ProgramFiles\Amazon\EKS\Start-EKSBootstrap.ps1"
& $EKSBootstrapScriptFile -EKSClusterName "%[1]s" -KubeletExtraArgs "--node-labels=alpha.eksctl.io/cluster-name=%[1]s,alpha.eksctl.io/nodegroup-name=%[2]s"
</powershell>
`

const bootstrapScript = `#!/bin/bash
/etc/eks/bootstrap.sh %[1]s \
  --b64-cluster-ca c2FuZGJveA== --apiserver-endpoint https://sandbox.invalid \
  --kubelet-extra-args '--node-labels=alpha.eksctl.io/cluster-name=%[1]s,alpha.eksctl.io/nodegroup-name=%[2]s'
`

package fakenode

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestStartsKubelet(t *testing.T) {
	const config = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: c\n    apiServerEndpoint: https://x\n    certificateAuthority: eA==\n    cidr: 10.100.0.0/16\n"
	mime := func(kind, text string) string {
		return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: " + kind + "\n\n" + text + "\n--//--\n"
	}
	const script, toml = "#!/bin/bash\n/etc/eks/bootstrap.sh c\n", "[settings.kubernetes]\napi-server = \"https://x\"\ncluster-certificate = \"eA==\"\ncluster-name = \"c\"\n"
	const powershell = "<powershell>\n& Start-EKSBootstrap.ps1 -EKSClusterName \"c\"\n</powershell>"
	for name, tt := range map[string]struct {
		family, text string
		want         bool
	}{
		"a NodeConfig alone":                         {"AmazonLinux2023", config, true},
		"a NodeConfig as a part":                     {"AmazonLinux2023", mime("application/node.eks.aws", config), true},
		"a NodeConfig as a part of another kind":     {"AmazonLinux2023", mime("text/x-shellscript", config), false},
		"a NodeConfig without its cluster's CIDR":    {"AmazonLinux2023", strings.Replace(config, "    cidr: 10.100.0.0/16\n", "", 1), false},
		"a script where a NodeConfig is read":        {"AmazonLinux2023", script, false},
		"no user data":                               {"AmazonLinux2023", "", false},
		"a script":                                   {"AmazonLinux2", script, true},
		"a script as a part":                         {"Ubuntu2404", mime("text/x-shellscript", script), true},
		"a script of kops":                           {"Ubuntu2404", "#!/bin/bash\n./nodeup --conf=x\n", true},
		"a script that does not begin with #!":       {"AmazonLinux2", strings.TrimPrefix(script, "#!/bin/bash\n"), false},
		"a NodeConfig where a script is run":         {"AmazonLinux2", config, false},
		"settings":                                   {"Bottlerocket", toml, true},
		"settings without a name":                    {"Bottlerocket", strings.Replace(toml, "cluster-name", "name", 1), false},
		"settings in a message":                      {"Bottlerocket", mime("text/plain", strings.Replace(toml, "[settings.kubernetes]\n", "", 1)), false},
		"PowerShell":                                 {"WindowsServer2022CoreContainer", powershell, true},
		"PowerShell that is not marked as such":      {"WindowsServer2022CoreContainer", strings.Trim(powershell, "<>"), false},
		"what an image of no family reads":           {"", "", true},
		"user data that are encoded a second time":   {"AmazonLinux2", base64.StdEncoding.EncodeToString([]byte(script)), false},
		"a NodeConfig that is encoded a second time": {"AmazonLinux2023", base64.StdEncoding.EncodeToString([]byte(config)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := startsKubelet(tt.family, base64.StdEncoding.EncodeToString([]byte(tt.text))); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

package fakenode

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// startsKubelet reports whether an instance of an image family starts a kubelet with its user data, by the
// least that each family asks for. Nobody knows what images of no family read: they join.
//
//   - nodeadm of Amazon Linux 2023 needs a NodeConfig with four members of its cluster (awslabs/amazon-eks-ami,
//     nodeadm/internal/api/validation.go).
//   - Bottlerocket reads TOML and nothing else, and needs three settings of Kubernetes.
//   - Windows runs Start-EKSBootstrap.ps1 of a <powershell> element.
//   - cloud-init of the others runs scripts, which begin with #!. One has to run EKS's bootstrap.sh, or kops' nodeup.
func startsKubelet(family, userData string) bool {
	raw, err := base64.StdEncoding.DecodeString(userData)
	if family == "" || err != nil {
		return family == ""
	}
	plain := unzipped(raw)
	switch {
	case family == "AmazonLinux2023":
		return isNodeConfig(partsOf(plain))
	case family == "Bottlerocket":
		return isSettings(string(plain))
	case strings.HasPrefix(family, "Windows"):
		return regexp.MustCompile(`(?s)<powershell>.*Start-EKSBootstrap\.ps1.*-EKSClusterName.*</powershell>`).Match(plain)
	}
	return slices.ContainsFunc(partsOf(plain), isBootstrap)
}

// part is one of a MIME message. What is no message is one part of no kind.
type part struct{ kind, text string }

func partsOf(plain []byte) []part {
	message, err := mail.ReadMessage(bytes.NewReader(plain))
	if err != nil {
		return []part{{text: string(plain)}}
	}
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return []part{{text: string(plain)}}
	}
	var all []part
	for reader := multipart.NewReader(message.Body, params["boundary"]); ; {
		next, err := reader.NextPart()
		if err != nil {
			return all
		}
		kind, _, _ := mime.ParseMediaType(next.Header.Get("Content-Type"))
		text, _ := io.ReadAll(next)
		all = append(all, part{kind, string(text)})
	}
}

func unzipped(raw []byte) []byte {
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return raw
	}
	if plain, err := io.ReadAll(packed); err == nil {
		return plain
	}
	return raw
}

// isNodeConfig reads the parts one after the other, as nodeadm merges them.
func isNodeConfig(parts []part) bool {
	var config struct {
		Kind string
		Spec struct {
			Cluster struct{ Name, APIServerEndpoint, CertificateAuthority, CIDR string }
		}
	}
	for _, p := range parts {
		if p.kind == "" || p.kind == "application/node.eks.aws" {
			_ = yaml.Unmarshal([]byte(p.text), &config) // what is no YAML adds nothing
		}
	}
	c := config.Spec.Cluster
	return config.Kind == "NodeConfig" && c.Name != "" && c.APIServerEndpoint != "" && c.CertificateAuthority != "" && c.CIDR != ""
}

func isSettings(text string) bool {
	if !strings.Contains(text, "[settings.kubernetes]\n") {
		return false
	}
	for _, setting := range []string{"api-server", "cluster-certificate", "cluster-name"} {
		if !regexp.MustCompile(`(?m)^` + setting + ` = "[^"]+"$`).MatchString(text) {
			return false
		}
	}
	return true
}

func isBootstrap(p part) bool {
	isScript := p.kind == "" || p.kind == "text/x-shellscript"
	return isScript && strings.HasPrefix(p.text, "#!") && (strings.Contains(p.text, "/etc/eks/bootstrap.sh ") || strings.Contains(p.text, "nodeup "))
}

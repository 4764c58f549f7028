package controlplane

import (
	_ "embed"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// auditPolicy says which requests are logged, and in how much detail.
//
//go:embed audit-policy.yaml
var auditPolicy []byte

// writeFiles writes the files that the components and the administrator read.
func (c *Cluster) writeFiles() error {
	for _, server := range []string{Etcd, APIServer} {
		if err := c.writePair(server)(c.secrets.server(server)); err != nil {
			return err
		}
	}
	if err := c.writePair("etcd-client")(c.secrets.user("kube-apiserver-etcd-client")); err != nil {
		return err
	}
	if err := c.writePair("service-accounts")(c.secrets.user("service-accounts")); err != nil {
		return err
	}
	if err := os.WriteFile(c.conf.Dir.Path("pki", "audit-policy.yaml"), auditPolicy, 0o600); err != nil {
		return err
	}
	for _, component := range []string{ControllerManager, Scheduler} {
		if err := c.writeKubeconfig(c.kubeconfig(component), "system:"+component); err != nil {
			return err
		}
	}
	return c.writeKubeconfig(c.conf.Dir.Kubeconfig(), "sandbox-admin", masters)
}

func (c *Cluster) writePair(name string) func(pair, error) error {
	return func(p pair, err error) error {
		if err != nil {
			return err
		}
		return c.secrets.write(name, p)
	}
}

func (c *Cluster) kubeconfig(component string) string {
	return c.conf.Dir.Path("pki", component+".kubeconfig")
}

// writeKubeconfig writes a kubeconfig with the credentials of a user.
func (c *Cluster) writeKubeconfig(file, user string, groups ...string) error {
	p, err := c.secrets.user(user, groups...)
	if err != nil {
		return err
	}
	const name = "nodelift-sandbox"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: c.Endpoint(), CertificateAuthorityData: c.secrets.certPEM()}
	config.AuthInfos[user] = &api.AuthInfo{ClientCertificateData: p.cert, ClientKeyData: p.key}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	text, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.WriteFile(file, text, 0o600)
}

// client is the configuration of a client with the credentials of a user. It is
// not throttled.
func (a *authority) client(endpoint, user string, groups ...string) (*rest.Config, error) {
	p, err := a.user(user, groups...)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            endpoint,
		TLSClientConfig: rest.TLSClientConfig{CAData: a.certPEM(), CertData: p.cert, KeyData: p.key},
		QPS:             -1,
	}, nil
}

package controlplane

import "fmt"

const (
	serviceRange = "10.100.0.0/16" // EKS's
	serviceIP    = "10.100.0.1"
)

func (c *Cluster) pki(name string) string { return c.conf.Dir.Path("pki", name) }

func (c *Cluster) etcdURL() string { return fmt.Sprintf("https://127.0.0.1:%d", c.etcdPort.number) }

// etcdArgs are parsed by package components (etcdConfig).
func (c *Cluster) etcdArgs() []string {
	return []string{
		"--data-dir=" + c.conf.Dir.Path("etcd"),
		"--listen=" + c.etcdURL(),
		"--cert=" + c.pki("etcd.crt"),
		"--key=" + c.pki("etcd.key"),
		"--ca=" + c.pki("ca.crt"),
	}
}

func (c *Cluster) apiServerArgs() []string {
	return []string{
		"--etcd-servers=" + c.etcdURL(),
		"--etcd-cafile=" + c.pki("ca.crt"),
		"--etcd-certfile=" + c.pki("etcd-client.crt"),
		"--etcd-keyfile=" + c.pki("etcd-client.key"),

		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", c.apiPort.number),
		"--permit-port-sharing=true", // the sandbox has reserved the port, see port
		"--tls-cert-file=" + c.pki("kube-apiserver.crt"),
		"--tls-private-key-file=" + c.pki("kube-apiserver.key"),
		"--client-ca-file=" + c.pki("ca.crt"),
		"--service-cluster-ip-range=" + serviceRange,
		"--endpoint-reconciler-type=none", // the others refuse loopback addresses

		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.pki("service-accounts.crt"),
		"--service-account-signing-key-file=" + c.pki("service-accounts.key"),

		"--audit-log-path=" + c.conf.Dir.AuditLog(),
		"--audit-policy-file=" + c.pki("audit-policy.yaml"),

		"--enable-priority-and-fairness=false",
		"--max-requests-inflight=0",
		"--max-mutating-requests-inflight=0",
		"--profiling=false",
	}
}

func (c *Cluster) controllerManagerArgs() []string {
	return []string{
		"--kubeconfig=" + c.kubeconfig(ControllerManager),
		"--use-service-account-credentials=true", // each controller has only the rights of its own role
		"--service-account-private-key-file=" + c.pki("service-accounts.key"),
		"--root-ca-file=" + c.pki("ca.crt"),
		"--cluster-signing-cert-file=" + c.pki("ca.crt"),
		"--cluster-signing-key-file=" + c.pki("ca.key"),
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--profiling=false",
	}
}

func (c *Cluster) schedulerArgs() []string {
	return []string{
		"--kubeconfig=" + c.kubeconfig(Scheduler),
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--profiling=false",
	}
}

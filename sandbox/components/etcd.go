package components

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
)

// etcd runs a database of one member until SIGTERM.
func etcd(args []string) int {
	conf, err := etcdConfig(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 2
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	server, err := embed.StartEtcd(conf)
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 1
	}
	select {
	case <-stop:
		server.Close()
		return 0
	case err := <-server.Err():
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 1
	}
}

// etcdConfig reads the command line that package controlplane writes.
func etcdConfig(args []string) (*embed.Config, error) {
	flags := flag.NewFlagSet("etcd", flag.ContinueOnError)
	dir := flags.String("data-dir", "", "directory of the data")
	listen := flags.String("listen", "", "URL at which clients are served")
	cert := flags.String("cert", "", "file of the server's certificate")
	key := flags.String("key", "", "file of the server's key")
	ca := flags.String("ca", "", "file of the certificate authority of the clients")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	address, err := url.Parse(*listen)
	if err != nil {
		return nil, err
	}
	conf := embed.NewConfig()
	conf.Dir = *dir
	conf.ListenClientUrls = []url.URL{*address}
	conf.AdvertiseClientUrls = conf.ListenClientUrls
	conf.ListenPeerUrls = nil // no peers, so no port for them
	conf.ClientTLSInfo = transport.TLSInfo{CertFile: *cert, KeyFile: *key, TrustedCAFile: *ca, ClientCertAuth: true}
	conf.SocketOpts.ReusePort = true // the sandbox has reserved the port, see controlplane's port
	conf.UnsafeNoFsync = true        // no data is kept after the sandbox ends
	conf.EnableGRPCGateway = false
	conf.LogLevel = "warn"
	return conf, nil
}

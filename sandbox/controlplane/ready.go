package controlplane

import (
	"context"
	"net"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// etcdReady returns when etcd accepts connections: etcd opens its port last.
func (c *Cluster) etcdReady(ctx context.Context) error {
	return poll(ctx, func(ctx context.Context) (bool, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(c.etcdURL(), "https://"))
		if err != nil {
			return false, nil
		}
		return true, conn.Close()
	})
}

func (c *Cluster) apiServerReady(ctx context.Context) error {
	client, err := c.clientset()
	if err != nil {
		return err
	}
	return poll(ctx, func(ctx context.Context) (bool, error) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	})
}

// accountsReady waits for the service accounts without which no pod is
// admitted. The controller manager creates them, and it serves no port at which
// its health could be read.
func (c *Cluster) accountsReady(ctx context.Context) error {
	client, err := c.clientset()
	if err != nil {
		return err
	}
	return poll(ctx, func(ctx context.Context) (bool, error) {
		for _, namespace := range []string{"default", "kube-system"} {
			_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

func (c *Cluster) clientset() (*kubernetes.Clientset, error) {
	conf, err := c.Client("sandbox")
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(conf)
}

func poll(ctx context.Context, done wait.ConditionWithContextFunc) error {
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, done)
}

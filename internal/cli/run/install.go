package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/check"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// installs names what has to be installed first. It is an error if this user may not.
func (u *upgrading) installs(ctx context.Context) ([]string, error) {
	kind := v1alpha1.GroupVersion().WithKind("NodeGroup").GroupKind()
	_, err := u.Cluster.Live().RESTMapper().RESTMapping(kind, v1alpha1.Version)
	if !meta.IsNoMatchError(err) {
		return nil, err
	}
	missing, err := check.Of(u.Connection).Missing(ctx, preflight.Rights(preflight.Install))
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the resources NodeGroup and NodeGroupUpdate are not installed, and this user may not %s; "+
			"somebody who may can run:\n  %s", strings.Join(check.Names(missing), ", "), installLine(u.o.Access))
	}
	return []string{"the resources NodeGroup and NodeGroupUpdate of " + v1alpha1.Group + ", and the namespace " + v1alpha1.Namespace}, nil
}

// install installs the resources. If they exist, it only reads. Without the right it says
// what somebody else can run.
func (u *upgrading) install(ctx context.Context) error {
	err := u.Cluster.Install(ctx)
	if errors.Is(err, upgrade.ErrForbidden) {
		return fmt.Errorf("%w; somebody who may can run:\n  %s", err, installLine(u.o.Access))
	}
	return err
}

// installLine is the command for somebody who has the right.
func installLine(a connect.Access) string {
	line := "nodelift crds | kubectl apply --server-side -f -"
	if a.Kubeconfig != "" {
		line += " --kubeconfig " + terminal.Quote(a.Kubeconfig)
	}
	if a.Context != "" {
		line += " --context " + terminal.Quote(a.Context)
	}
	return line
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// installs names what has to be installed first, and refuses where this user
// may not.
func (u *upgrading) installs(ctx context.Context) ([]string, error) {
	kind := v1alpha1.GroupVersion().WithKind("NodeGroup").GroupKind()
	_, err := u.cluster.Live().RESTMapper().RESTMapping(kind, v1alpha1.Version)
	if !meta.IsNoMatchError(err) {
		return nil, err
	}
	missing, err := u.missing(ctx, preflight.Rights(preflight.Install))
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the resources NodeGroup and NodeGroupUpdate are not installed, and this user may not %s; "+
			"somebody who may can run:\n  %s", strings.Join(names(missing), ", "), installLine(u.o.access))
	}
	return []string{"the resources NodeGroup and NodeGroupUpdate of " + v1alpha1.Group + ", and the namespace " + v1alpha1.Namespace}, nil
}

// install needs no right but to read where everything is there; where it lacks
// one it says what somebody else can do.
func (u *upgrading) install(ctx context.Context) error {
	err := u.cluster.Install(ctx)
	if errors.Is(err, upgrade.ErrForbidden) {
		return fmt.Errorf("%w; somebody who may can run:\n  %s", err, installLine(u.o.access))
	}
	return err
}

// installLine is what somebody with the right to can type.
func installLine(a access) string {
	line := "nodelift crds | kubectl apply --server-side -f -"
	if a.kubeconfig != "" {
		line += " --kubeconfig " + quote(a.kubeconfig)
	}
	if a.context != "" {
		line += " --context " + quote(a.context)
	}
	return line
}

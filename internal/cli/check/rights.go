package check

import (
	"context"
	"fmt"
	"strings"

	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"

	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// MayLook is an error that names every right that is missing for a look, if any is.
func (s *Checks) MayLook(ctx context.Context) error {
	missing, err := s.Missing(ctx, preflight.Rights(preflight.Look))
	if err != nil || len(missing) == 0 {
		return err
	}
	return fmt.Errorf("this user may not %s in the cluster at %s; apply docs/rbac.yaml, or ask somebody who may",
		strings.Join(Names(missing), ", "), s.Cluster.Host())
}

// workRights are the rights of whoever carries out what somebody else asked for.
func workRights(policy upgrade.Policy) []preflight.Right {
	rights := preflight.TierController.Rights()
	if policy.Force {
		rights = append(rights, preflight.TierControllerForce.Rights()...)
	}
	return rights
}

func (s *Checks) Missing(ctx context.Context, rights []preflight.Right) ([]preflight.Right, error) {
	client, err := authorizationclient.NewForConfig(s.Config)
	if err != nil {
		return nil, err
	}
	return preflight.Missing(ctx, client.SelfSubjectAccessReviews(), rights)
}

func Names(rights []preflight.Right) []string {
	var all []string
	for _, right := range rights {
		all = append(all, right.String())
	}
	return all
}

package cli

import (
	"context"
	"fmt"
	"strings"

	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"

	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// mayLook refuses at once, and in full, where not even a look is allowed.
func (s *connection) mayLook(ctx context.Context) error {
	missing, err := s.missing(ctx, preflight.Rights(preflight.Look))
	if err != nil || len(missing) == 0 {
		return err
	}
	return fmt.Errorf("this user may not %s in the cluster at %s; apply docs/rbac.yaml, or ask somebody who may",
		strings.Join(names(missing), ", "), s.cluster.Host())
}

// neededRights are those that are needed for the whole upgrade, or for what a
// controller in the cluster leaves to do.
func (g *groupUpgrade) neededRights() []preflight.Right {
	purposes := []preflight.Purpose{preflight.Ask, preflight.Work}
	if g.run.controller != "" {
		purposes = []preflight.Purpose{preflight.Ask, preflight.Watch}
	}
	if g.policy.Force { // also to have the controller do it
		purposes = append(purposes, preflight.Force)
	}
	return preflight.Rights(purposes...)
}

// workRights are those of who carries out what somebody else has asked for.
func workRights(policy upgrade.Policy) []preflight.Right {
	rights := preflight.TierController.Rights()
	if policy.Force {
		rights = append(rights, preflight.TierControllerForce.Rights()...)
	}
	return rights
}

func (s *connection) missing(ctx context.Context, rights []preflight.Right) ([]preflight.Right, error) {
	client, err := authorizationclient.NewForConfig(s.config)
	if err != nil {
		return nil, err
	}
	return preflight.Missing(ctx, client.SelfSubjectAccessReviews(), rights)
}

func names(rights []preflight.Right) []string {
	var all []string
	for _, right := range rights {
		all = append(all, right.String())
	}
	return all
}

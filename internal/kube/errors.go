package kube

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// refusal is an answer of the API server for which the engine has an error of its own.
type refusal struct {
	sentence string
	kind     error // upgrade.ErrForbidden, …
	cause    error // the API server's answer
}

func (r *refusal) Error() string   { return r.sentence + ": " + r.cause.Error() }
func (r *refusal) Unwrap() []error { return []error{r.kind, r.cause} }

// explain adds what was being done, as verb and resource ("patch nodes/ip-10-0-0-1"), to an
// error of the API server. Nil stays nil.
func explain(err error, doing string, args ...any) error {
	doing = fmt.Sprintf(doing, args...)
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return &refusal{"may not " + doing, upgrade.ErrForbidden, err}
	case apierrors.IsUnauthorized(err):
		return &refusal{doing + ": the API server does not accept the credentials", upgrade.ErrCredentials, err}
	case apierrors.IsConflict(err):
		return &refusal{doing, upgrade.ErrConflict, err}
	case apierrors.IsNotFound(err):
		return &refusal{doing, upgrade.ErrNotFound, err}
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

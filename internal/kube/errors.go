package kube

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// refusal is an answer of the API server that the engine has a word for.
type refusal struct {
	sentence string
	kind     error // upgrade.ErrForbidden, …
	cause    error // the API server's answer
}

func (r *refusal) Error() string   { return r.sentence + ": " + r.cause.Error() }
func (r *refusal) Unwrap() []error { return []error{r.kind, r.cause} }

// explain says what was being done when the API server answered with an error,
// as verb and resource: "patch nodes/ip-10-0-0-1". Nil stays nil.
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

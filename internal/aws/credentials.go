package aws

import (
	"context"
	"errors"
	"fmt"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// credentials are those of the SDK's configuration, which is read again after AWS has
// refused them. The SDK itself keeps keys without an expiry date for as long as the process
// lives, so an upgrade would never see new ones in the shared file.
type credentials struct {
	read  func(context.Context) (sdk.Config, error)
	named bool // people have named a profile

	mu      sync.Mutex
	current sdk.CredentialsProvider // nil: to be read
	login   string                  // what to do for new ones
}

// Retrieve returns the present credentials. It is upgrade.ErrCredentials if there are none, and
// upgrade.ErrCredentialsChanged if earlier calls under ctx were made with others.
func (c *credentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	provider, err := c.provider(ctx)
	if err != nil {
		return sdk.Credentials{}, err
	}
	keys, err := provider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		return keys, fmt.Errorf("%w: %w", upgrade.ErrCredentials, err)
	}
	if err == nil {
		err = upgrade.UseCredentials(ctx, keys.AccessKeyID)
	}
	return keys, err
}

func (c *credentials) provider(ctx context.Context) (sdk.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil {
		return c.current, nil
	}
	cfg, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	c.current, c.login = cfg.Credentials, loginOf(cfg, c.named)
	return c.current, nil
}

// watch adds a step to every call that drops credentials which AWS refuses, and says what to do.
func (c *credentials) watch(stack *middleware.Stack) error {
	step := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
		middleware.FinalizeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		if refusesCredentials(err) || errors.Is(err, upgrade.ErrCredentials) {
			err = Advise(err, c.drop())
		}
		return out, metadata, err
	}
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("NodeliftCredentials", step), middleware.Before)
}

// drop forgets the credentials and returns what to do for new ones.
func (c *credentials) drop() (login string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = nil
	return c.login
}

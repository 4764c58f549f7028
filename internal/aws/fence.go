package aws

import (
	"context"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// fence adds a step to every call that refuses each request which would change
// something behind [upgrade.Fence], also when the SDK sends it again. Such an
// answer is not repeated.
func fence(stack *middleware.Stack) error {
	step := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		if callOf(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)).Mutates() {
			if err := upgrade.Fenced(ctx); err != nil {
				return middleware.DeserializeOutput{}, middleware.Metadata{}, err
			}
		}
		return next.HandleDeserialize(ctx, in)
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("NodeliftFence", step), middleware.Before)
}

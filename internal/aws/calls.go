package aws

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
)

// Call is an operation of AWS as IAM names it: autoscaling and UpdateAutoScalingGroup.
type Call struct {
	Service, Action string
	DryRun          bool // only whether it would be allowed
}

// Mutates reports whether the operation changes anything. AWS names operations that don't
// with four verbs. A dry run of one that does changes nothing either.
func (c Call) Mutates() bool {
	verbs := []string{"Describe", "Get", "List", "Search"}
	return !c.DryRun && !slices.ContainsFunc(verbs, func(verb string) bool { return strings.HasPrefix(c.Action, verb) })
}

// String is IAM's name for it, service:action.
func (c Call) String() string { return c.Service + ":" + c.Action }

// Calls counts the requests that a command has made, and how many of them were to change
// something.
type Calls struct {
	mu     sync.Mutex
	counts map[Call]int
}

// Count is how often a call was made.
type Count struct {
	Call
	Times int
}

func newCalls() *Calls { return &Calls{counts: map[Call]int{}} }

// Counts returns how often each call was made so far, by service and action.
func (c *Calls) Counts() []Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Count
	for call, times := range maps.All(c.counts) {
		all = append(all, Count{Call: call, Times: times})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

// Total returns the number of requests so far, and how many of them were to change
// something.
func (c *Calls) Total() (all, mutating int) {
	for _, count := range c.Counts() {
		all += count.Times
		if count.Mutates() {
			mutating += count.Times
		}
	}
	return all, mutating
}

// count adds a step to every call that counts each request, repeats included.
func (c *Calls) count(stack *middleware.Stack) error {
	begin := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		return next.HandleInitialize(middleware.WithStackValue(ctx, dryRunKey{}, isDryRun(in.Parameters)), in)
	}
	step := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		call := callOf(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx))
		call.DryRun, _ = middleware.GetStackValue(ctx, dryRunKey{}).(bool)
		c.add(call)
		return next.HandleDeserialize(ctx, in)
	}
	err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NodeliftDryRun", begin), middleware.Before)
	return errors.Join(err, stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("NodeliftCalls", step), middleware.Before))
}

// dryRunKey is the key of a call's context for whether it is a dry run.
type dryRunKey struct{}

// isDryRun reports whether these are the parameters of a dry run of one of the calls that are tried.
func isDryRun(parameters any) bool {
	switch in := parameters.(type) {
	case *ec2.RunInstancesInput:
		return sdk.ToBool(in.DryRun)
	case *ec2.CreateLaunchTemplateVersionInput:
		return sdk.ToBool(in.DryRun)
	case *ec2.TerminateInstancesInput:
		return sdk.ToBool(in.DryRun)
	}
	return false
}

func (c *Calls) add(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[call]++
}

// callOf turns the SDK's service id ("Auto Scaling", "Elastic Load Balancing v2")
// into IAM's prefix.
func callOf(service, operation string) Call {
	service = strings.ReplaceAll(strings.TrimSuffix(service, " v2"), " ", "")
	return Call{Service: strings.ToLower(service), Action: operation}
}

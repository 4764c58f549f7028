// Package aws is the cloud: Auto Scaling groups, launch templates and machine images, over the AWS SDK.
//
// It implements the interfaces through which package upgrade sees a
// provider, one struct for each role:
//
//	Groups     upgrade.Groups     Auto Scaling, with EC2 for what only EC2 knows of an instance
//	           upgrade.Activities, upgrade.WarmPools
//	Templates  upgrade.Templates  EC2 launch templates, with Auto Scaling to point a group at one
//	Images     upgrade.Images     EC2 images, with SSM for EKS's public parameters
//
// [New] loads the SDK's own configuration (environment, profiles, instance
// roles, AWS_ENDPOINT_URL) and returns one of each. What only the checks before an upgrade
// need is also here: [Identity], [Details], the [Delay] of each load balancer, and
// [Groups.Find], which finds a group by the names that people use.
//
// # Few calls
//
// AWS throttles by account, so an upgrade of thousands of nodes makes as many
// calls per minute as one of three. Reading a group is one call. What cannot
// change about an instance (its image, when it was launched) is read once, 200
// instances per call, and forgotten when the instance is gone (facts.go). An
// answer is used for [upgrade.Interval] unless the caller wants a fresh one or
// this process has changed the group since (answers.go), and one call per interval
// reads all groups that are being worked on. Calls are counted by
// service and action, repeats of the SDK included (calls.go).
//
// # Repeats
//
// The SDK repeats what was throttled or not answered, with its adaptive limit.
// That is harmless for absolute values and for what carries a client token. The
// one call that is neither, terminating with a smaller desired size, is not
// repeated here: the engine decides again from what it sees (terminate.go).
//
// # Errors
//
// An error is one sentence that names the thing, for people (errors.go). Those
// that the engine branches on wrap its own: upgrade.ErrNotFound,
// upgrade.ErrForbidden with the IAM action that is missing, and
// upgrade.ErrCredentials. After the last one, the next call reads the configuration
// again, so an upgrade continues once somebody has logged in (credentials.go).
package aws

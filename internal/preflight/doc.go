// Package preflight finds what would stop an upgrade before it begins.
//
// [Check] is a pure function: it takes [Facts], which the caller has gathered
// from the cloud and the cluster, and returns a [Report] of refusals (nothing
// is changed), warnings (people decide) and the [Plan] in numbers. Every finding
// says what is wrong, why that stops an upgrade, and what to do next.
//
//	Facts ──► rules that refuse ──► rules that warn ──► Plan
//
// The rules are grouped by what they look at:
//
//	owner.go    who else replaces these nodes: EKS, Karpenter, an AWS service
//	group.go    what the Auto Scaling group has that an upgrade cannot handle
//	members.go  whether its instances are nodes of this cluster
//	target.go   what the nodes will become
//	joining.go  whether new nodes can join with the user data they get
//	rights.go   which permissions this user has in the cluster
//	pods.go     what the pods on the outdated nodes will notice
//
// A group that somebody else manages is refused for that alone, without further checks.
//
// [Aim] is the part that needs nothing but the requested target and the API server's
// version, so it can be called before anything is looked up. [Missing] and [Replicas] are
// the two facts that this package gathers itself, because only the checks need them.
package preflight

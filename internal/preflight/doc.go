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
//	target.go   what the nodes are to become
//	joining.go  whether new nodes can join with the user data they get
//	rights.go   what this user may do in the cluster
//	pods.go     what the pods on the outdated nodes will notice
//
// A group that belongs to somebody else is refused with that alone: what else
// may be wrong with it is not ours to say.
//
// [Aim] is the part that can be asked before anything is looked up, because it
// needs nothing but the wish and the API server's version. [Missing] and
// [Replicas] are the two facts that this package gathers itself, since nothing
// but the checks wants to know them.
package preflight

// Package drain decides how one node is emptied: which of its pods are asked to leave now, which
// have to wait and why, and whether the node is empty.
//
// The input is small: the pods of the node, the budgets that select them, the attached volumes,
// the policy, and what was noted of the node so far. A [Round] visits all nodes in flight in one
// pass, because they may share budgets. It returns what to do as data; it makes no call, sleeps
// never and changes nothing.
//
//	round.go    visiting a node, and the evictions of a round
//	obstacle.go why a pod is not evicted now
//	answer.go   what the eviction API answered, and when to try again
//	words.go    what is said about it all
//
// A disruption budget is never passed by: what the eviction API would refuse is not asked for, and
// what it refuses is asked for again later.
package drain

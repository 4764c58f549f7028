// Package run upgrades or scales the node groups that a command chose: one, or
// several of a cluster, one after the other or in parallel.
//
// A [Request] is what the flags say. [Groups] looks at each group, shows one plan,
// asks once, and then writes and carries out one update for each group when its
// turn comes. If the same command is run again, it continues the updates that are
// under way.
package run

// Package fleet answers questions about the members of a node group.
//
// A [Fleet] is what one pass of the engine observed (the group, the nodes of the cluster,
// the pods that the pass asked about) together with what is remembered (the update, its run,
// the ledger). [Fleet.Join] matches instances with nodes and decides for each [Member]
// whether it is outdated, usable and in flight. Then the pass sets Occupancy, because the
// members decide which nodes' pods it asks for. Nothing else changes a Fleet after Join, and
// nothing at all once the rules decide, so all rules of a pass get the same answers.
//
// The questions, by file:
//
//   - fleet.go: which members there are, and what kind of update this is.
//   - member.go: is a member outdated, is it usable, and why not.
//   - joining.go: is a new member still on its way, since when, and is it of use at all.
//   - capacity.go: how many drains may start, and how many usable nodes are required.
//   - surge.go: how many nodes to add, at most how many, and how many are left to remove.
//   - zones.go: which zones lack a replacement, what can do without, are the zones even.
//   - order.go: which outdated member is drained next.
//   - removal.go: which member is removed next to restore a size or in a scaling.
//
// All answers are pure: they call nobody, read no clock (Now is a field) and use no chance
// (the random order is computed from the UID of the update). What to do with an answer is
// up to the rules of the engine. The package imports only the contract (internal/upgrade)
// and the words for durations (internal/text).
package fleet

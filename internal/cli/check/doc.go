// Package check makes the checks of internal/preflight for one connection: it
// gathers from the cloud and the cluster the facts that they judge.
//
// [Checks.Facts] is for a command that is about to write an update. [Checks.Check]
// is for an update that anybody may have written, right before it begins. What may
// be rolled back is checked here, too, by the same rules for both.
package check

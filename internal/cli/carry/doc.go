// Package carry carries out an update, or follows it while somebody else does.
//
// A [Carrier] holds the Lease of the node group and hosts the controller for the one
// update ([Carrier.CarryOut]). Where a controller works in the cluster, it watches
// that one's work instead ([Carrier.Watch]). Both show the same events, waits and
// status. When the command ends before the update does, [Carrier.Left] says how the
// update was left and who works on it.
package carry

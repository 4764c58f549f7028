// Package connect connects a command to one cluster and to one account.
//
// [Access] is what flags say: kubeconfig, context, region, profile and role, found as
// kubectl and aws find them. It becomes a [Connection], to the cluster alone or to
// both. [Clouds] are the accounts of a process that works in several regions. [MFA] asks
// a person at the terminal for a code.
package connect

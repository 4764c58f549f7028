// Package e2e holds the tests of the real binaries: bin/nodelift upgrades the
// nodes of a sandbox, is killed, interrupted, blocked and refused, and the state
// of the world is looked at afterwards with the clients of Kubernetes and AWS.
package e2e

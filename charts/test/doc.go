// Package charts renders the chart nodelift with Helm's own engine, so that its
// tests and what is generated from it see what helm install would.
//
// It is a module of its own: the product does not link Helm.
package charts

// What is generated: the chart's copy of the resource definitions, the rules of
// its roles, and the manifests that `nodelift install` prints.
//
//go:generate go run ./generate

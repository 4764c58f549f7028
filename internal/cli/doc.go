// Package cli holds the commands and is the only place that wires the product's
// parts together: it reads flags, connects to AWS and to the cluster, asks
// people, hosts the engine and prints.
//
// Every command is one file with an options struct, the flags that fill it and
// a run method. Flags are checked while they are read, so that wrong usage ends
// with code 2 before anything is called over the network; whatever is found out
// later ends with code 1. Data goes to stdout, talk goes to stderr.
package cli

// Package cli holds the commands of the program, their flags and their help.
//
// Each command is one file, named after it, with an options struct, the flags that
// fill it and a run method. Flags are checked while they are read, so that wrong
// usage ends with code 2 before anything is called over the network; whatever is
// found out later ends with code 1. Data goes to stdout, messages go to stderr.
//
// What the commands do is in the packages below. From the top: run (upgrades and
// scales groups), carry (carries an update out or follows it), check (gathers what
// the checks look at), find (what a name means), connect (cluster and account), show
// (printers and plans), terminal, and exit (codes).
package cli

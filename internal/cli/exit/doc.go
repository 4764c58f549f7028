// Package exit says with which code the program ends: done, failed, wrong usage,
// timed out, or interrupted.
//
// An error without a code of its own ends the program as failed. A command that
// waits takes its context from [Staying], and returns [Early] when that context
// has ended before the work has.
package exit

package cli

import (
	"errors"
	"fmt"
)

// The exit codes.
const (
	exitDone        = 0   // done, or nothing to do
	exitFailed      = 1   // failed, or done with something still owed
	exitUsage       = 2   // wrong usage, nothing was called
	exitTimeout     = 3   // the wait timed out
	exitInterrupted = 130 // ended by Ctrl-C
)

// coded is an error that ends the program with a code of its own.
type coded struct {
	code int
	err  error
}

func (e coded) Error() string { return e.err.Error() }
func (e coded) Unwrap() error { return e.err }

// usagef is wrong usage.
func usagef(format string, args ...any) error {
	return coded{exitUsage, fmt.Errorf(format, args...)}
}

// asUsage marks an error as wrong usage, unless it has a code already.
func asUsage(err error) error {
	if err == nil || errors.As(err, new(coded)) {
		return err
	}
	return coded{exitUsage, err}
}

// code is the exit code that an error ends the program with.
func code(err error) int {
	var c coded
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &c):
		return c.code
	}
	return exitFailed
}

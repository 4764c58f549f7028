package exit

import (
	"errors"
	"fmt"
)

// The codes that the program ends with.
const (
	Done        = 0   // done, or nothing to do
	Failed      = 1   // failed, or done with something still owed
	Usage       = 2   // wrong usage, nothing was called
	Timeout     = 3   // the wait timed out
	Interrupted = 130 // ended by Ctrl-C
)

// coded is an error that ends the program with a code of its own.
type coded struct {
	code int
	err  error
}

func (e coded) Error() string { return e.err.Error() }
func (e coded) Unwrap() error { return e.err }

// Usagef is an error that ends the program as wrong usage.
func Usagef(format string, args ...any) error {
	return coded{Usage, fmt.Errorf(format, args...)}
}

// AsUsage marks an error as wrong usage, unless it has a code already.
func AsUsage(err error) error {
	if err == nil || errors.As(err, new(coded)) {
		return err
	}
	return coded{Usage, err}
}

// Code is the exit code that an error ends the program with.
func Code(err error) int {
	var c coded
	switch {
	case err == nil:
		return Done
	case errors.As(err, &c):
		return c.code
	}
	return Failed
}

package fakeaws

import (
	"fmt"
	"net/http"
)

// Error is a refusal in AWS's words: the code that clients branch on, the
// sentence that people read, and the HTTP status. The Go methods return it as
// the services send it.
type Error struct {
	Code    string
	Message string
	Status  int
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// newError returns a refusal with status 400, which most are.
func newError(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// with returns the error with another HTTP status.
func (e *Error) with(status int) *Error {
	e.Status = status
	return e
}

// validation is Auto Scaling's answer to almost everything that is wrong.
func validation(format string, args ...any) *Error {
	return newError("ValidationError", format, args...)
}

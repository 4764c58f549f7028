package fakeaws

import (
	"fmt"
	"net/http"
)

// Error is an error of AWS: the code for clients, the message for people, and
// the HTTP status. The Go methods return the errors that the services send.
type Error struct {
	Code    string
	Message string
	Status  int
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// newError returns an error with status 400, which most errors have.
func newError(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// with returns the error with another HTTP status.
func (e *Error) with(status int) *Error {
	e.Status = status
	return e
}

// validation is a ValidationError, Auto Scaling's code for almost every error.
func validation(format string, args ...any) *Error {
	return newError("ValidationError", format, args...)
}

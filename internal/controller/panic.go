package controller

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// recoverPanic turns a panic into an error of the one update whose pass it has ended,
// because the process also works on other node groups. A pass may end anywhere, so it is
// safe to repeat it. It has to be deferred directly.
func recoverPanic(err *error) {
	if bug := recover(); bug != nil {
		*err = fmt.Errorf("this is a bug in Nodelift, please report it: %v (%s)", bug, stackOfPanic())
	}
}

// stackOfPanic says where the panic came from, the innermost function first.
func stackOfPanic() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	var places []string
	for len(places) < 5 {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") {
			places = append(places, fmt.Sprintf("%s at %s:%d", path.Base(frame.Function), path.Base(frame.File), frame.Line))
		}
		if !more {
			break
		}
	}
	return strings.Join(places, ", called by ")
}

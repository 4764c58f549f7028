package controller

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// catch makes an error of a panic, for the one update whose pass it has ended: the
// process works on other node groups, too. A pass may be cut off anywhere, so that it is
// safe to make it again. It has to be deferred itself.
func catch(err *error) {
	if bug := recover(); bug != nil {
		*err = fmt.Errorf("this is a bug in Nodelift, please report it: %v (%s)", bug, whence())
	}
}

// whence is where the panic comes from, the innermost function first.
func whence() string {
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

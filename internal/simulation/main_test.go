package simulation_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the garbage of thousands of short-lived worlds wait: collecting it
// takes a third of the time otherwise.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

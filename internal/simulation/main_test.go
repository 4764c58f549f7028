package simulation_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain makes garbage collections rare: with thousands of short-lived worlds they would
// take a third of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

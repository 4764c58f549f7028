package kube

import (
	"testing"
	"testing/synctest"
	"time"
)

// Calls that take a second each take three in all when there are three times as
// many as are made at the same time.
func TestParallelMakesSomeCallsAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made [3 * callsAtOnce]bool
		began := time.Now()
		Parallel(len(made), func(i int) {
			time.Sleep(time.Second)
			made[i] = true
		})
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
		for i, is := range made {
			if !is {
				t.Errorf("call %d was not made", i)
			}
		}
	})
}

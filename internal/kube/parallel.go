package kube

import "sync"

// callsAtOnce is how many calls of one pass are under way at the same time, which
// with any API server that answers within 100 ms comes to requestsPerSecond.
const callsAtOnce = 10

// Parallel makes n calls, up to callsAtOnce at the same time, and returns when all are made.
func Parallel(n int, call func(int)) {
	places := make(chan struct{}, callsAtOnce)
	var all sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			call(i)
		})
	}
	all.Wait()
}

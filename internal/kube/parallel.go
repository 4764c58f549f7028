package kube

import "sync"

// callsAtOnce is how many calls are made at the same time. With an API server that answers
// within 100 ms, that is requestsPerSecond.
const callsAtOnce = 10

// Parallel makes n calls, up to callsAtOnce at the same time, and returns when all have
// returned.
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

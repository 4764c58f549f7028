// Package simulation is cloud and cluster in memory, under a virtual clock: the
// world of the engine's tests and of `nodelift plan`.
//
// A [World] holds an Auto Scaling group that lives by AWS's rules (cloud.go,
// scaling.go), nodes and pods that live by Kubernetes' (cluster.go, node.go,
// podlife.go, schedule.go, budget.go, eviction.go, volume.go, autoscaler.go) and
// the record of one update (records.go). [World.Engine] gives an engine its side of it:
//
//	engine ──► adapters (groups.go … records.go) ──► call ──► observer ──► cloud, cluster
//	                                                  └ faults: death, lost replies
//
// Nothing happens by itself: [World.Advance] turns the clock and runs what is
// due on the way. Chance comes from one seed, no order comes from a map: a seed
// stands for one story, sentence by sentence.
//
// [Run] makes pass after pass until the update has ended. Every call of the
// engine is counted; a [Fault] lets its process die or its reply get lost at any
// of them, and [World.At] lets a person or AWS interfere at any time.
//
// The observer (observer.go, promise_*.go) holds every call, and the world after every pass,
// against the promises of the design. It judges by the world's own truth and
// shares no code with the engine that it watches. A broken promise ends the run
// with the seed and the last lines of the story.
package simulation

// Package simulation is a cloud and a cluster in memory, under a virtual clock, in
// which the engine is tested.
//
// A [World] holds an Auto Scaling group that behaves as AWS's do (cloud.go,
// scaling.go), nodes and pods that behave as Kubernetes' do (cluster.go, node.go,
// podlife.go, schedule.go, budget.go, eviction.go, volume.go, autoscaler.go) and
// the record of one update (records.go). [World.Engine] is what an engine sees of it:
//
//	engine ──► adapters (groups.go … records.go) ──► call ──► observer ──► cloud, cluster
//	                                                  └ faults: death, lost replies
//
// Nothing happens by itself: [World.Advance] moves the clock and runs what is due on
// the way. All random choices come from one seed and no order comes from a map, so
// that a seed always gives the same story.
//
// A [Search] plays a small world with every list of choices instead: which fault, which verb
// of people, what takes long (choice.go, chooser.go, smallworld.go, search.go, trail.go). It stops each
// world where it comes to a situation that is known (situation.go).
//
// [Run] makes pass after pass until the update has ended. Every call of the engine is
// counted; a [Fault] kills the process or loses the reply at any call, and [World.At]
// has a person or AWS interfere at any time.
//
// The observer (observer.go, promise_*.go) checks every call, and the world after
// every pass, against the promises of the design. It looks at the world itself and
// shares no code with the engine, except the keys of its waits. A broken promise ends
// the run with the seed and the last lines of the story.
package simulation

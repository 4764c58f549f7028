// Package ring plays whole upgrades with everything that is around the engine: the clients of
// AWS and of Kubernetes, watches, Leases, fences, and the loop of command and controller.
//
// The simulation (internal/simulation) has cloud and cluster in memory, behind the engine's
// own interfaces. Here, only the two servers are played: internal/fakekube and
// internal/fakeaws, at the other end of a wire without a network. All of it lives in a
// testing/synctest bubble, so an hour takes a fraction of a second.
//
//	command, controllers ─► kube, aws ─► SDK, client-go ─► wire ─► fakekube, fakeaws
//	                                                        │           ▲
//	                                              observer ─┴───────────┘
//
// A seed decides everything that may go wrong: requests and replies that are late or lost,
// for minutes as well; watches that lag behind or end; describes that are old; processes that
// die and start again, on the same machine or another one, or that are suspended for longer than
// their Lease lasts. Each choice is made from the seed and from what it is about (the fifth
// patch of a node by this process), not in the order of choices. So what one goroutine
// does does not change what happens to another one, and a seed plays nearly the same story
// again, although goroutines take turns as they like.
//
// The observer knows what the two servers know, and the promises of section 2 of the
// design, and nothing of the engine.
package ring

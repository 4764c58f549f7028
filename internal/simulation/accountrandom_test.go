package simulation_test

import (
	"math/rand/v2"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
)

// randomAccounts has the credentials be those of another account for some time in every eighth world, from
// a random call on. Its random choices are of its own, so that the other worlds stay as they are.
func randomAccounts(w *simulation.World) {
	random := rand.New(rand.NewPCG(w.Seed(), 5))
	if random.IntN(8) != 0 {
		return
	}
	for range 1 + random.IntN(3) {
		at, calls := time.Duration(random.IntN(1500))*time.Second, 1+random.IntN(40)
		length, hasGroup := time.Duration(1+random.IntN(2400))*time.Second, random.IntN(2) == 0
		w.At(at, func(w *simulation.World) {
			w.In(calls, func(w *simulation.World) {
				w.UseOtherAccount(hasGroup)
				later(w, length, (*simulation.World).UseOwnAccount)
			})
		})
	}
}

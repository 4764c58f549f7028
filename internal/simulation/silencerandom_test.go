package simulation_test

import (
	"math/rand/v2"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
)

// randomSilence lets kubelets fall silent in every fourth world: some of them, those of a zone or
// all, and most of them report again later. It has random numbers of its own, so that other worlds
// stay as they are. It returns whether the upgrade may fail because of that.
func randomSilence(w *simulation.World, c simulation.Config) (mayFail bool) {
	random, silent := hasSilence(c)
	if !silent {
		return false
	}
	at := time.Duration(random.IntN(1200)) * time.Second
	length := time.Duration(random.IntN(1500)) * time.Second
	if random.IntN(4) == 0 {
		length = 3 * time.Hour
	}
	switch random.IntN(4) {
	case 0:
		for n := range 1 + random.IntN(3) {
			silenceOne(w, random, at+time.Duration(n*random.IntN(90))*time.Second, length)
		}
	case 1:
		zone := c.Zones[random.IntN(len(c.Zones))]
		w.At(at, func(w *simulation.World) { w.CutOff(zone) })
		w.At(at+length, func(w *simulation.World) { w.Reconnect(zone) })
	case 2:
		w.At(at, func(w *simulation.World) { w.CutOff() })
		w.At(at+length, func(w *simulation.World) { w.Reconnect() })
	case 3:
		nth, outdated := random.IntN(3), random.IntN(2) == 0
		w.At(at, func(w *simulation.World) { name, _ := w.Node(nth, outdated); w.KillMachine(name) })
	}
	return true
}

// hasSilence reports whether kubelets fall silent in a world, and returns its random numbers for that.
func hasSilence(c simulation.Config) (random *rand.Rand, silent bool) {
	random = rand.New(rand.NewPCG(c.Seed, 4))
	return random, random.IntN(4) == 0
}

// endSilence lets all kubelets of such a world report again that do not do so by themselves, and has
// dead machines replaced.
func endSilence(w *simulation.World, c simulation.Config) {
	if _, silent := hasSilence(c); silent {
		w.Reconnect()
		w.TerminateSilentNodes()
		w.AdvanceBy(10 * time.Minute)
	}
}

// silenceOne silences one kubelet for a time.
func silenceOne(w *simulation.World, random *rand.Rand, at, length time.Duration) {
	nth, outdated := random.IntN(4), random.IntN(2) == 0
	w.At(at, func(w *simulation.World) {
		name, _ := w.Node(nth, outdated)
		w.SilenceKubelet(name)
		w.At(at+length, func(w *simulation.World) { w.HearKubelet(name) })
	})
}

package simulation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nodelift/nodelift/internal/simulation"
)

var outlines = flag.String("outlines", "", "write the outline of every story and random world to this file")

// TestOutlines writes down what the engine decides, without its words: for every scenario and
// random world the calls of the engine with their times, the reasons of its events, what the
// world did, and how things are at the end. Two versions that decide the same write the same
// file, however they word it:
//
//	go test ./internal/simulation -run TestOutlines -outlines FILE -worlds 3000
func TestOutlines(t *testing.T) {
	if *outlines == "" {
		t.Skip("a tool, not a check: it needs -outlines FILE, and two versions to compare")
	}
	var lines []string
	for _, s := range scenarios() {
		got, err := s.play(t.Context())
		lines = append(lines, s.name+" "+outline(got.world, err))
	}
	random := make([]string, 2**worlds)
	var workers sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := range next {
				seed := uint64(n/2 + 1)
				if n%2 == 0 {
					w, err := playRandom(t, seed)
					random[n] = fmt.Sprintf("random %d %s", seed, outline(w, err))
				} else if n%20 == 1 {
					w, _, err := playScaling(t, seed)
					random[n] = fmt.Sprintf("scaling %d %s", seed, outline(w, err))
				}
			}
		})
	}
	for n := range random {
		next <- n
	}
	close(next)
	workers.Wait()
	for _, line := range random {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if err := os.WriteFile(*outlines, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// outline returns a story without the words of events.
func outline(w *simulation.World, err error) string {
	var calls, reasons, happenings strings.Builder
	for _, c := range w.Calls() {
		fmt.Fprintf(&calls, "%s %s %d %t\n", c.At, c.Method, c.Writes, c.Write)
	}
	for line := range strings.Lines(w.Story().String()) {
		at, what, _ := strings.Cut(line, "  ")
		if strings.HasPrefix(what, "- ") {
			fmt.Fprintf(&happenings, "%s %s", at, what)
			continue
		}
		reason, _, _ := strings.Cut(what, ":")
		fmt.Fprintf(&reasons, "%s %s\n", at, reason)
	}
	state := w.State()
	return fmt.Sprintf("failed=%t calls=%d/%s reasons=%s happenings=%s state=%s %s %v", err != nil, len(w.Calls()), digest(calls.String()),
		digest(reasons.String()), digest(happenings.String()), digest(fmt.Sprintf("%+v", state)), state.Status, state.Errors)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

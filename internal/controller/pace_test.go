package controller

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestPassesKeepTheirDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paces
		if early := p.early("a"); early != 0 {
			t.Errorf("the first pass waits for %s", early)
		}
		if next := p.passed("a", upgrade.Result{After: 5 * time.Second}, 0); next != 5*time.Second {
			t.Errorf("the next pass is made after %s", next)
		}
		time.Sleep(spacing / 4)
		if early := p.early("a"); early != 3*spacing/4 {
			t.Errorf("a change wakes it after %s more", early)
		}
		if early := p.early("b"); early != 0 {
			t.Errorf("another update waits for %s", early)
		}
		time.Sleep(3 * spacing / 4)
		if early := p.early("a"); early != 0 {
			t.Errorf("after its distance it waits for %s", early)
		}
		if next := p.passed("a", upgrade.Result{After: time.Millisecond}, 0); next != spacing {
			t.Errorf("a pass wanted sooner is made after %s", next)
		}
		if next := p.passed("a", upgrade.Result{After: time.Second}, 6*spacing); next != time.Second || p.early("a") != 3*spacing {
			t.Errorf("after a long pass the next is made after %s, a change wakes it after %s", next, p.early("a"))
		}
	})
}

func TestThePassThatIsWantedAtOnceIsMadeAtOnce(t *testing.T) {
	var p paces
	p.passed("a", upgrade.Result{After: time.Second}, time.Minute)
	if next := p.passed("a", upgrade.Result{}, time.Minute); next > time.Microsecond || p.early("a") != 0 {
		t.Errorf("it is made after %s, early %s", next, p.early("a"))
	}
}

func TestPassesThatFailAreMadeLessAndLessOften(t *testing.T) {
	var p paces
	failure := errors.New("no answer")
	var pauses []time.Duration
	for range 9 {
		pauses = append(pauses, p.failed("a", failure))
	}
	want := []time.Duration{
		firstPause, 2 * firstPause, 4 * firstPause, 8 * firstPause, 16 * firstPause, 32 * firstPause, 64 * firstPause, 128 * firstPause, longestPause,
	}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if pause := p.failed("a", fmt.Errorf("save: %w", upgrade.ErrConflict)); pause != firstPause {
		t.Errorf("after a conflict it pauses for %s", pause)
	}
	p.passed("a", upgrade.Result{}, 0)
	if pause := p.failed("a", failure); pause != firstPause {
		t.Errorf("after a success it pauses for %s", pause)
	}
}

// However often the engine asks for the next pass at once, the passes do not spin for ever.
func TestPassesAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paces
		began, passes := time.Now(), 0
		for time.Since(began) < time.Minute {
			time.Sleep(p.passed("a", upgrade.Result{}, 0))
			passes++
		}
		if passes > atOnceInARow+61 {
			t.Errorf("%d passes in a minute", passes)
		}
		p.passed("a", upgrade.Result{After: time.Second}, 0)
		if next := p.passed("a", upgrade.Result{}, 0); next > time.Microsecond {
			t.Errorf("after a pause, a pass that is wanted at once is made after %s", next)
		}
	})
}

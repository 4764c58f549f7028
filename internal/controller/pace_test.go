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
		if next := p.passed("a", upgrade.Result{After: 5 * time.Second}); next != 5*time.Second {
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
		if next := p.passed("a", upgrade.Result{After: time.Millisecond}); next != spacing {
			t.Errorf("a pass wanted sooner is made after %s", next)
		}
	})
}

func TestThePassThatIsWantedAtOnceIsMadeAtOnce(t *testing.T) {
	var p paces
	p.passed("a", upgrade.Result{After: time.Second})
	if next := p.passed("a", upgrade.Result{}); next > time.Microsecond || p.early("a") != 0 {
		t.Errorf("it is made after %s, early %s", next, p.early("a"))
	}
}

func TestPassesThatFailAreMadeLessAndLessOften(t *testing.T) {
	var p paces
	trouble := errors.New("no answer")
	var pauses []time.Duration
	for range 9 {
		pauses = append(pauses, p.failed("a", trouble))
	}
	want := []time.Duration{
		spacing, 2 * spacing, 4 * spacing, 8 * spacing, 16 * spacing, 32 * spacing, 64 * spacing, 128 * spacing, longestPause,
	}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if pause := p.failed("a", fmt.Errorf("save: %w", upgrade.ErrConflict)); pause != spacing {
		t.Errorf("after a conflict it pauses for %s", pause)
	}
	p.passed("a", upgrade.Result{})
	if pause := p.failed("a", trouble); pause != spacing {
		t.Errorf("after a success it pauses for %s", pause)
	}
}

package terminal

import (
	"bytes"
	"testing"
)

func TestStatusLine(t *testing.T) {
	var screen bytes.Buffer
	line := &StatusLine{out: &screen, size: func() (int, int) { return 20, 4 }}
	for _, tc := range []struct {
		does  string
		draw  []string
		wrote string
	}{
		{"nothing to clear", nil, ""},
		{"it is cut", []string{"Upgrade, 1 of 3 nodes, about 4m left"}, "\rUpgrade, 1 of 3 no…\x1b[J"},
		{"the same again", []string{"Upgrade, 1 of 3 nodes, about 3m left"}, ""},
		{"how long it lasts stays", []string{"Upgrade: zone a (5s)"}, "\rUpgrade: zone… (5s)\x1b[J"},
		{"unless that is all", []string{"Upgrade (for 15 minutes)"}, "\rUpgrade (for 15 mi…\x1b[J"},
		{"written over", []string{"Upgrade"}, "\rUpgrade\x1b[J"},
		{"of two groups", []string{"a: Upgrade", "b: Setup"}, "\ra: Upgrade\x1b[K\nb: Setup\x1b[J"},
		{"again of two", []string{"a: Scale down", "b: Setup"}, "\r\x1b[1Aa: Scale down\x1b[K\nb: Setup\x1b[J"},
		{"more than the screen", []string{"a", "b", "c", "d", "e"}, "\r\x1b[1Aa\x1b[K\nb\x1b[K\nc\x1b[J"},
		{"one is done", []string{"b"}, "\r\x1b[2Ab\x1b[J"},
		{"all are", nil, "\r\x1b[J"},
	} {
		screen.Reset()
		if line.Draw(tc.draw); screen.String() != tc.wrote {
			t.Errorf("%s: %q, want %q", tc.does, screen.String(), tc.wrote)
		}
	}
	screen.Reset()
	(&StatusLine{}).Draw([]string{"nobody sees it"})
	if screen.Len() > 0 {
		t.Errorf("a pipe got %q", screen.String())
	}
}

// A status that is too long for a narrow terminal is folded, and cut only then.
func TestStatusLineIsFolded(t *testing.T) {
	const status = "Upgrade, 1 of 3 nodes, about 4m left: draining ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: " +
		"its budget shop/web needs 2 healthy pods and has 2 since 21:04, and nobody has looked at it for a quarter of an hour or more (3m of 15m)"
	for columns, want := range map[int]string{
		81: "\rUpgrade, 1 of 3 nodes, about 4m left: draining\x1b[K\n" +
			"  ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: its\x1b[K\n" +
			"  budget shop/web needs 2 healthy pods and has 2 since 21:04, and n… (3m of 15m)\x1b[J",
		200: "\rUpgrade, 1 of 3 nodes, about 4m left: draining ip-10-0-64-4.us-west-2.compute.internal (us-west-2b): pod shop/web-1: " +
			"its budget shop/web needs 2 healthy pods and has 2 since 21:04, and nobody has\x1b[K\n" +
			"  looked at it for a quarter of an hour or more (3m of 15m)\x1b[J",
	} {
		var screen bytes.Buffer
		(&StatusLine{out: &screen, size: func() (int, int) { return columns, 24 }}).Draw([]string{status})
		if screen.String() != want {
			t.Errorf("%d columns: %q, want %q", columns, screen.String(), want)
		}
	}
}

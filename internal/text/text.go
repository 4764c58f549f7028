// Package text writes durations, numbers of things, lists and columns as people read them.
package text

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Duration writes a duration exactly, in whole seconds and without a zero at the end: 41s, 1m30s, 15m, 2h.
// time.ParseDuration can read it, so it is right for limits and for values of flags.
func Duration(d time.Duration) string {
	words := d.Round(time.Second).String()
	if strings.HasSuffix(words, "m0s") {
		words = strings.TrimSuffix(words, "0s")
	}
	if strings.HasSuffix(words, "h0m") {
		words = strings.TrimSuffix(words, "0m")
	}
	return words
}

// Rough writes how long something took or takes, in its two largest parts: 41s, 3m12s, 2h5m, 3d4h. A negative duration
// is written as 0s, because clocks of two machines may differ.
func Rough(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	days, hours := int(d.Hours())/24, int(d.Hours())%24
	minutes, seconds := int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return twoParts(days, "d", hours, "h")
	case hours > 0:
		return twoParts(hours, "h", minutes, "m")
	case minutes > 0:
		return twoParts(minutes, "m", seconds, "s")
	}
	return fmt.Sprintf("%ds", seconds)
}

func twoParts(large int, unit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d%s", large, unit)
	}
	return fmt.Sprintf("%d%s%d%s", large, unit, small, smallUnit)
}

// Count writes a number of things: 1 node, 3 nodes.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Rows writes names and what belongs to them in two columns, each line after an indent.
func Rows(indent string, rows [][2]string) string {
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%s%-*s  %s\n", indent, width, row[0], row[1])
	}
	return b.String()
}

// More says how many more things there are than were named: " (and 2 more)", or nothing.
func More(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

// List names the first things of a list, up to most, and says how many more there are: a, b (and 2 more).
func List(things []string, most int) string {
	named := things[:min(len(things), most)]
	return strings.Join(named, ", ") + More(len(things)-len(named))
}

// Shorten cuts a text that is longer than limit bytes, between two characters.
func Shorten(s string, limit int) string {
	const more = "…"
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len(more)]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s) + more
}

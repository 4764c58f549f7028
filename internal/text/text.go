// Package text writes durations and numbers of things as people say them.
package text

import (
	"fmt"
	"strings"
	"time"
)

// Duration writes a duration in whole seconds, without parts that are zero: 41s, 1m30s, 15m, 2h.
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

// Count writes a number of things: 1 node, 3 nodes.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// More says how many more things there are than were named: " (and 2 more)", or nothing.
func More(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

package terminal

import (
	"regexp"
	"strings"
)

// Quote quotes a word so that a shell reads it unchanged.
func Quote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

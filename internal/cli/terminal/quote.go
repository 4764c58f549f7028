package terminal

import (
	"regexp"
	"strings"
)

// Quote makes a word that a shell reads as it is.
func Quote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

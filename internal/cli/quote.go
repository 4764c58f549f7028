package cli

import (
	"regexp"
	"strings"
)

// quote makes a word that a shell reads as it is.
func quote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

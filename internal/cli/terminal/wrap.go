package terminal

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Narrowest is the least width at which lines are still broken.
const Narrowest = 40

// Wrapped is text for a terminal of so many columns. Longer lines are broken at spaces and
// indented to where their own words begin: after the name of a row or the dash of a list.
// Tables stay as they are, and so do commands, which people copy.
func Wrapped(text string, columns int) string {
	if columns < Narrowest {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if indent, ok := indentOf(line); ok {
			lines[i] = strings.Join(Broken(line, columns, indent), "\n")
		}
	}
	return strings.Join(lines, "\n")
}

// indentOf is where the words of a line begin; not ok if it is not to be broken.
func indentOf(line string) (indent int, ok bool) {
	words := strings.TrimLeft(line, " ")
	indent = len(line) - len(words)
	columns := regexp.MustCompile(`\S {2,}`).FindAllStringIndex(words, -1)
	switch {
	case regexp.MustCompile(`\b(nodelift|kubectl|aws) [a-z]`).MatchString(words), len(columns) > 1:
		return 0, false
	case len(columns) == 1:
		return indent + columns[0][1], true
	case strings.HasPrefix(words, "- "):
		return indent + 2, true
	}
	return indent, true
}

// Broken breaks a line at spaces so that no part is longer than width, if possible. All
// parts but the first are indented.
func Broken(line string, width, indent int) []string {
	if indent > width/2 {
		indent = 4
	}
	var lines []string
	for utf8.RuneCountInString(line) > width {
		runes := []rune(line)
		at := lastSpace(runes[:width+1], indent)
		if at < 0 {
			at = len(runes) // one long word
			if next := slices.Index(runes[width:], ' '); next >= 0 {
				at = width + next
			}
		}
		lines = append(lines, strings.TrimRight(string(runes[:at]), " "))
		rest := strings.TrimLeft(string(runes[at:]), " ")
		if rest == "" {
			return lines
		}
		line = strings.Repeat(" ", indent) + rest
	}
	return append(lines, line)
}

// lastSpace is the index of the last space after the first so many runes, or -1.
func lastSpace(runes []rune, least int) int {
	for i := len(runes) - 1; i > least; i-- {
		if runes[i] == ' ' {
			return i
		}
	}
	return -1
}

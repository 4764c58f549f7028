package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

// about is an estimate, rounded to how exact it can be: about 11m.
func about(d time.Duration) string {
	if d > 2*time.Minute {
		d = d.Round(time.Minute)
	}
	return "about " + text.Rough(d)
}

// dash stands in a table for what is not known.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Table writes rows in columns below a header, two spaces apart.
func Table(header []string, rows [][]string) string {
	widths := make([]int, len(header))
	all := append([][]string{header}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range all {
		b.WriteString(tableLine(row, widths) + "\n")
	}
	return b.String()
}

func tableLine(row []string, widths []int) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = fmt.Sprintf("%-*s", widths[i], cell)
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}

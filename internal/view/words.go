package view

import (
	"fmt"
	"strings"
	"time"
)

// Span is a time as people say it, in its two largest parts: 41s, 3m12s, 15m,
// 2h5m, 3d4h.
func Span(d time.Duration) string {
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

// about is an estimate, no more exact than it can be: about 11m.
func about(d time.Duration) string {
	if d > 2*time.Minute {
		d = d.Round(time.Minute)
	}
	return "about " + Span(d)
}

// count is a number with its noun: 1 node, 2 nodes.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// dash stands for what is not known in a table.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Table lines up rows below a header, two spaces apart.
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

package upgrade

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Count is a number of things (nodes, pods), or a percentage of them.
type Count struct {
	Value   int
	Percent bool
}

// Of returns the count for so many things. A percentage is rounded down, as that of a
// Deployment's maxUnavailable is.
func (c Count) Of(things int) int {
	if c.Percent {
		return things * c.Value / 100
	}
	return c.Value
}

// String writes the count as flags and resources have it: 3 or 25%.
func (c Count) String() string {
	if c.Percent {
		return strconv.Itoa(c.Value) + "%"
	}
	return strconv.Itoa(c.Value)
}

// Range is the counts that a setting takes. The schema in api/v1alpha1 repeats them,
// and a test of internal/kube compares the two.
type Range struct {
	Things                    string // what is counted: nodes
	Least, Most               int
	LeastPercent, MostPercent int
}

// UnavailableNodes are the bounds of maxUnavailable, which are those of EKS.
func UnavailableNodes() Range {
	return Range{Things: "nodes", Least: 1, Most: 100, LeastPercent: 1, MostPercent: 100}
}

// UnreadyPods are the bounds of maxUnreadyPods.
func UnreadyPods() Range {
	return Range{Things: "pods", Most: 100_000, MostPercent: 100}
}

// String says what may be given, in words that follow "give" or "is not".
func (r Range) String() string {
	return fmt.Sprintf("a number of %s from %d to %d or a percentage from %d%% to %d%%",
		r.Things, r.Least, r.Most, r.LeastPercent, r.MostPercent)
}

// Contains reports whether a count is within the bounds.
func (r Range) Contains(c Count) bool {
	if c.Percent {
		return r.LeastPercent <= c.Value && c.Value <= r.MostPercent
	}
	return r.Least <= c.Value && c.Value <= r.Most
}

// Parse reads what [Count.String] writes. The error says what may be given.
func (r Range) Parse(text string) (Count, error) {
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(digits, 10, 31)
	c := Count{Value: int(n), Percent: percent}
	if err != nil || !r.Contains(c) {
		return Count{}, errors.New("give " + r.String())
	}
	return c, nil
}

package preflight

import "strings"

// Report is what the checks found.
type Report struct {
	// Refusals stop the upgrade before anything is changed.
	Refusals []Finding
	// Owned is true if the upgrade is refused because somebody else upgrades the group.
	Owned bool
	// Warnings are for people to decide about.
	Warnings []Finding
	Plan     Plan
}

// Refused reports whether anything stops the upgrade.
func (r Report) Refused() bool { return len(r.Refusals) > 0 }

// Finding is one thing that the checks have found.
type Finding struct {
	// Rule is a word in CamelCase that stays the same, for scripts.
	Rule string
	// What is so, why that matters, and what to do next: three clauses without
	// a full stop, the last two may be empty.
	What string
	Why  string
	Next string
	// Things are what it is about, one by one: pods, budgets, zones, instances.
	Things []string
}

// String is the finding as one sentence.
func (f Finding) String() string {
	sentence := f.What
	if len(f.Things) > 0 {
		sentence += " (" + strings.Join(f.Things, ", ") + ")"
	}
	if f.Why != "" {
		sentence += ": " + f.Why
	}
	if f.Next != "" {
		sentence += "; " + f.Next
	}
	return sentence
}

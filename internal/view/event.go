package view

import (
	"fmt"
	"time"
)

// Event is one sentence about something that was done or seen.
type Event struct {
	Time    time.Time
	Warning bool
	Reason  string // one word in CamelCase
	Message string
	Node    string // "" when it is about the group
}

// EventIndent is the column at which the sentence of an event's line begins.
const EventIndent = 31

// Line is the event as people read it: time of day, reason, sentence.
func (e Event) Line() string {
	mark := " "
	if e.Warning {
		mark = "!"
	}
	return fmt.Sprintf("%s %s %-19s %s", e.Time.Format(time.TimeOnly), mark, e.Reason, e.Message)
}

package simulation

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Option is what may happen at a point instead of the ordinary.
type Option string

// The options. The first group are faults of a call, the second what other processes do
// before a call, the third what people do before a pass, the last how long things take.
const (
	FailsBefore Option = "fails-before"
	ReplyLost   Option = "reply-lost"
	DiesBefore  Option = "dies-before"
	DiesAfter   Option = "dies-after"
	StaleAnswer Option = "stale"

	Overtaken Option = "overtaken" // the process freezes, and another one works meanwhile
	CtrlC     Option = "ctrl-c"    // the process is asked to end, and another one follows

	PersonPauses    Option = "pause"
	PersonCancels   Option = "cancel"
	PersonRestores  Option = "cancel-whole" // cancel, with the launch template restored
	PersonRollsBack Option = "rollback"

	Late Option = "late" // an event of the world takes long against a pass
	Slow Option = "slow" // a call takes until the next event of the world
)

// Choice is the option that is taken at a point. Points are counted from 1, in the order
// in which they come up.
type Choice struct {
	Point  int
	Option Option
}

// Choices is what has to happen in a world, in the order of the points. It replays a
// world together with its Config.
type Choices []Choice

func (c Choice) compare(o Choice) int {
	return cmp.Or(cmp.Compare(c.Point, o.Point), cmp.Compare(c.Option, o.Option))
}

// String writes choices as ParseChoices reads them: 40:dies-before 97:fails-before.
func (c Choices) String() string {
	words := make([]string, len(c))
	for i, choice := range c {
		words[i] = fmt.Sprintf("%d:%s", choice.Point, choice.Option)
	}
	return strings.Join(words, " ")
}

// ParseChoices reads what Choices.String writes.
func ParseChoices(text string) (Choices, error) {
	var all Choices
	for word := range strings.FieldsSeq(text) {
		number, option, _ := strings.Cut(word, ":")
		point, err := strconv.Atoi(number)
		if err != nil || option == "" {
			return nil, fmt.Errorf("choice %q: want POINT:OPTION", word)
		}
		all = append(all, Choice{point, Option(option)})
	}
	return all, nil
}

// Deviations is how often the ordinary may be left, by kind.
type Deviations struct{ Faults, Verbs, Late int }

// less returns what is left of d after an option, and false if the option is not left.
func (d Deviations) less(o Option) (Deviations, bool) {
	switch o {
	case PersonPauses, PersonCancels, PersonRestores, PersonRollsBack:
		d.Verbs--
	case Late, Slow:
		d.Late--
	default:
		d.Faults--
	}
	return d, d.Faults >= 0 && d.Verbs >= 0 && d.Late >= 0
}

// covers reports whether d leaves at least as much as o.
func (d Deviations) covers(o Deviations) bool {
	return d.Faults >= o.Faults && d.Verbs >= o.Verbs && d.Late >= o.Late
}

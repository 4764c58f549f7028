package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// checked is a flag whose value is checked while flags are read, so that
// nothing is called when it is wrong. It is a pflag.Value.
type checked[T any] struct {
	into  *T
	kind  string // how the help shows the value
	parse func(string) (T, error)
	print func(T) string
}

func (c checked[T]) Type() string   { return c.kind }
func (c checked[T]) String() string { return c.print(*c.into) }

func (c checked[T]) Set(text string) error {
	value, err := c.parse(text)
	if err != nil {
		return err
	}
	*c.into = value
	return nil
}

// countFlag takes a number or a percentage within bounds.
func countFlag(into *upgrade.Count, bounds upgrade.Range) checked[upgrade.Count] {
	return checked[upgrade.Count]{into, "count", bounds.Parse, upgrade.Count.String}
}

// limitFlag takes a time that a wait may last at least and at most.
func limitFlag(into *time.Duration, least, most time.Duration) checked[time.Duration] {
	return checked[time.Duration]{into, "duration", func(value string) (time.Duration, error) {
		d, err := time.ParseDuration(value)
		if err != nil || d < least || d > most {
			return 0, fmt.Errorf("give a time from %s to %s, like 90s or 15m", text.Duration(least), text.Duration(most))
		}
		return d, nil
	}, exactly}
}

// wordFlag takes text of a form that people can be told.
func wordFlag(into *string, kind string, form *regexp.Regexp, advice string) checked[string] {
	return checked[string]{into, kind, func(text string) (string, error) {
		if !form.MatchString(text) {
			return "", fmt.Errorf("%s", advice)
		}
		return text, nil
	}, func(text string) string { return text }}
}

// textFlag takes any text but an empty one: that is a variable of a script that is not
// set, and would mean something else than was meant.
func textFlag(into *string) checked[string] {
	return wordFlag(into, "string", regexp.MustCompile(`\S`), "the value is empty; give one, or leave the flag out")
}

// listFlag takes texts that are separated by commas, and may be given several times.
func listFlag(into *[]string) checked[[]string] {
	return wordsFlag(into, "string", regexp.MustCompile(`^\S(.*\S)?$`), "one of the values is empty or has spaces around it")
}

// accountsFlag takes AWS accounts like listFlag.
func accountsFlag(into *[]string) checked[[]string] {
	return wordsFlag(into, "accounts", regexp.MustCompile(`^[0-9]{12}$`), "give AWS accounts of 12 digits, separated by commas")
}

// wordsFlag takes words of a form that are separated by commas, and may be given several times.
func wordsFlag(into *[]string, kind string, form *regexp.Regexp, advice string) checked[[]string] {
	return checked[[]string]{into, kind, func(text string) ([]string, error) {
		words := slices.Clone(*into)
		for word := range strings.SplitSeq(text, ",") {
			if !form.MatchString(word) {
				return nil, errors.New(advice)
			}
			words = append(words, word)
		}
		return words, nil
	}, func(words []string) string { return strings.Join(words, ",") }}
}

// roleFlag takes an IAM role.
func roleFlag(into *string) checked[string] {
	return wordFlag(into, "ARN", regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`),
		"give the ARN of an IAM role, like arn:aws:iam::123456789012:role/nodelift")
}

// addressFlag takes an address to listen on.
func addressFlag(into *string) checked[string] {
	return wordFlag(into, "address", regexp.MustCompile(`^([^\s:]*|\[[0-9A-Fa-f:]+\]):[0-9]+$`), "give an address to listen on, like :8081 or 127.0.0.1:8081")
}

// choiceFlag takes one of a few words.
func choiceFlag(into *string, choices ...string) checked[string] {
	last := len(choices) - 1
	form := regexp.MustCompile("^(" + strings.Join(choices, "|") + ")$")
	return wordFlag(into, strings.Join(choices, "|"), form, "give "+strings.Join(choices[:last], ", ")+" or "+choices[last])
}

// exactly writes a duration so that the flag reads the same again, fractions included.
func exactly(d time.Duration) string {
	if d%time.Second != 0 {
		return d.String()
	}
	return text.Duration(d)
}

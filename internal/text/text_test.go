package text_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

func TestDuration(t *testing.T) {
	for name, c := range map[string]struct {
		d    time.Duration
		want string
	}{
		"seconds alone":                             {41 * time.Second, "41s"},
		"minutes and seconds":                       {90 * time.Second, "1m30s"},
		"whole minutes have no seconds":             {15 * time.Minute, "15m"},
		"whole hours have no minutes":               {2 * time.Hour, "2h"},
		"hours and seconds keep the minutes":        {2*time.Hour + 5*time.Second, "2h0m5s"},
		"ten hours keep their zero":                 {10 * time.Hour, "10h"},
		"fractions are rounded":                     {1499 * time.Millisecond, "1s"},
		"nothing is zero seconds":                   {0, "0s"},
		"ten minutes keep their zero":               {10 * time.Minute, "10m"},
		"a time before is written with a minus":     {-30 * time.Second, "-30s"},
		"hours and minutes have no seconds to show": {time.Hour + 10*time.Minute, "1h10m"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Duration(c.d); got != c.want {
				t.Errorf("%v is written %q, want %q", c.d, got, c.want)
			}
		})
	}
}

func TestRough(t *testing.T) {
	for name, c := range map[string]struct {
		d    time.Duration
		want string
	}{
		"a time before is no time":                        {-time.Second, "0s"},
		"fractions are rounded":                           {400 * time.Millisecond, "0s"},
		"less than a minute is written in seconds":        {59 * time.Second, "59s"},
		"minutes are written with their seconds":          {192 * time.Second, "3m12s"},
		"whole minutes have no seconds":                   {20 * time.Minute, "20m"},
		"hours are written with their minutes alone":      {2*time.Hour + 5*time.Minute + 7*time.Second, "2h5m"},
		"days are written with their hours alone":         {76*time.Hour + 9*time.Minute, "3d4h"},
		"whole days have no hours":                        {7 * 24 * time.Hour, "7d"},
		"a day and some minutes are written as one day":   {24*time.Hour + 10*time.Minute, "1d"},
		"just under a minute is rounded up to a minute":   {59*time.Second + 600*time.Millisecond, "1m"},
		"hours without minutes leave the seconds out too": {2*time.Hour + 5*time.Second, "2h"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Rough(c.d); got != c.want {
				t.Errorf("%v is written %q, want %q", c.d, got, c.want)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"one thing is singular":                  {text.Count(1, "node"), "1 node"},
		"no thing is plural":                     {text.Count(0, "node"), "0 nodes"},
		"several things are plural":              {text.Count(3, "node"), "3 nodes"},
		"no further thing is not worth a word":   {text.More(0), ""},
		"further things are counted in brackets": {text.More(2), " (and 2 more)"},
		"a short list names all":                 {text.List([]string{"a", "b"}, 2), "a, b"},
		"a long list counts the rest":            {text.List([]string{"a", "b", "c", "d"}, 2), "a, b (and 2 more)"},
		"an empty list is empty":                 {text.List(nil, 2), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

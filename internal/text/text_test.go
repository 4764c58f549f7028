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

func TestNumbers(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"one thing is singular":                  {text.Count(1, "node"), "1 node"},
		"no thing is plural":                     {text.Count(0, "node"), "0 nodes"},
		"several things are plural":              {text.Count(3, "node"), "3 nodes"},
		"no further thing is not worth a word":   {text.More(0), ""},
		"further things are counted in brackets": {text.More(2), " (and 2 more)"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

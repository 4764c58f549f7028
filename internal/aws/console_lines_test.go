package aws

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLastLines(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"nothing was written":                    {"", ""},
		"only what is not printed":               {"\r\n\x1b[2J\x00\x07\r\n", ""},
		"colours and cursors":                    {"[\x1b[0;32m  OK  \x1b[0m] Started\x1b[K\r\n\x1b]0;title\x07next", "[  OK  ] Started | next"},
		"a character set, and bells and tabs":    {"\x1b(Ba\tb\x07c\x1b=", "a bc"},
		"a progress that is overwritten":         {"10 %\r50 %\rdone\n", "10 % | 50 % | done"},
		"text that turns its direction":          {"a\u202eb\u200bc", "abc"},
		"bytes that are no text":                 {"a\xff\xfeb\n\xc3", "ab"},
		"the last eight of many lines":           {strings.Repeat("x\n", 5) + "1\n2\n\n3\n4\n5\n6\n7\n8\n", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"},
		"the end of a line that is far too long": {strings.Repeat("é", 100000), "…" + strings.Repeat("é", 300)},
	} {
		got := lastLines(tc.text)
		if got != tc.want || len(got) > 610 || !utf8.ValidString(got) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

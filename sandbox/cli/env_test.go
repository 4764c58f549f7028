package cli

import "testing"

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `''`,
		"/home/me/.local/state":     `/home/me/.local/state`,
		"http://127.0.0.1:4566":     `http://127.0.0.1:4566`,
		"with space":                `'with space'`,
		"it's":                      `'it'\''s'`,
		"$(rm -rf ~)":               `'$(rm -rf ~)'`,
		"wJalrXUtnFEMI/K7MDENG/bPx": `wJalrXUtnFEMI/K7MDENG/bPx`,
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) = %s, want %s", text, got, want)
		}
	}
}

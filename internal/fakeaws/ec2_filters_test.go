package fakeaws

import "testing"

// Every filter finds what has its value and nothing else. If a filter compares
// the wrong field, an element is not found by its own value.
func TestEveryFilterFindsByItsOwnValue(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 6)
	w.terminate(w.inZone("a").ID, true)
	w.settle()
	checkFilters(t, w.instances, instanceFilters())
	checkFilters(t, w.images[:2*len(publishers())], imageFilters()) // the images are of two days
	checkFilters(t, w.templates, templateFilters())
	checkFilters(t, instanceTypes(), typeFilters())
}

func checkFilters[T any](t *testing.T, all []T, f filterable[T]) {
	t.Helper()
	for name, field := range f.fields {
		for _, element := range all {
			kept, err := f.matching(all, []filter{{Name: name, Values: []string{field(element)}}})
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range kept {
				same(t, name, field(other), field(element))
			}
			if len(kept) == 0 {
				t.Errorf("nothing found with %s = %q", name, field(element))
			}
		}
	}
}

func TestGlob(t *testing.T) {
	for pattern, row := range map[string]struct{ fits, fails string }{
		"abc":    {"abc", "abcd"},
		"a*c":    {"abbbc", "abcd"},
		"*":      {"", ""},
		"a?c":    {"abc", "ac"},
		"a.c":    {"a.c", "abc"},
		`a\*c`:   {"a*c", "abc"},
		"[abc]*": {"[abc] and more", "a"},
	} {
		t.Run(pattern, func(t *testing.T) {
			if !glob(pattern)(row.fits) {
				t.Errorf("%q does not match", row.fits)
			}
			if row.fails != "" && glob(pattern)(row.fails) {
				t.Errorf("%q fits", row.fails)
			}
		})
	}
}

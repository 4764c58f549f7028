package upgrade

import "testing"

func TestCountsAreReadWithinTheirRange(t *testing.T) {
	for name, c := range map[string]struct {
		bounds Range
		text   string
		want   string // "" if it is refused
	}{
		"a number of nodes":               {UnavailableNodes(), "3", "3"},
		"the most nodes":                  {UnavailableNodes(), "100", "100"},
		"too many nodes":                  {UnavailableNodes(), "101", ""},
		"no node":                         {UnavailableNodes(), "0", ""},
		"a percentage of the nodes":       {UnavailableNodes(), "25%", "25%"},
		"no percent of the nodes":         {UnavailableNodes(), "0%", ""},
		"more than all nodes":             {UnavailableNodes(), "101%", ""},
		"no pod":                          {UnreadyPods(), "0", "0"},
		"no percent of the pods":          {UnreadyPods(), "0%", "0%"},
		"the most pods":                   {UnreadyPods(), "100000", "100000"},
		"too many pods":                   {UnreadyPods(), "100001", ""},
		"more than all pods":              {UnreadyPods(), "101%", ""},
		"a sign is not a digit":           {UnreadyPods(), "+1", ""},
		"less than none":                  {UnreadyPods(), "-1", ""},
		"a word":                          {UnreadyPods(), "few", ""},
		"nothing":                         {UnreadyPods(), "", ""},
		"a percent sign alone":            {UnreadyPods(), "%", ""},
		"more than the number type holds": {UnreadyPods(), "99999999999999999999", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.bounds.Parse(c.text)
			if (err == nil) != (c.want != "") || err == nil && got.String() != c.want {
				t.Errorf("%q is read as %s, %v, want %q", c.text, got, err, c.want)
			}
		})
	}
}

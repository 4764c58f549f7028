package fleet

import (
	"testing"
	"time"
)

func TestMostlySilent(t *testing.T) {
	unheard := func(d time.Duration) func(*Member) {
		return func(m *Member) { m.Node.Ready, m.Node.Heartbeat = false, ago(d) }
	}
	silent, zone := unheard(6*time.Minute), func(id, zone string, changes ...func(*Member)) func(*Fleet) {
		return has(id, zone, oldImage, changes...)
	}
	tests := map[string]struct {
		given []func(*Fleet)
		want  string
	}{
		"Nodes that report are not silent":               {[]func(*Fleet){zone("1", "a"), zone("2", "b")}, ""},
		"One silent node of two is taken for dead":       {[]func(*Fleet){zone("1", "a", silent), zone("2", "b")}, ""},
		"The only node of its zone is taken for dead":    {[]func(*Fleet){zone("1", "a", silent), zone("2", "b"), zone("3", "b")}, ""},
		"Half of the nodes are not most":                 {[]func(*Fleet){zone("1", "a", silent), zone("2", "b", silent), zone("3", "a"), zone("4", "b")}, ""},
		"More than half of the group":                    {[]func(*Fleet){zone("1", "a", silent), zone("2", "b", silent), zone("3", "c")}, "2 of 3 nodes are silent, the first since 11:54:00 UTC"},
		"Both nodes of a zone":                           {[]func(*Fleet){zone("1", "b", silent), zone("2", "b", silent), zone("3", "a"), zone("4", "a"), zone("5", "a")}, "2 of 2 nodes in b are silent, the first since 11:54:00 UTC"},
		"Nodes that have been silent for seconds count":  {[]func(*Fleet){zone("1", "a", silent), zone("2", "b", unheard(30*time.Second))}, "2 of 2 nodes are silent, the first since 11:54:00 UTC"},
		"A kubelet that says it is not Ready reports":    {[]func(*Fleet){zone("1", "a", silent), zone("2", "b", unheard(5*time.Second)), zone("3", "c", unheard(0))}, "1 of 3 nodes is silent, since 11:54:00 UTC"},
		"The only node of a cluster is not known dead":   {[]func(*Fleet){zone("1", "a", silent)}, "1 of 1 node is silent, since 11:54:00 UTC"},
		"Another node of the cluster shows that it died": {[]func(*Fleet){zone("1", "a", silent), elsewhere}, ""},
		"Terminating and missing nodes do not count":     {[]func(*Fleet){zone("1", "a", silent), zone("2", "b", silent, lifecycle("Terminating")), zone("3", "c", noNode), zone("4", "c")}, ""},
		"A new node counts like any other":               {[]func(*Fleet){has("1", "a", newImage, silent), has("2", "b", newImage, silent), zone("3", "c")}, "2 of 3 nodes are silent, the first since 11:54:00 UTC"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			if s := given(c.given...).MostlySilent(); s != nil {
				got = s.String()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// elsewhere adds a Ready node of another group to the cluster.
func elsewhere(f *Fleet) {
	other := *f.Members[0].Node
	other.Name, other.Provider, other.Ready = "other", "aws:///a/i-other", true
	f.Nodes = append(f.Nodes, other)
}

func TestMostUsable(t *testing.T) {
	old := []func(*Fleet){has("o1", "a", oldImage), has("o2", "b", oldImage), has("o3", "c", oldImage)}
	fresh := []func(*Fleet){has("n1", "a", newImage), has("n2", "b", newImage)}
	before := func(n int) func(*Fleet) { return func(f *Fleet) { f.Run.MostUsable = n } }
	tests := map[string]struct {
		given [][]func(*Fleet)
		want  int
	}{
		"Nodes that are usable count":                          {[][]func(*Fleet){old, {borrowed(3, 3)}}, 3},
		"It never falls":                                       {[][]func(*Fleet){old, {borrowed(3, 3), before(5)}}, 5},
		"Nodes that the update has added do not count":         {[][]func(*Fleet){old, fresh, {borrowed(3, 5)}}, 3},
		"Nodes that the owner has added do":                    {[][]func(*Fleet){old, fresh, {borrowed(5, 5)}}, 5},
		"Of those added only the ones that are there":          {[][]func(*Fleet){old, fresh, {borrowed(4, 7)}}, 3},
		"A node whose termination was requested is on its way": {[][]func(*Fleet){old, {borrowed(3, 3), inFlight("o1"), requested}}, 2},
		"One that is not usable does not count":                {[][]func(*Fleet){old, {has("o4", "a", oldImage, notReady), borrowed(4, 4)}}, 3},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			var all []func(*Fleet)
			for _, some := range c.given {
				all = append(all, some...)
			}
			if got := given(all...).MostUsable(); got != c.want {
				t.Errorf("most usable: got %d, want %d", got, c.want)
			}
		})
	}
}

// requested requests the terminations of all nodes in flight.
func requested(f *Fleet) {
	for i := range f.Run.Drains {
		f.Run.Drains[i].TerminationRequested = ago(time.Second)
	}
}

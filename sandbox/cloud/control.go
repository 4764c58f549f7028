package cloud

import (
	"encoding/json"
	"net/http"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// handler serves AWS, and beside it what only a sandbox has:
//
//	GET /_sandbox/journal    the calls that were made, as a JSON array, oldest first
//	GET /_sandbox/instances  the machines, as a JSON array, in the order of their launch
//
// Calls made with the access key ControlKey are the sandbox's own and are left
// out of the journal.
func (c *Cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/journal", c.serveJournal)
	mux.HandleFunc("GET /_sandbox/instances", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, c.Instances())
	})
	mux.Handle("/", c.Handler())
	return mux
}

func (c *Cloud) serveJournal(w http.ResponseWriter, _ *http.Request) {
	calls := []fakeaws.Call{}
	for _, call := range c.Journal() {
		if call.AccessKey != ControlKey {
			calls = append(calls, call)
		}
	}
	reply(w, calls)
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

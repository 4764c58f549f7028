package cloud

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// handler serves AWS, and in addition:
//
//	GET /_sandbox/journal    the calls that were made, as a JSON array, oldest first
//	GET /_sandbox/instances  the instances, as a JSON array, in the order of their launch
//	GET /_sandbox/faults     the lasting faults, as a JSON array
//	POST /_sandbox/faults    sets one (fakeaws.Fault) and returns it with its id; a wrong one is a 400 that says why
//	DELETE /_sandbox/faults/ID  clears one; without /ID all
//	PUT /_sandbox/iam-policy allows everybody but the sandbox only what the policy in the body allows; empty, everything
//
// Calls with the access key ControlKey are the sandbox's own: the journal omits
// them, and faults do not affect them.
func (c *Cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/journal", c.serveJournal)
	mux.HandleFunc("GET /_sandbox/instances", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, c.Instances())
	})
	mux.HandleFunc("GET /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, c.Faults()) })
	mux.HandleFunc("POST /_sandbox/faults", c.setFault)
	mux.HandleFunc("DELETE /_sandbox/faults/{id}", c.clearFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", c.clearFaults)
	mux.HandleFunc("PUT /_sandbox/iam-policy", c.setPolicy)
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

func (c *Cloud) setFault(w http.ResponseWriter, r *http.Request) {
	var fault fakeaws.Fault
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&fault); err != nil {
		refuse(w, err)
		return
	}
	fault, err := c.SetFault(fault)
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, fault)
}

func (c *Cloud) clearFaults(w http.ResponseWriter, r *http.Request) {
	if err := c.ClearFaults(r.PathValue("id")); err != nil {
		refuse(w, err)
		return
	}
	reply(w, c.Faults())
}

func (c *Cloud) setPolicy(w http.ResponseWriter, r *http.Request) {
	document, err := io.ReadAll(r.Body)
	if err == nil {
		err = c.SetPolicy(document)
	}
	if err != nil {
		refuse(w, err)
	}
}

// refuse answers with status 400 and the reason as text.
func refuse(w http.ResponseWriter, err error) {
	var said *fakeaws.Error
	if errors.As(err, &said) {
		http.Error(w, said.Message, http.StatusBadRequest)
		return
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}

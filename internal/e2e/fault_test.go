package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// fault lets something go wrong, and returns its id.
func (w *world) fault(f fakeaws.Fault) string {
	w.t.Helper()
	body, err := json.Marshal(f)
	w.check(err)
	w.check(json.Unmarshal(w.control(http.MethodPost, "", body), &f))
	return f.ID
}

// hold lets a call fail until release is called, so that an upgrade does not get past it, however slow
// or fast the machine is. Everything else goes on, and whoever works obeys: a call without an answer
// would keep it from that.
func (w *world) hold(action string) (release func()) {
	w.t.Helper()
	id := w.fault(fakeaws.Fault{Name: fakeaws.FaultUnavailable, Action: action})
	return sync.OnceFunc(func() { w.control(http.MethodDelete, "/"+id, nil) })
}

func (w *world) clearFaults() {
	w.t.Helper()
	w.control(http.MethodDelete, "", nil)
}

func (w *world) control(method, path string, body []byte) []byte {
	w.t.Helper()
	return w.sandbox(method, "faults"+path, body)
}

// sandbox makes a call that AWS does not have.
func (w *world) sandbox(method, path string, body []byte) []byte {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx(), method, w.aws+"/_sandbox/"+path, bytes.NewReader(body))
	w.check(err)
	response, err := http.DefaultClient.Do(request)
	w.check(err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	w.check(err)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s: %s", method, path, response.Status, said)
	}
	return said
}

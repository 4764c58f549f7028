package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// fault lets something go wrong.
func (w *world) fault(f fakeaws.Fault) {
	w.t.Helper()
	body, err := json.Marshal(f)
	w.check(err)
	w.control(http.MethodPost, body)
}

func (w *world) clearFaults() {
	w.t.Helper()
	w.control(http.MethodDelete, nil)
}

func (w *world) control(method string, body []byte) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx(), method, w.aws+"/_sandbox/faults", bytes.NewReader(body))
	w.check(err)
	response, err := http.DefaultClient.Do(request)
	w.check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		w.t.Fatalf("%s faults: %s: %s", method, response.Status, said)
	}
}

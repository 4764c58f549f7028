package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// RefusedError is the reason for which the sandbox refuses a request.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// SetFault sets a fault of the AWS at an endpoint and returns it as Faults lists
// it. The error for a wrong one is a RefusedError.
func SetFault(ctx context.Context, endpoint string, fault fakeaws.Fault) (fakeaws.Fault, error) {
	body, err := json.Marshal(fault)
	if err != nil {
		return fakeaws.Fault{}, err
	}
	return control[fakeaws.Fault](ctx, http.MethodPost, endpoint, "/_sandbox/faults", body)
}

// Faults returns the lasting faults.
func Faults(ctx context.Context, endpoint string) ([]fakeaws.Fault, error) {
	return control[[]fakeaws.Fault](ctx, http.MethodGet, endpoint, "/_sandbox/faults", nil)
}

// ClearFaults clears a fault, or all if the ID is empty. The error for an unknown
// ID is a RefusedError.
func ClearFaults(ctx context.Context, endpoint, id string) error {
	path := "/_sandbox/faults"
	if id != "" {
		path += "/" + id
	}
	_, err := control[[]fakeaws.Fault](ctx, http.MethodDelete, endpoint, path, nil)
	return err
}

// control makes one of the calls that AWS does not have.
func control[T any](ctx context.Context, method, endpoint, path string, body []byte) (answer T, err error) {
	request, err := http.NewRequestWithContext(ctx, method, endpoint+path, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return answer, err
	case response.StatusCode == http.StatusBadRequest:
		return answer, &RefusedError{strings.TrimSpace(string(content))}
	case response.StatusCode != http.StatusOK:
		return answer, errors.New(response.Status)
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return answer, fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return answer, nil
}

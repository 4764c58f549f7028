package aws

import (
	"bytes"
	"io"
	"net/http"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// readTimeout is how long a call waits for the next byte of an answer.
const readTimeout = time.Minute

// transport sends requests from memory.
//
// The SDK closes a request's body as soon as there is an answer, and its body
// then ends with an error. Over a fast connection the HTTP client may still
// be about to look for the end: it takes the error for a broken connection and
// cuts off the answer that is being read (aws-sdk-go-v2 issue 2737). The SDK
// then repeats the call, which costs seconds, and must not be done with some calls.
type transport struct{ next sdk.HTTPClient }

// Do sends a request. All our requests are small.
func (t transport) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return t.next.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return t.next.Do(r)
}

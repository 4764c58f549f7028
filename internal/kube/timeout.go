package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// LimitRequests lets no request take longer than a limit, except for watches, which never end by
// themselves. The configuration's own Timeout would end these, too.
func LimitRequests(config *rest.Config, limit time.Duration) {
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if isWatch(r) {
				return next.RoundTrip(r)
			}
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			answer, err := next.RoundTrip(r.WithContext(ctx))
			switch {
			case err == nil:
				answer.Body = &limitedBody{answer.Body, cancel}
				return answer, nil
			case ctx.Err() != nil && r.Context().Err() == nil:
				err = fmt.Errorf("no answer for %s (--request-timeout)", limit)
			}
			cancel()
			return nil, err
		})
	})
}

// limitedBody is an answer that has to be read within the limit, too.
type limitedBody struct {
	io.ReadCloser
	end context.CancelFunc
}

func (b *limitedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

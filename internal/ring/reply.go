package ring

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// errAborted is what a client sees of a server that closes the connection.
var errAborted = errors.New("connection reset by peer")

// serve has a handler answer a request in memory, and returns when the answer begins, as an HTTP
// client does. The body goes on until the handler returns; closing it ends ctx for the handler.
func serve(ctx context.Context, handler http.Handler, r *http.Request, stream bool) (*http.Response, error) {
	w := &writer{header: http.Header{}, begun: make(chan struct{}), code: http.StatusOK}
	ctx, cancel := context.WithCancel(ctx)
	if !stream {
		defer cancel()
		if !w.run(handler, r.WithContext(ctx)) {
			return nil, errAborted
		}
		return w.response(r, io.NopCloser(bytes.NewReader(w.all.Bytes()))), nil
	}
	body, out := io.Pipe()
	w.out = out
	context.AfterFunc(ctx, func() { _ = body.CloseWithError(io.ErrUnexpectedEOF) }) // the connection breaks
	go func() {
		w.run(handler, r.WithContext(ctx))
		w.begin()
		_ = out.Close()
	}()
	<-w.begun
	return w.response(r, &closer{body, cancel}), nil
}

// writer is where a handler writes its answer.
type writer struct {
	header http.Header
	code   int
	all    bytes.Buffer
	out    io.Writer // instead of all
	begun  chan struct{}
	began  bool
}

// run reports whether the handler has answered.
func (w *writer) run(handler http.Handler, r *http.Request) (answered bool) {
	defer func() {
		if lost := recover(); lost != nil && lost != http.ErrAbortHandler {
			panic(lost)
		}
	}()
	handler.ServeHTTP(w, r)
	return true
}

func (w *writer) begin() {
	if !w.began {
		w.began = true
		close(w.begun)
	}
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(code int) {
	w.code = code
	w.begin()
}

func (w *writer) Write(b []byte) (int, error) {
	w.begin()
	if w.out != nil {
		return w.out.Write(b)
	}
	return w.all.Write(b)
}

func (w *writer) response(r *http.Request, body io.ReadCloser) *http.Response {
	return &http.Response{
		StatusCode: w.code, Status: http.StatusText(w.code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: body, ContentLength: -1, Request: r,
	}
}

// closer ends the handler when the body is closed.
type closer struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (c *closer) Close() error {
	c.cancel()
	return c.PipeReader.Close()
}

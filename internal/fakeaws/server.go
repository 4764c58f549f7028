package fakeaws

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody is more than the largest launch template.
const maxBody = 1 << 20

// Handler serves EC2, Auto Scaling, Elastic Load Balancing, SSM and STS. The
// credential scope of the Authorization header names the service. The error for
// other services is AWS's error for an unknown operation.
func (c *Cloud) Handler() http.Handler {
	s := &server{cloud: c, services: services()}
	return http.HandlerFunc(s.serve)
}

type server struct {
	cloud    *Cloud
	services map[string]service
}

// request is one call: who calls which operation of which service.
type request struct {
	*Cloud
	now       time.Time
	service   service
	accessKey string
	region    string
	action    string
	form      url.Values // query protocols, without Action and Version
	version   string     // query protocols
	body      []byte     // JSON
}

func (s *server) serve(w http.ResponseWriter, httpRequest *http.Request) {
	requestID := newRequestID()
	r, err := s.read(httpRequest)
	var out any
	var b blow
	if err == nil {
		b = s.blow(r)
		wait(httpRequest.Context(), b.delay)
		s.hold(httpRequest.Context(), b.holds)
		out, err = s.run(r, b.refusal)
	} else {
		s.record(r, err)
	}
	if b.lost {
		panic(http.ErrAbortHandler) // closes the connection
	}
	w.Header().Set("x-amzn-RequestId", requestID)
	if err != nil {
		content, body := r.service.dialect.refuse(r.service, requestID, err)
		write(w, content, err.Status, body)
		return
	}
	content, body := r.service.dialect.answer(r.service, r.action, requestID, out)
	body = s.aged(r, b.age, body)
	write(w, content, http.StatusOK, body)
}

// A client on the same machine can be answered before it has noticed that its
// request is sent. The SDK for Go then breaks the connection under an answer
// that is longer than the buffer it reads with (aws/aws-sdk-go-v2#2737): it
// retries, after up to a second. Long answers take as long as a network would.
const (
	longAnswer   = 3 << 10
	networkDelay = 5 * time.Millisecond
)

func write(w http.ResponseWriter, content string, status int, body []byte) {
	if len(body) > longAnswer {
		time.Sleep(networkDelay)
	}
	w.Header().Set("Content-Type", content)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that closed the connection is not an error of the cloud
}

// blow returns what faults do to a request.
func (s *server) blow(r *request) blow {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	return s.cloud.struck(r, s.cloud.cfg.Clock())
}

// wait waits for a time, or until the client closes the connection.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// hold waits until all holds have ended, or until the client closes the connection. A fault that is over
// by the cloud's clock may be noticed a moment later.
func (s *server) hold(ctx context.Context, holds []<-chan struct{}) {
	for _, over := range holds {
		for held := true; held && ctx.Err() == nil; {
			select {
			case <-over:
				held = false
			case <-ctx.Done():
			case <-time.After(networkDelay):
				s.cloud.Faults() // drops those that are over
			}
		}
	}
}

// answers are the bodies that were sent while describe calls are stale, by request.
type answers map[string]answer

type answer struct {
	body []byte
	at   time.Time
}

// aged returns the body of an earlier answer to the same request if it is at most
// age old. Otherwise it returns the given body and remembers it.
func (s *server) aged(r *request, age time.Duration, body []byte) []byte {
	if age == 0 {
		return body
	}
	c := s.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.Join([]string{r.service.name, r.action, r.form.Encode(), string(r.body)}, " ")
	if past, ok := c.answers[key]; ok && r.now.Sub(past.at) <= age {
		return past.body
	}
	c.answers[key] = answer{body, r.now}
	return body
}

// run serves a request under the cloud's lock, or refuses it, and adds it to the
// journal.
func (s *server) run(r *request, refusal *Error) (any, *Error) {
	c := s.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	r.now = c.cfg.Clock()
	var out any
	err := refusal
	if err == nil {
		out, err = r.perform()
	}
	c.journal.add(r.call(err))
	return out, err
}

// record adds a request that could not be read to the journal.
func (s *server) record(r *request, err *Error) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	r.now = s.cloud.cfg.Clock()
	s.cloud.journal.add(r.call(err))
}

func (r *request) perform() (any, *Error) {
	op, known := r.service.operations[r.action]
	if !known {
		return nil, r.service.dialect.unknownAction(r.service, r.action)
	}
	if r.version != r.service.version {
		return nil, newError("NoSuchVersion", "The requested version (%s) of service %s does not exist", r.version, r.service.name)
	}
	if err := r.check(r.service, r.accessKey); err != nil {
		return nil, err
	}
	if err := r.mayAll(r.needs()); err != nil {
		return nil, err
	}
	return op.serve(r)
}

// read reads who calls which operation of which service. If it returns an error,
// the request is complete enough to send that error in the service's protocol.
func (s *server) read(h *http.Request) (*request, *Error) {
	r := &request{Cloud: s.cloud, service: nowhere("")}
	body, ioErr := io.ReadAll(io.LimitReader(h.Body, maxBody))
	if ioErr != nil {
		return r, newError("IncompleteBody", "The request body could not be read: %v", ioErr)
	}
	scopeErr := r.readScope(h.Header.Get("Authorization"))
	if known, ok := s.services[r.service.name]; ok {
		r.service = known
	}
	if err := r.readAction(h, body); err != nil {
		return r, err
	}
	if older, ok := s.services[r.service.name+"/"+r.version]; ok {
		r.service = older
	}
	s.guessService(r)
	return r, scopeErr
}

// guessService guesses the service, and with it the protocol of the error, of
// requests without a scope or for an unknown service. Requests of the query
// protocols have an API version.
func (s *server) guessService(r *request) {
	if r.service.operations != nil || r.version == "" {
		return
	}
	r.service.dialect, r.service.version = queryDialect{}, r.version
	for _, known := range s.services {
		if r.service.name == "" && known.version == r.version {
			r.service = known
		}
	}
}

// readScope reads "AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...".
func (r *request) readScope(header string) *Error {
	if header == "" {
		return newError("MissingAuthenticationToken", "Request is missing Authentication Token").with(http.StatusForbidden)
	}
	scope := scopeOf(header)
	if scope == nil || scope[4] != "aws4_request" || !strings.Contains(header, "Signature=") {
		return newError("IncompleteSignature", "The request signature does not conform to AWS standards: "+
			"Authorization needs Credential, SignedHeaders and Signature")
	}
	r.accessKey, r.region, r.service = scope[0], scope[2], nowhere(scope[3])
	if r.region != r.cfg.Region && r.service.name != "sts" {
		return newError("SignatureDoesNotMatch", "Credential should be scoped to a valid region, not '%s': this one is %s",
			r.region, r.cfg.Region).with(http.StatusForbidden)
	}
	return nil
}

// scopeOf returns the five parts of the credential in an Authorization header, nil if it has none.
func scopeOf(header string) []string {
	_, credential, found := strings.Cut(header, "Credential=")
	credential, _, signed := strings.Cut(credential, ",")
	if scope := strings.Split(strings.TrimSpace(credential), "/"); found && signed && len(scope) == 5 {
		return scope
	}
	return nil
}

// readAction reads the operation: from X-Amz-Target for JSON services, otherwise
// from the form. REST services, which are not supported, have it in neither.
func (r *request) readAction(h *http.Request, body []byte) *Error {
	if target := h.Header.Get("X-Amz-Target"); target != "" {
		_, r.action, _ = strings.Cut(target, ".")
		r.body = body
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return newError("MalformedQueryString", "The request body is no form: %v", err)
	}
	for name, values := range h.URL.Query() {
		form[name] = values
	}
	r.action, r.version = form.Get("Action"), form.Get("Version")
	form.Del("Action")
	form.Del("Version")
	r.form = form
	if r.action == "" {
		r.action = h.Method + " " + h.URL.Path
	}
	return nil
}

// decode decodes an operation's input. If EC2's DryRun is set, the operation ends
// here, after the permissions were checked, with the error that means that it
// would have been allowed.
func (r *request) decode(in any) *Error {
	if r.form == nil {
		if err := json.Unmarshal(r.body, in); err != nil {
			return newError("SerializationException", "The request is no JSON of the operation: %v", err)
		}
		return nil
	}
	form := maps.Clone(r.form)
	if r.service.name == "ec2" {
		switch dry := form.Get("DryRun"); {
		case dry == "true" && r.action == "RunInstances": // which looks at what it would launch
		case dry == "true":
			return dryRunOperation()
		case dry == "" || dry == "false":
			form.Del("DryRun")
		default:
			return newError("InvalidParameterValue", "Invalid value '%s' for DryRun", dry)
		}
	}
	if err := decodeForm(form, in); err != nil {
		return r.service.dialect.badParam(err.(*badParam))
	}
	return nil
}

// dryRunOperation is EC2's word for a request that would have succeeded.
func dryRunOperation() *Error {
	return newError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.").with(http.StatusPreconditionFailed)
}

// call is the journal's entry for the request.
func (r *request) call(err *Error) Call {
	call := Call{
		Time: r.now, AccessKey: r.accessKey, Service: r.service.name, Action: r.action, Params: map[string]string{},
	}
	for name := range r.form {
		call.Params[name] = r.form.Get(name)
	}
	if r.form == nil {
		flatten(call.Params, r.body)
	}
	if err != nil {
		call.Error = err.Code
	}
	return call
}

// flatten adds the members of a JSON object; lists as Key.1, Key.2.
func flatten(params map[string]string, body []byte) {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return
	}
	for key, value := range object {
		list, isList := value.([]any)
		if !isList {
			params[key] = fmt.Sprint(value)
			continue
		}
		for i, element := range list {
			params[fmt.Sprintf("%s.%d", key, i+1)] = fmt.Sprint(element)
		}
	}
}

// newRequestID is a UUID. It does not come from the cloud's seeded generator,
// because the number of requests must not change what groups choose.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

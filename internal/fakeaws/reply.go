package fakeaws

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// timestamp is a time in the format of the XML services: ISO 8601, UTC, milliseconds.
type timestamp time.Time

func (t timestamp) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}

// stampOrNil is a timestamp, or nil for the zero time.
func stampOrNil(t time.Time) *timestamp {
	if t.IsZero() {
		return nil
	}
	stamp := timestamp(t)
	return &stamp
}

// items is EC2's form of a list, members Auto Scaling's. As with AWS, an empty list
// has an element, too.
type (
	items[T any] struct {
		List []T `xml:"item"`
	}
	members[T any] struct {
		List []T `xml:"member"`
	}
)

// itemSet and memberSet are for lists that AWS omits if they are empty.
// encoding/xml cannot do that with a path in the tag: it writes the empty parent.
type (
	itemSet[T any]   []T
	memberSet[T any] []T
	groupIDSet       []string
)

func (s itemSet[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(items[T]{s}, start)
}

func (s memberSet[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(members[T]{s}, start)
}

func (s groupIDSet) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	type groups struct {
		List []string `xml:"groupId"`
	}
	return e.EncodeElement(groups{s}, start)
}

const xmlContent = "text/xml;charset=UTF-8"

// ec2Dialect is the EC2 query protocol.
type ec2Dialect struct{}

func (ec2Dialect) answer(s service, action, requestID string, out any) (string, []byte) {
	body := element(s, action+"Response", out)
	start := bytes.IndexByte(body, '>') + 1
	id := "<requestId>" + requestID + "</requestId>"
	if _, none := out.(*done); none {
		id += "<return>true</return>"
	}
	return xmlContent, bytes.Join([][]byte{[]byte(xml.Header), body[:start], []byte(id), body[start:]}, nil)
}

func (ec2Dialect) refuse(_ service, requestID string, err *Error) (string, []byte) {
	type refusal struct {
		XMLName xml.Name `xml:"Response"`
		Code    string   `xml:"Errors>Error>Code"`
		Message string   `xml:"Errors>Error>Message"`
		Request string   `xml:"RequestID"`
	}
	return xmlContent, mustXML(refusal{Code: err.Code, Message: err.Message, Request: requestID})
}

func (ec2Dialect) unknownAction(_ service, action string) *Error {
	return newError("InvalidAction", "The action %s is not valid for this web service.", action)
}

func (ec2Dialect) badParam(err *badParam) *Error {
	switch {
	case err.unknown:
		return newError("UnknownParameter", "%s", err)
	case err.missing:
		return newError("MissingParameter", "%s", err)
	}
	return newError("InvalidParameterValue", "%s", err)
}

// queryDialect is the query protocol of Auto Scaling and STS.
type queryDialect struct{}

func (queryDialect) answer(s service, action, requestID string, out any) (string, []byte) {
	type metadata struct {
		RequestID string `xml:"ResponseMetadata>RequestId"`
	}
	var result []byte
	if _, none := out.(*done); !none {
		result = element(service{}, action+"Result", out)
	}
	body := element(s, action+"Response", metadata{RequestID: requestID})
	start := bytes.IndexByte(body, '>') + 1
	return xmlContent, bytes.Join([][]byte{body[:start], result, body[start:]}, nil)
}

func (queryDialect) refuse(s service, requestID string, err *Error) (string, []byte) {
	type refusal struct {
		Type      string `xml:"Error>Type"`
		Code      string `xml:"Error>Code"`
		Message   string `xml:"Error>Message"`
		RequestID string `xml:"RequestId"`
	}
	kind := "Sender"
	if err.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	return xmlContent, element(s, "ErrorResponse", refusal{Type: kind, Code: err.Code, Message: err.Message, RequestID: requestID})
}

func (queryDialect) unknownAction(s service, action string) *Error {
	return newError("InvalidAction", "Could not find operation %s for version %s", action, s.version)
}

func (queryDialect) badParam(err *badParam) *Error {
	member := strings.ToLower(err.name[:1]) + err.name[1:]
	switch {
	case err.missing:
		return required(member)
	case len(err.allowed) > 0:
		return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			err.value, member, strings.Join(err.allowed, ", "))
	case err.limit != "":
		return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", err.value, member, err.limit)
	}
	return validation("%s", err)
}

// jsonDialect is JSON 1.1.
type jsonDialect struct{}

func (jsonDialect) answer(_ service, _, _ string, out any) (string, []byte) {
	return "application/x-amz-json-1.1", mustJSON(out)
}

func (jsonDialect) refuse(_ service, _ string, err *Error) (string, []byte) {
	return "application/x-amz-json-1.1", mustJSON(map[string]string{"__type": err.Code, "message": err.Message})
}

func (jsonDialect) unknownAction(s service, action string) *Error {
	err := newError("UnknownOperationException", "There is no operation %q of %q here", action, s.name)
	if s.operations == nil {
		return err.with(http.StatusNotFound)
	}
	return err
}

func (jsonDialect) badParam(err *badParam) *Error { return newError("ValidationException", "%s", err) }

// element encodes a value as an element in the service's namespace.
func element(s service, name string, value any) []byte {
	start := xml.StartElement{Name: xml.Name{Local: name}}
	if s.namespace != "" {
		start.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: s.namespace}}
	}
	var out bytes.Buffer
	encoder := xml.NewEncoder(&out)
	if err := encoder.EncodeElement(value, start); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func mustXML(value any) []byte {
	body, err := xml.Marshal(value)
	if err != nil {
		panic(err)
	}
	return append([]byte(xml.Header), body...)
}

package fakeaws

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/nodelift/nodelift/internal/fakeaws/iam"
)

// service is one AWS service: how requests name it, its operations, and the
// protocol of its answers.
type service struct {
	name       string // in the credential scope and in IAM's actions
	version    string // of the query protocol; empty for other protocols
	namespace  string // of the XML answers
	operations map[string]operation
	dialect    dialect
	// The service's errors for an expired key and for a missing permission.
	expiredCode, deniedCode string
	expiredStatus           int
	deniedStatus            int
}

// dialect writes answers and errors in one protocol.
type dialect interface {
	// answer returns the content type and body of a success.
	answer(s service, action, requestID string, out any) (string, []byte)
	// refuse returns the content type and body of an error.
	refuse(s service, requestID string, err *Error) (string, []byte)
	// unknownAction is the error for an unknown operation.
	unknownAction(s service, action string) *Error
	// badParam is the error for a parameter that cannot be decoded.
	badParam(err *badParam) *Error
}

// operation serves requests under the cloud's lock: it decodes the input, changes the cloud and returns the
// output.
type operation struct {
	in    reflect.Type
	serve func(r *request) (any, *Error)
}

// serving makes an operation of a function from a decoded input to an output.
func serving[In, Out any](serve func(*request, *In) (*Out, *Error)) operation {
	return operation{reflect.TypeFor[In](), func(r *request) (any, *Error) {
		in := new(In)
		if err := r.decode(in); err != nil {
			return nil, err
		}
		out, err := serve(r, in)
		if err != nil || out == nil {
			return nil, err
		}
		return out, nil
	}}
}

// done is the output of operations that have none.
type done struct{}

// denied is the service's error for a missing permission, in the words of the IAM User Guide, "Access
// denied error messages". EC2 has a frame of its own around them.
func (s service) denied(user string, need iam.Request, explicitly bool) *Error {
	said := "User: " + user + " is not authorized to perform: " + need.Action
	if need.Resource != "*" {
		said += " on resource: " + need.Resource
	}
	if explicitly {
		said += " with an explicit deny in an identity-based policy"
	} else {
		said += " because no identity-based policy allows the " + need.Action + " action"
	}
	if s.name == "ec2" {
		said = "You are not authorized to perform this operation. " + said + ". Encoded authorization failure message: 4WOyzl3Tq"
	}
	return newError(s.deniedCode, "%s", said).with(s.deniedStatus)
}

// services are the supported services by their names. An older API with the same
// name has its version in the key, too.
func services() map[string]service {
	all := map[string]service{}
	for _, s := range []service{ec2Service(), autoScalingService(), ssmService(), stsService(), elbService()} {
		all[s.name] = s
	}
	classic := classicService()
	all[classic.name+"/"+classic.version] = classic
	return all
}

// nowhere answers for unsupported services, in JSON, which clients of REST and
// JSON services can read.
func nowhere(name string) service {
	return service{name: name, dialect: jsonDialect{}}
}

func ec2Service() service {
	return service{
		name: "ec2", version: "2016-11-15", namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		operations: ec2Operations(), dialect: ec2Dialect{},
		expiredCode: "RequestExpired", expiredStatus: http.StatusBadRequest,
		deniedCode: "UnauthorizedOperation", deniedStatus: http.StatusForbidden,
	}
}

func autoScalingService() service {
	return service{
		name: "autoscaling", version: "2011-01-01", namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
		operations: autoScalingOperations(), dialect: queryDialect{},
		expiredCode: "ExpiredToken", expiredStatus: http.StatusForbidden,
		deniedCode: "AccessDenied", deniedStatus: http.StatusForbidden,
	}
}

func stsService() service {
	return service{
		name: "sts", version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		operations: stsOperations(), dialect: queryDialect{},
		expiredCode: "ExpiredToken", expiredStatus: http.StatusForbidden,
		deniedCode: "AccessDenied", deniedStatus: http.StatusForbidden,
	}
}

func ssmService() service {
	return service{
		name: "ssm", operations: ssmOperations(), dialect: jsonDialect{},
		expiredCode: "ExpiredTokenException", expiredStatus: http.StatusBadRequest,
		deniedCode: "AccessDeniedException", deniedStatus: http.StatusBadRequest,
	}
}

// mustJSON encodes what cannot fail to be encoded.
func mustJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

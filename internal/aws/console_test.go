package aws_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestConsole(t *testing.T) {
	w := newWorld(t)
	ctx, id := context.Background(), ids(w.read(group))[0]
	const want = "Starting cloud-init.service... | [     OK  ] Reached target cloud-init.target. | ip-10-"
	if got, err := w.aws.Groups.Console(ctx, id); err != nil || !strings.Contains(got, want) || !strings.HasSuffix(got, " login:") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := w.aws.Groups.Console(ctx, "i-0123456789abcdef0"); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("of no instance: %q, %v", got, err)
	}
	w.Deny(key, "ec2:GetConsoleOutput")
	if _, err := w.aws.Groups.Console(ctx, id); !errors.Is(err, upgrade.ErrForbidden) || !strings.HasPrefix(err.Error(), "ec2:GetConsoleOutput on instance "+id+" is not allowed for ") {
		t.Errorf("without the permission: %v", err)
	}
}

// Instances that are not of the Nitro system have what was posted.
func TestConsoleOfXen(t *testing.T) {
	w := newWorld(t)
	id := ids(w.read(group))[0]
	w.intercept = func(out http.ResponseWriter, in *http.Request) bool {
		if err := in.ParseForm(); err != nil || in.PostForm.Get("Action") != "GetConsoleOutput" {
			return false
		}
		if in.PostForm.Get("Latest") == "true" {
			out.WriteHeader(http.StatusBadRequest)
			_, _ = out.Write([]byte("<Response><Errors><Error><Code>UnsupportedOperation</Code><Message>no</Message></Error></Errors></Response>"))
			return true
		}
		_, _ = out.Write([]byte("<GetConsoleOutputResponse><instanceId>" + id + "</instanceId><output>cG9zdGVkDQo=</output></GetConsoleOutputResponse>"))
		return true
	}
	if got, err := w.aws.Groups.Console(context.Background(), id); got != "posted" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// between puts a proxy between nodelift and AWS that answers some actions
// itself: where answer returns "", AWS does.
func (w *world) between(answer func(action string) (status int, body string)) *world {
	w.t.Helper()
	target, err := url.Parse(w.aws)
	w.check(err)
	aws := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		form, _ := url.ParseQuery(string(body))
		if status, text := answer(form.Get("Action")); text != "" {
			out.WriteHeader(status)
			fmt.Fprint(out, text)
			return
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
		aws.ServeHTTP(out, in)
	}))
	w.t.Cleanup(proxy.Close)
	seen := *w
	seen.env = append(append([]string{}, w.env...), "AWS_ENDPOINT_URL="+proxy.URL)
	return &seen
}

// What AWS says is in the way: the command tells it in words and changes
// nothing.
func TestAWSRefuses(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		action string
		status int
		body   string
		says   []string
	}{
		"an action that is not allowed": {"DescribeInstances", 403, ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation."),
			[]string{"ec2:DescribeInstances", "not allowed"}},
		"an action that would not be allowed": {"CreateLaunchTemplateVersion", 403, ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation."),
			[]string{"ec2:CreateLaunchTemplateVersion", "docs/iam-policy.json", "nothing was changed"}},
		"credentials that have run out": {"DescribeAutoScalingGroups", 403, queryError("ExpiredToken", "The security token included in the request is expired"),
			[]string{"AWS refuses the credentials: The security token included in the request is expired (ExpiredToken)", "AWS_SESSION_TOKEN"}},
		"an instance refresh": {"DescribeInstanceRefreshes", 200, refreshing,
			[]string{"an instance refresh of", "is in progress", "cancel-instance-refresh"}},
	} {
		t.Run(name, func(t *testing.T) {
			between := w.with(t).between(func(action string) (int, string) {
				if action == tc.action {
					return tc.status, tc.body
				}
				return 0, ""
			})
			between.nodelift(upgrade()...).has(t, 1, tc.says...)
		})
	}
	w.changedNothing()
}

// Credentials that run out in the middle are waited for.
func TestCredentialsRunOut(t *testing.T) {
	w := newWorld(t)
	var expired atomic.Int32 // calls that were refused
	const refusals = 5
	ran := w.between(func(action string) (int, string) {
		if n := expired.Load(); n > 0 && n <= refusals && action != "" {
			expired.Add(1)
			if strings.Contains(action, "AutoScaling") || strings.Contains(action, "Process") {
				return 403, queryError("ExpiredToken", "The security token included in the request is expired")
			}
			return 400, ec2Error("RequestExpired", "Request has expired.")
		}
		return 0, ""
	}).watched(func(line string, _ *os.Process) bool {
		if strings.Contains(line, "NodeDraining") {
			expired.Store(1)
			return true
		}
		return false
	}, upgrade()...)
	ran.has(t, 0, "AWS refuses the credentials: The security token included in the request is expired (ExpiredToken)", "Successful after")
	if expired.Load() <= refusals {
		t.Errorf("%d calls were refused, want more than %d", expired.Load()-1, refusals)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

func ec2Error(code, message string) string {
	return fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>1</RequestID></Response>`, code, message)
}

func queryError(code, message string) string {
	return fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`, code, message)
}

const refreshing = `<DescribeInstanceRefreshesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeInstanceRefreshesResult><InstanceRefreshes><member><InstanceRefreshId>refresh-1</InstanceRefreshId>
<Status>InProgress</Status><PercentageComplete>40</PercentageComplete></member></InstanceRefreshes></DescribeInstanceRefreshesResult>
</DescribeInstanceRefreshesResponse>`

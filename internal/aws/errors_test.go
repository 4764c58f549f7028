package aws_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// wantForbidden checks that a call is refused by the fake cloud, which allows what no policy denies.
func wantForbidden(t *testing.T, err error, sentence string) {
	t.Helper()
	sentence += ": no identity-based policy allows it"
	if !errors.Is(err, upgrade.ErrForbidden) || err.Error() != sentence {
		t.Errorf("got %v\nwant %s", err, sentence)
	}
}

// loseAnswer serves a call and then answers it with an error of the server.
func loseAnswer(w *world, action string) func(http.ResponseWriter, *http.Request) bool {
	handler := w.Cloud.Handler()
	return func(out http.ResponseWriter, in *http.Request) bool {
		body, _ := io.ReadAll(in.Body)
		in.Body = io.NopCloser(strings.NewReader(string(body)))
		if !strings.Contains(string(body), "Action="+action) {
			return false
		}
		handler.ServeHTTP(httptest.NewRecorder(), in)
		out.WriteHeader(http.StatusBadGateway)
		return true
	}
}

// everyService makes one call of each service.
func everyService(w *world) map[string]func(*aws.Cloud) error {
	ctx, nodes := context.Background(), present(w)
	return map[string]func(*aws.Cloud) error{
		"autoscaling:DescribeAutoScalingGroups on group nodes": func(c *aws.Cloud) error {
			_, err := c.Groups.Group(ctx, group, true)
			return err
		},
		"ec2:DescribeImages on image " + w.image.ID: func(c *aws.Cloud) error {
			_, err := c.Images.Image(ctx, w.image.ID)
			return err
		},
		"ssm:GetParameter on the public parameter /aws/service/eks/optimized-ami/1.37/amazon-linux-2023/x86_64/standard/recommended/image_id": func(c *aws.Cloud) error {
			_, err := c.Images.Resolve(ctx, upgrade.Target{Version: "1.37"}, nodes)
			return err
		},
	}
}

func TestForbiddenNamesTheAction(t *testing.T) {
	w := newWorld(t)
	for call, do := range everyService(w) {
		action, _, _ := strings.Cut(call, " ")
		w.Deny(key, action)
		wantForbidden(t, do(w.aws), call+" is not allowed for arn:aws:iam::123456789012:user/sandbox")
	}
}

func TestExpiredCredentialsAreReadAnew(t *testing.T) {
	for name, login := range map[string]func(*world){
		"the same keys work again":                func(w *world) { w.Renew("AKIAOLD") },
		"somebody puts new keys in the file":      func(w *world) { w.login("AKIANEW") },
		"somebody logs in after the file is gone": func(w *world) { w.login("AKIANEWER") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			calls := everyService(w)
			w.login("AKIAOLD")
			cloud := w.connect(aws.Options{})
			w.Expire("AKIAOLD")
			for call, do := range calls {
				err := do(cloud)
				if !errors.Is(err, upgrade.ErrCredentials) || !strings.Contains(err.Error(), "aws configure --profile default") {
					t.Errorf("%s: %v", call, err)
				}
			}
			login(w)
			for call, do := range calls {
				if err := do(cloud); err != nil {
					t.Errorf("%s after the login: %v", call, err)
				}
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	cloud := w.connect(aws.Options{})
	_, err := cloud.Groups.Group(context.Background(), group, false)
	if !errors.Is(err, upgrade.ErrCredentials) || !strings.Contains(err.Error(), "no usable AWS credentials: none in the environment, none in the shared files, and this machine has no role; log in") {
		t.Errorf("got %v", err)
	}
	w.login("AKIALATE")
	if _, err := cloud.Groups.Group(context.Background(), group, false); err != nil {
		t.Errorf("after a login: %v", err)
	}
}

func TestNoRegionAndNoProfile(t *testing.T) {
	newWorld(t)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, err := aws.New(context.Background(), aws.Options{}); err == nil || !strings.Contains(err.Error(), "--region") {
		t.Errorf("no region: %v", err)
	}
	if _, err := aws.New(context.Background(), aws.Options{Profile: "nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("no such profile: %v", err)
	}
}

func TestCancelledCall(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.aws.Groups.Group(ctx, group, true); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

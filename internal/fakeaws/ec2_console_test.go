package fakeaws

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// The console output is empty for the first minutes, unless the latest is asked for, which only instances
// of the Nitro system have.
func TestConsoleOutput(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 1)
	w.pass(time.Minute)
	id := w.Instances()[0].ID
	console := func(latest bool) *ec2.GetConsoleOutputOutput {
		t.Helper()
		out, err := w.ec2.GetConsoleOutput(w.ctx(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: &latest})
		w.ok(err)
		return out
	}
	if out := console(false); aws.ToString(out.Output) != "" || out.Timestamp != nil {
		t.Errorf("a minute after the launch: %v", *out)
	}
	if out := console(true); !strings.Contains(decoded(t, out), "cloud-init.target\x1b[0m.\r\n") || out.Timestamp == nil {
		t.Errorf("the latest: %q", decoded(t, out))
	}
	w.clock.Advance(4 * time.Minute)
	if out := console(false); !strings.HasSuffix(decoded(t, out), " login: ") {
		t.Errorf("five minutes later: %q", decoded(t, out))
	}
	w.machine(id).Type = "m4.xlarge"
	_, err := w.ec2.GetConsoleOutput(w.ctx(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
	w.refused(err, "UnsupportedOperation", 400, "without the Latest parameter")
	_, err = w.ec2.GetConsoleOutput(w.ctx(), &ec2.GetConsoleOutputInput{InstanceId: aws.String("i-0123456789abcdef0")})
	w.refused(err, "InvalidInstanceID.NotFound", 400, "i-0123456789abcdef0")
}

func decoded(t *testing.T, out *ec2.GetConsoleOutputOutput) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

package fakeaws

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (w *world) fault(f Fault) Fault {
	w.t.Helper()
	set, err := w.SetFault(f)
	w.ok(err)
	return set
}

// impatient makes the world's clients give up at the first error.
func (w *world) impatient() {
	w.asg = autoscaling.New(w.asg.Options(), func(o *autoscaling.Options) { o.Retryer = aws.NopRetryer{} })
	w.ec2 = ec2.New(w.ec2.Options(), func(o *ec2.Options) { o.Retryer = aws.NopRetryer{} })
	w.ssm = ssm.New(w.ssm.Options(), func(o *ssm.Options) { o.Retryer = aws.NopRetryer{} })
	w.sts = sts.New(w.sts.Options(), func(o *sts.Options) { o.Retryer = aws.NopRetryer{} })
}

func (w *world) desired() int {
	w.t.Helper()
	out, err := w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{})
	w.ok(err)
	return int(aws.ToInt32(out.AutoScalingGroups[0].DesiredCapacity))
}

func (w *world) trySetDesired(n int32) error {
	_, err := w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: &n})
	return err
}

// Each service refuses with its own error code, and nothing is changed.
func TestFaultsRefuseCalls(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.impatient()
	calls := map[string]func() error{
		"autoscaling": func() error { return w.trySetDesired(4) },
		"ec2": func() error {
			_, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{})
			return err
		},
		"ssm": func() error {
			_, err := w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: []string{"/a"}})
			return err
		},
		"sts": func() error {
			_, err := w.sts.GetCallerIdentity(w.ctx(), &sts.GetCallerIdentityInput{})
			return err
		},
	}
	for _, test := range []struct {
		fault, service, code string
		status               int
	}{
		{FaultThrottle, "autoscaling", "Throttling", 400},
		{FaultThrottle, "ec2", "RequestLimitExceeded", 503},
		{FaultThrottle, "ssm", "ThrottlingException", 400},
		{FaultThrottle, "sts", "Throttling", 400},
		{FaultUnavailable, "autoscaling", "InternalFailure", 500},
		{FaultUnavailable, "ec2", "InternalError", 500},
		{FaultUnavailable, "ssm", "InternalServerError", 500},
		{FaultContention, "autoscaling", "ResourceContention", 500},
	} {
		t.Run(test.fault+" "+test.service, func(t *testing.T) {
			f := w.fault(Fault{Name: test.fault})
			w.refused(calls[test.service](), test.code, test.status, "")
			w.ok(w.ClearFaults(f.ID))
			same(t, "desired size", w.groups[0].sizes.desired, 3)
			same(t, "in the journal", w.journal.calls[len(w.journal.calls)-1].Error, test.code)
		})
	}
	w.ok(calls["autoscaling"]())
}

// A call whose reply is lost was carried out.
func TestLostReply(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.impatient()
	w.fault(Fault{Name: FaultLostReply, Action: "SetDesiredCapacity", Count: 1})
	if err := w.trySetDesired(4); err == nil {
		t.Error("there was an answer")
	}
	same(t, "desired size", w.desired(), 4)
	w.ok(w.trySetDesired(5))
	same(t, "faults left", len(w.Faults()), 0)
}

// A call that is held is carried out when the fault is cleared, not before.
func TestHold(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	f := w.fault(Fault{Name: FaultHold, Action: "SetDesiredCapacity"})
	done := make(chan error, 1)
	go func() { done <- w.trySetDesired(4) }()
	same(t, "desired size, while the call is held", w.desired(), 3)
	select {
	case err := <-done:
		t.Fatalf("it was answered: %v", err)
	default:
	}
	w.ok(w.ClearFaults(f.ID))
	w.ok(<-done)
	same(t, "desired size, when it is released", w.desired(), 4)
}

// Stale answers are at most as old as the delay, and answers to the same request.
func TestStale(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.fault(Fault{Name: FaultStale, Action: "autoscaling:*", Delay: Duration(10 * time.Second)})
	same(t, "at first", w.desired(), 3)
	w.setDesired(4)
	w.pass(10 * time.Second)
	same(t, "10s later", w.desired(), 3)
	w.pass(time.Second)
	same(t, "11s later", w.desired(), 4)
	w.setDesired(5)
	w.ok(w.ClearFaults(""))
	same(t, "cleared", w.desired(), 5)
}

// A rate allows calls as its token bucket fills.
func TestThrottleRate(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.impatient()
	w.fault(Fault{Name: FaultThrottle, Action: "autoscaling:SetDesired*", Rate: 2})
	through := func() (n int) {
		for range 5 {
			if w.trySetDesired(3) == nil {
				n++
			}
		}
		return n
	}
	same(t, "at once", through(), 2)
	w.pass(500 * time.Millisecond)
	same(t, "half a second later", through(), 1)
	w.pass(time.Minute)
	same(t, "a minute later", through(), 2)
}

// Chance is seeded, and time ends a fault.
func TestChanceAndTime(t *testing.T) {
	play := func(seed uint64) (refused []bool) {
		w := newWorld(t, func(c *Config) { c.Seed = seed })
		w.group(0, 6, 3)
		w.impatient()
		w.fault(Fault{Name: FaultUnavailable, Chance: 0.5, For: Duration(time.Minute)})
		for range 64 {
			refused = append(refused, w.trySetDesired(3) != nil)
		}
		w.pass(time.Minute)
		w.ok(w.trySetDesired(3))
		return refused
	}
	first := play(1)
	same(t, "the same seed again", play(1), first)
	n := 0
	for _, was := range first {
		if was {
			n++
		}
	}
	if n < 16 || n > 48 {
		t.Errorf("%d of 64 with a chance of a half", n)
	}
}

func TestFaultsOfMachines(t *testing.T) {
	t.Run(FaultNoCapacity, func(t *testing.T) {
		w := newWorld(t)
		w.group(0, 6, 0)
		w.fault(Fault{Name: FaultNoCapacity, Zone: "us-west-2a"})
		w.setDesired(3)
		w.settle()
		same(t, "in a", w.spreadOf("a"), 0)
		same(t, "in service", len(w.inService()), 3)
	})
	t.Run(FaultBrokenImage, func(t *testing.T) {
		w := newWorld(t)
		image := w.Images()[0].ID
		f := w.fault(Fault{Name: FaultBrokenImage, Image: image, NotReady: true})
		seen, _ := w.Image(image)
		same(t, "never ready", seen.NeverReady, true)
		w.ok(w.ClearFaults(f.ID))
		seen, _ = w.Image(image)
		same(t, "never ready", seen.NeverReady, false)
	})
	t.Run(FaultNodeDies, func(t *testing.T) {
		w := newWorld(t)
		w.group(0, 6, 1)
		w.fault(Fault{Name: FaultNodeDies, Instance: w.inService()[0].ID})
		same(t, "silent", w.inService()[0].Silent, true)
	})
	t.Run(FaultInterruption, func(t *testing.T) {
		w := newWorld(t)
		w.group(0, 6, 1)
		id := w.inService()[0].ID
		w.fault(Fault{Name: FaultInterruption, Instance: id})
		w.settle()
		same(t, "instances", len(w.Instances()), 2)
		same(t, "the first", w.Instances()[0].State, StateTerminated)
	})
	t.Run(FaultRebalance, func(t *testing.T) {
		w := newWorld(t)
		w.group(0, 3, 3)
		w.fault(Fault{Name: FaultRebalance})
		w.settle()
		same(t, "instances", len(w.Instances()), 4)
		same(t, "in service", w.spread(), "1 1 1")
		w.suspend("AZRebalance")
		w.invalid(Fault{Name: FaultRebalance}, "AZRebalance is suspended")
	})
	t.Run(FaultSizes, func(t *testing.T) {
		w := newWorld(t)
		w.group(0, 3, 3)
		five := 5
		w.fault(Fault{Name: FaultSizes, Max: &five, Desired: &five})
		w.settle()
		same(t, "in service", len(w.inService()), 5)
	})
	t.Run(FaultDeleteTemplate, func(t *testing.T) {
		w := newWorld(t)
		template := w.group(0, 3, 3)
		w.newVersion(template)
		w.invalid(Fault{Name: FaultDeleteTemplate, Template: template.ID, Version: "1"}, "default version")
		w.fault(Fault{Name: FaultDeleteTemplate, Template: template.ID, Version: "2"})
		same(t, "latest", w.templates[0].latest(), 1)
		w.newVersion(template)
		same(t, "latest", w.templates[0].latest(), 3)
		w.fault(Fault{Name: FaultDeleteTemplate, Template: template.ID})
		same(t, "templates", len(w.templates), 0)
		w.terminate(w.inService()[0].ID, false)
		w.settle()
		same(t, "in service", len(w.inService()), 2)
	})
}

func (w *world) invalid(f Fault, says string) {
	w.t.Helper()
	_, err := w.SetFault(f)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusBadRequest || !strings.Contains(refusal.Message, says) {
		w.t.Errorf("%+v: %v, want %q", f, err, says)
	}
}

// A wrong fault is refused with a message and changes nothing.
func TestInvalidFaults(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 3)
	two := 2
	for says, f := range map[string]Fault{
		`there is no fault "rain"; the faults are broken-image,`: {Name: "rain"},
		"fault throttle takes no zone; it takes action":          {Name: FaultThrottle, Zone: "us-west-2a"},
		"fault node-dies needs instance":                         {Name: FaultNodeDies},
		"fault latency needs delay":                              {Name: FaultLatency},
		"fault sizes needs min, max or desired":                  {Name: FaultSizes},
		"at most 1, not 2":                                       {Name: FaultThrottle, Chance: 2},
		"must not be negative":                                   {Name: FaultThrottle, Count: -1},
		"there is no zone us-west-2x; the zones are us-west-2a":  {Name: FaultNoCapacity, Zone: "us-west-2x"},
		`applies to no call that matches "DescribeMoon"`:         {Name: FaultThrottle, Action: "DescribeMoon"},
		`applies to no call that matches "ec2:DescribeImages"`:   {Name: FaultContention, Action: "ec2:DescribeImages"},
		"'[ami-1]' does not exist":                               {Name: FaultBrokenImage, Image: "ami-1"},
		"'i-1' does not exist":                                   {Name: FaultNodeDies, Instance: "i-1"},
		`no group "other"; the groups are nodes`:                 {Name: FaultSizes, Group: "other", Max: &two},
	} {
		w.invalid(f, says)
	}
	if err := w.ClearFaults("f-9"); err == nil {
		t.Error("an unknown fault could be cleared")
	}
	same(t, "faults", len(w.Faults()), 0)
}

// Faults do not affect the spared key.
func TestSparedKey(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SparedKey = "AKIDTEST" })
	w.group(0, 3, 3)
	w.fault(Fault{Name: FaultUnavailable})
	same(t, "desired size", w.desired(), 3)
}

func TestPermissionIsTakenAway(t *testing.T) {
	w := newWorld(t)
	template := w.group(0, 3, 1)
	version := w.asPeopleWriteThem(template.ID, "nodes")
	set := w.fault(Fault{Name: FaultDenied, Action: "ec2:CreateTags"})
	w.refused(w.tryRun(template.ID, version), "UnauthorizedOperation", 403, "ec2:CreateTags on resource: arn:aws:ec2:us-west-2:123456789012:volume/*")
	w.ok(w.ClearFaults(set.ID))
	w.refused(w.tryRun(template.ID, version), "DryRunOperation", 412, "")
	_, err := w.SetFault(Fault{Name: FaultDenied, Action: "iam:PassRule"})
	if err == nil || !strings.Contains(err.Error(), "iam:PassRole") {
		t.Errorf("a permission that nothing needs: %v", err)
	}
}

func TestErrorOfOnesChoice(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 1)
	w.fault(Fault{Name: FaultError, Action: "SetDesiredCapacity", Code: "ScalingActivityInProgress", Message: "Scaling activity 1 is in progress", Count: 1})
	set := &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(2)}
	_, err := w.asg.SetDesiredCapacity(w.ctx(), set)
	w.refused(err, "ScalingActivityInProgress", 400, "Scaling activity 1 is in progress")
	_, err = w.asg.SetDesiredCapacity(w.ctx(), set)
	w.ok(err)
}

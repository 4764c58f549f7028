package fakeaws

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// world is a cloud with a clock that tests set, and clients of the real SDK.
type world struct {
	t *testing.T
	*Cloud
	clock *handClock
	url   string
	ec2   *ec2.Client
	asg   *autoscaling.Client
	ssm   *ssm.Client
	sts   *sts.Client
}

type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// start is a whole second: times on the wire have milliseconds only.
func start() time.Time { return time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	clock := &handClock{now: start()}
	cfg := Config{Seed: 1, Clock: clock.Now}
	for _, c := range change {
		c(&cfg)
	}
	cloud := New(cfg)
	server := httptest.NewServer(cloud.Handler())
	t.Cleanup(server.Close)
	w := &world{t: t, Cloud: cloud, clock: clock, url: server.URL}
	w.as("AKIDTEST")
	return w
}

// as returns the world with clients that use another access key.
func (w *world) as(accessKey string) {
	cfg := aws.Config{
		Region:       "us-west-2",
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
		BaseEndpoint: aws.String(w.url),
	}
	w.ec2, w.asg = ec2.NewFromConfig(cfg), autoscaling.NewFromConfig(cfg)
	w.ssm, w.sts = ssm.NewFromConfig(cfg), sts.NewFromConfig(cfg)
}

func (w *world) ctx() context.Context { return w.t.Context() }

// pass advances the time in steps of a second, with one step at its end.
func (w *world) pass(d time.Duration) {
	for ; d >= time.Second; d -= time.Second {
		w.Step(w.clock.Advance(time.Second))
	}
	w.Step(w.clock.Advance(d))
}

// settle advances the time by more than two boots and terminations.
func (w *world) settle() { w.pass(30 * time.Second) }

// template creates a launch template with an image and returns its id.
func (w *world) template(version string) LaunchTemplate {
	w.t.Helper()
	image, found := w.LatestImage(version, "x86_64")
	if !found {
		w.t.Fatalf("no image for %s", version)
	}
	t, err := w.CreateLaunchTemplate(TemplateSpec{Name: "nodes", ImageID: image.ID, InstanceType: "m5.xlarge"})
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// group creates a group "nodes" from a new template and waits until it has settled.
func (w *world) group(min, max, desired int) LaunchTemplate {
	w.t.Helper()
	t := w.template("1.36")
	err := w.CreateGroup(GroupSpec{
		Name: "nodes", MinSize: min, MaxSize: max, DesiredCapacity: desired, LaunchTemplateID: t.ID, LaunchTemplateVersion: "1",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	return t
}

// newVersion adds a version of the template with another image and makes the group
// use it.
func (w *world) newVersion(t LaunchTemplate) {
	w.t.Helper()
	image, _ := w.LatestImage("1.37", "x86_64")
	v, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(t.ID, image.ID))
	w.ok(err)
	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), followInput(t.ID, fmt.Sprint(*v.LaunchTemplateVersion.VersionNumber)))
	w.ok(err)
}

// members are the group's instances, without those that have left it, as zone
// letter and lifecycle state, sorted: "a InService".
func (w *world) members() []string {
	var all []string
	for _, i := range w.Instances() {
		if i.Lifecycle != LifecycleTerminated {
			all = append(all, strings.TrimPrefix(i.Zone, w.Region())+" "+i.Lifecycle)
		}
	}
	slices.Sort(all)
	return all
}

// inService returns the instances in service, in order of launch.
func (w *world) inService() []Instance {
	return slices.DeleteFunc(w.Instances(), func(i Instance) bool { return i.Lifecycle != LifecycleInService })
}

// spread counts the instances in service in zones a, b and c: "1 1 1".
func (w *world) spread() string {
	counts := map[string]int{}
	for _, i := range w.inService() {
		counts[i.Zone]++
	}
	var text []string
	for _, zone := range w.Zones() {
		text = append(text, fmt.Sprint(counts[zone]))
	}
	return strings.Join(text, " ")
}

// inZone returns the first instance in service in a zone, by its letter.
func (w *world) inZone(letter string) Instance {
	w.t.Helper()
	for _, i := range w.inService() {
		if strings.HasSuffix(i.Zone, letter) {
			return i
		}
	}
	w.t.Fatalf("no instance in service in zone %s: %v", letter, w.members())
	return Instance{}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks the code, the HTTP status and part of the message of an error.
func (w *world) refused(err error, code string, status int, message string) {
	w.t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		w.t.Fatalf("got error %v, want %s", err, code)
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) {
		w.t.Errorf("got %s: %s, want %s with %q", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
	var http interface{ HTTPStatusCode() int }
	if !errors.As(err, &http) || http.HTTPStatusCode() != status {
		w.t.Errorf("%s: want HTTP status %d in %v", code, status, err)
	}
}

func (w *world) suspend(processes ...string) {
	w.t.Helper()
	_, err := w.asg.SuspendProcesses(w.ctx(), &autoscaling.SuspendProcessesInput{
		AutoScalingGroupName: aws.String("nodes"), ScalingProcesses: processes,
	})
	w.ok(err)
}

func (w *world) resume(processes ...string) {
	w.t.Helper()
	_, err := w.asg.ResumeProcesses(w.ctx(), &autoscaling.ResumeProcessesInput{
		AutoScalingGroupName: aws.String("nodes"), ScalingProcesses: processes,
	})
	w.ok(err)
}

func (w *world) setDesired(n int32) {
	w.t.Helper()
	_, err := w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(n),
	})
	w.ok(err)
}

func (w *world) terminate(id string, decrement bool) {
	w.t.Helper()
	_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: aws.String(id), ShouldDecrementDesiredCapacity: aws.Bool(decrement),
	})
	w.ok(err)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
func followInput(templateID, version string) *autoscaling.UpdateAutoScalingGroupInput {
	return &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"),
		LaunchTemplate:       &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String(templateID), Version: aws.String(version)},
	}
}

func toTypes(names ...string) []ec2types.InstanceType {
	var all []ec2types.InstanceType
	for _, name := range names {
		all = append(all, ec2types.InstanceType(name))
	}
	return all
}

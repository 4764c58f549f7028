package fakeaws

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A fast reader sees every change, a slow one the last.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := New(Config{Boot: 5 * time.Second, Terminate: 2 * time.Second, Interval: time.Second})
		go func() { _ = c.Run(ctx) }()
		image, _ := c.LatestImage("1.36", "x86_64")
		template, err := c.CreateLaunchTemplate(TemplateSpec{Name: "nodes", ImageID: image.ID, InstanceType: "m5.xlarge"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 1, DesiredCapacity: 1, LaunchTemplateID: template.ID}); err != nil {
			t.Fatal(err)
		}
		awake, asleep := c.Watch(ctx), c.Watch(ctx)
		same(t, "launched", stateOfNext(awake), "pending Pending")
		same(t, "booted", stateOfNext(awake), "running InService")
		first := c.Instances()[0]
		same(t, "time from launch to running", time.Since(first.Launched) >= 5*time.Second && time.Since(first.Launched) < 7*time.Second, true)
		if err := c.Interrupt(first.ID); err != nil {
			t.Fatal(err)
		}
		same(t, "interrupted", stateOfNext(awake), "shutting-down InService")
		time.Sleep(time.Minute)
		synctest.Wait()

		same(t, "what a late reader sees", readAll(c.Watch(ctx))[first.ID], StateTerminated)
		same(t, "what a slow reader sees last", readAll(asleep), readAll(c.Watch(ctx)))
		cancel()
		synctest.Wait()
		for range asleep { // closed when the context ends, after the states that are already in it
		}
		same(t, "watchers left", len(c.watchers), 0)
	})
}

// readAll reads until the channel stays empty and returns the last state of each
// instance.
func readAll(instances <-chan Instance) map[string]string {
	last := map[string]string{}
	for {
		select {
		case i := <-instances:
			last[i.ID] = i.State
		case <-time.After(time.Minute):
			return last
		}
	}
}

func stateOfNext(instances <-chan Instance) string {
	i := <-instances
	return i.State + " " + i.Lifecycle
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- New(Config{}).Run(ctx) }()
		time.Sleep(time.Hour)
		cancel()
		same(t, "error", <-ended, context.Canceled)
	})
}

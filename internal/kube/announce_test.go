package kube

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// announced is what a command sees.
func announced(t *testing.T, c *Cluster) string {
	t.Helper()
	who, err := c.Announced(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// keep announces a process until the function that it returns is called.
func keep(t *testing.T, c *Cluster, who string) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Announce(who).Keep(ctx, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}()
	synctest.Wait()
	return func() {
		cancel()
		<-ended
	}
}

func TestAnnouncement(t *testing.T) {
	for name, story := range map[string]func(*testing.T, *Cluster){
		"nobody": func(t *testing.T, c *Cluster) {
			if who := announced(t, c); who != "" {
				t.Errorf("%s is there", who)
			}
		},
		"one is there until it ends": func(t *testing.T, c *Cluster) {
			end := keep(t, c, "one")
			time.Sleep(time.Minute)
			if who := announced(t, c); who != "one" {
				t.Errorf("after a minute %q is there", who)
			}
			end()
			if who := announced(t, c); who != "" {
				t.Errorf("%s has ended and is there", who)
			}
		},
		"one is killed": func(t *testing.T, c *Cluster) {
			if err := c.Announce("one").renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(leaseDuration - time.Second)
			if who := announced(t, c); who != "one" {
				t.Errorf("it was there a moment ago, and %q is", who)
			}
			time.Sleep(time.Second)
			if who := announced(t, c); who != "" {
				t.Errorf("%s is there", who)
			}
		},
		"another one lives on": func(t *testing.T, c *Cluster) {
			first, second := keep(t, c, "one"), keep(t, c, "two")
			time.Sleep(time.Minute)
			first()
			if who := announced(t, c); who != "two" {
				t.Errorf("one of two has ended, and %q is there", who)
			}
			second()
			if who := announced(t, c); who != "" {
				t.Errorf("both have ended, and %s is there", who)
			}
		},
		"both end at once": func(t *testing.T, c *Cluster) {
			first, second := keep(t, c, "one"), keep(t, c, "two")
			time.Sleep(time.Minute)
			first()
			second()
			if who := announced(t, c); who != "" {
				t.Errorf("both have ended, and %s is there", who)
			}
		},
		"the one that wrote last ends": func(t *testing.T, c *Cluster) {
			first := keep(t, c, "one")
			time.Sleep(time.Second)
			keep(t, c, "two")
			time.Sleep(2 * announceEvery)
			time.Sleep(announceEvery - 2*time.Second) // one has renewed it after two
			first()
			if who := announced(t, c); who != "two" {
				t.Errorf("one of two has ended, and %q is there", who)
			}
		},
		"one whose clock is wrong": func(t *testing.T, c *Cluster) {
			if err := c.Announce("one").renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			setBack(t, c, 5*time.Minute)
			time.AfterFunc(announceEvery, func() { setBack(t, c, 5*time.Minute) })
			if who := announced(t, c); who != "one" {
				t.Errorf("it lives, and %q is there", who)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { story(t, &Cluster{set: fake.NewClientset()}) })
		})
	}
}

// setBack makes the announcement older.
func setBack(t *testing.T, c *Cluster, by time.Duration) {
	leases := c.set.CoordinationV1().Leases(v1alpha1.Namespace)
	lease, err := leases.Get(context.Background(), announcement, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lease.Spec.RenewTime = &metav1.MicroTime{Time: time.Now().Add(-by)}
	if _, err := leases.Update(context.Background(), lease, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// A controller is silent when its announcement is neither renewed nor held, by the
// clock of whoever watches.
func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Cluster{set: fake.NewClientset()}
		end := keep(t, c, "one")
		p := c.Presence()
		look := func(want time.Duration, when string) {
			t.Helper()
			if got := p.Silent(t.Context()).Truncate(time.Second); got != want {
				t.Errorf("%s it is silent for %s, want %s", when, got, want)
			}
		}
		for range 10 {
			look(0, "while it lives")
			time.Sleep(5 * time.Second)
		}
		end()
		look(0, "when it has just ended")
		time.Sleep(renewedWithin)
		look(renewedWithin, "after its end")
		again := keep(t, c, "two")
		look(0, "when another one is there")
		again()
		if err := c.Announce("three").renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		look(0, "when one was just killed")
		time.Sleep(leaseDuration)
		look(leaseDuration, "when one was killed")
	})
}

// A replica that has ended its announcement finds out whether another one lives.
func TestOthersLive(t *testing.T) {
	for name, c := range map[string]struct {
		others func(t *testing.T, c *Cluster)
		want   bool
	}{
		"The only replica is the last one.": {func(*testing.T, *Cluster) {}, false},
		"Another one that lives continues.": {func(t *testing.T, c *Cluster) { t.Cleanup(keep(t, c, "two")) }, true},
		"One that ends at the same moment does not continue.": {func(t *testing.T, c *Cluster) {
			end := keep(t, c, "two")
			time.Sleep(time.Second)
			end()
		}, false},
		"One that ends a moment later does not continue.": {func(t *testing.T, c *Cluster) {
			end := keep(t, c, "two")
			time.Sleep(time.Second)
			time.AfterFunc(time.Second, end)
		}, false},
		"One that was killed does not continue.": {func(t *testing.T, c *Cluster) {
			if err := c.Announce("two").renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cluster := &Cluster{set: fake.NewClientset()}
				end := keep(t, cluster, "one")
				time.Sleep(time.Second)
				c.others(t, cluster)
				end()
				if got := cluster.Announce("one").OthersLive(t.Context()); got != c.want {
					t.Errorf("others live: %t, want %t", got, c.want)
				}
			})
		})
	}
}

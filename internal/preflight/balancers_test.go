package preflight

import (
	"testing"
	"time"
)

func TestCordonWait(t *testing.T) {
	for name, tc := range map[string]struct {
		delays []Delay
		wait   time.Duration
		why    string
	}{
		"no load balancer: the usual time": {nil, time.Minute,
			"the usual time, since no TargetGroupBinding of type instance and no Service of type LoadBalancer is known to register these nodes"},
		"a quick one: the usual time": {[]Delay{{"target group web", 6 * time.Second}}, time.Minute,
			"the usual time, since no load balancer takes longer: target group web lets requests finish for 6s"},
		"the slowest of several, and the time to notice": {[]Delay{{"target group web", 5 * time.Minute}, {"target group api", time.Minute}}, 5*time.Minute + 10*time.Second,
			"target group web lets requests finish for 5m after its controller has noticed, within 10s"},
		"one that has as long as usual needs the time to notice, too": {[]Delay{{"target group web", time.Minute}}, 70 * time.Second,
			"target group web lets requests finish for 1m after its controller has noticed, within 10s"},
	} {
		wait, why := Balancers{Delays: tc.delays}.CordonWait(time.Minute)
		if wait != tc.wait || why != tc.why {
			t.Errorf("%s: %s, %q", name, wait, why)
		}
	}
}

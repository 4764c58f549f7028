package preflight

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

// Balancers are the load balancers with which controllers in the cluster register a group's nodes, and
// which drop a node with the label node.kubernetes.io/exclude-from-external-load-balancers. Those that
// are attached to the group itself are not among them: Auto Scaling deregisters an instance there, and
// waits for its requests, when it terminates it.
type Balancers struct {
	Delays []Delay // the longest first
	// Denied and Unknown say in words which could not be looked at, for want of a permission and for
	// other reasons.
	Denied, Unknown []string
}

// Delay is how long a load balancer lets a deregistered instance finish its requests.
type Delay struct {
	Name string // target group web of TargetGroupBinding shop/web
	Time time.Duration
}

// noticing is how long a controller has to see the label of a node and to deregister it.
const noticing = 10 * time.Second

// CordonWait is how long to wait between cordon and termination if that is left to the load balancers,
// and why: as long as the slowest lets requests finish, but not less than the usual time, since a load
// balancer that is not known here may have to drop the node, too.
func (b Balancers) CordonWait(usual time.Duration) (time.Duration, string) {
	if len(b.Delays) == 0 {
		return usual, "the usual time, since no TargetGroupBinding of type instance and no Service of type LoadBalancer is known to register these nodes"
	}
	slowest := b.Delays[0]
	words := fmt.Sprintf("%s lets requests finish for %s", slowest.Name, text.Duration(slowest.Time))
	if wait := slowest.Time + noticing; wait > usual {
		return wait, words + " after its controller has noticed, within " + text.Duration(noticing)
	}
	return usual, "the usual time, since no load balancer takes longer: " + words
}

// balancers warns about load balancers that let requests finish for longer than the upgrade
// waits.
func balancers(f Facts) []Finding {
	const most = 5 // of which the slowest come first
	var slow []string
	for _, d := range f.Balancers.Delays {
		if d.Time > f.Policy.CordonWait {
			slow = append(slow, fmt.Sprintf("%s has %s", d.Name, text.Rough(d.Time)))
		}
	}
	if len(slow) == 0 {
		return nil
	}
	if more := len(slow) - most; more > 0 {
		slow = append(slow[:most], fmt.Sprintf("%d more", more))
	}
	return one(Finding{
		Rule:   "DeregistrationDelay",
		What:   fmt.Sprintf("load balancers let requests finish for longer than the %s between cordon and termination", text.Duration(f.Policy.CordonWait)),
		Why:    "requests that take longer are cut off",
		Next:   "use --cordon-wait auto to wait as long as the slowest of them",
		Things: slow,
	})
}

// unknownBalancers says which load balancers were not looked at.
func unknownBalancers(f Facts) []Finding {
	finding := Finding{
		Rule: "BalancersNotLookedAt",
		Why:  fmt.Sprintf("requests that take longer than the %s between cordon and termination may be cut off", text.Duration(f.Policy.CordonWait)),
	}
	var found []Finding
	if denied := f.Balancers.Denied; len(denied) > 0 {
		finding.What, finding.Things = "load balancers were not looked at, because a permission is missing", denied
		finding.Next = "grant what docs/rbac.yaml and docs/iam-policy.json have"
		found = append(found, finding)
	}
	if unknown := f.Balancers.Unknown; len(unknown) > 0 {
		finding.What, finding.Things = "it is not known how long some load balancers let requests finish", unknown
		finding.Next = "give --cordon-wait a time that is long enough for them"
		found = append(found, finding)
	}
	return found
}

package simulation

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promise 7: what a wait states is true.

// untruth is something that waits state and that is not so: since when, and after how many passes.
type untruth struct {
	since  time.Time
	passes int
}

// A wait may state for so long and so many passes what was so: a pass may use a describe that is some
// seconds old, one that acts leaves the waits of the pass before to the next one, and reads may fail.
const (
	toldFor    = 4 * upgrade.Interval
	toldPasses = 6
)

// checkWaits is called after a pass. While a call fails, which the first wait says, the others are of
// the time before, and where calls take long a pass says what was so when it began.
func (o *observer) checkWaits() {
	untrue, last := map[string]untruth{}, o.waitsCheckedAt
	o.waitsCheckedAt = o.w.now
	ofCall := func(w upgrade.Wait) bool { return strings.HasPrefix(string(w.Key), "call/") }
	standsStill := o.w.now.Sub(last) > 2*upgrade.Interval // no pass has come to its end
	if standsStill || slices.ContainsFunc(o.w.records.run.now.Waits, ofCall) || len(o.w.config.CallTakes) > 0 {
		o.untrue = nil
		return
	}
	for _, wait := range o.w.records.run.now.Waits {
		truth := o.contradiction(wait)
		if truth == "" {
			continue
		}
		u, ok := o.untrue[wait.Message]
		if !ok {
			u.since = o.w.now
		}
		u.passes++
		untrue[wait.Message] = u
		if u.passes > toldPasses && o.passBegan.Sub(u.since) > toldFor+o.w.lag {
			o.violated(7, "the update says %q, but for %s %s", wait.Message, o.w.now.Sub(u.since), truth)
		}
	}
	o.untrue = untrue
}

// contradiction is what the world has instead of what a wait states, "" if that is true.
func (o *observer) contradiction(wait upgrade.Wait) string {
	kind, of, _ := strings.Cut(string(wait.Key), "/")
	truths := []string{o.ofUsable(wait.Message), o.ofUnusable(wait.Message), o.ofGroup(kind, wait.Message)}
	if i := o.instance(of); i != nil {
		truths = append(truths, o.ofInstance(kind, wait.Message, i))
	} else if slices.Contains([]string{"drain", "cordon", "going", "coming"}, kind) {
		truths = append(truths, "there is no instance "+of)
	}
	for _, truth := range truths {
		if truth != "" {
			return truth
		}
	}
	return ""
}

var (
	countsUsable   = regexp.MustCompile(`^(\d+) of \d+ (?:usable )?nodes are (?:up|usable)`)
	namesUnusable  = regexp.MustCompile(`(i-[0-9a-f]+) \([^)]*\) is not usable`)
	namesPod       = regexp.MustCompile(`: pod (\S+): `)
	namesVolume    = regexp.MustCompile(`: volume (\S+) is still attached`)
	reportsSizes   = regexp.MustCompile(`reports the sizes (.*) instead of`)
	reportsVersion = regexp.MustCompile(`(?:reports|reports that the group already uses) version (\S+) of`)
	reportsLatest  = regexp.MustCompile(`reports \$Latest of .* as version (\d+)`)
)

// said is what the parentheses of a pattern match in a message, "" if it does not match.
func said(pattern *regexp.Regexp, message string) string {
	if found := pattern.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}

// differs compares what is said with what is true, if anything is said.
func differs(said string, what string, truth any) string {
	if said == "" || said == fmt.Sprint(truth) {
		return ""
	}
	return fmt.Sprintf("%s is %v", what, truth)
}

// ofUsable checks a number of usable nodes. Before an engine has measured the group it does not know
// which taints are those of a start.
func (o *observer) ofUsable(message string) string {
	count, err := strconv.Atoi(said(countsUsable, message))
	if err != nil || !o.baselineMeasured || count == o.countUsable(nil) {
		return ""
	}
	return fmt.Sprintf("%d nodes are usable", o.countUsable(nil))
}

// ofUnusable checks the instances that are said not to be usable.
func (o *observer) ofUnusable(message string) string {
	for _, found := range namesUnusable.FindAllStringSubmatch(message, -1) {
		i := o.instance(found[1])
		switch {
		case i == nil:
			return "there is no instance " + found[1]
		case i.node != nil && o.isUsable(i.node):
			return found[1] + " is usable"
		}
	}
	return ""
}

// ofInstance checks what is said of an instance.
func (o *observer) ofInstance(kind, message string, i *instance) string {
	switch kind {
	case "drain":
		return o.ofDrain(message, i)
	case "cordon":
		if i.node != nil && !i.node.lost && !i.node.Has(upgrade.MarkCordon) {
			return i.node.Name + " is not cordoned"
		}
	case "missing":
		if slices.Contains(o.w.cloud.instances, i) {
			return i.ID + " is in the group"
		}
	case "lost":
		if exists := i.node != nil && !i.node.lost; exists != strings.Contains(message, "is back") {
			return fmt.Sprintf("its node exists: %t", exists)
		}
	case "coming":
		if i.node != nil && o.isUsable(i.node) {
			return i.ID + " is usable"
		}
	}
	return ""
}

// ofDrain checks the pod or the volume that a wait names as the reason why a node is not empty.
func (o *observer) ofDrain(message string, i *instance) string {
	if id := said(namesPod, message); id != "" {
		p := o.w.cluster.pods[id]
		if p == nil || p.node == nil || p.node.instance != i {
			return "pod " + id + " is not there"
		}
		if ends := strings.Contains(message, "it is terminating"); ends && p.Deleting.IsZero() {
			return "pod " + id + " is not terminating"
		}
	}
	name := said(namesVolume, message)
	attached := func(v *volume) bool { return v.Name == name }
	if name != "" && i.node != nil && !slices.ContainsFunc(i.node.volumes, attached) {
		return "volume " + name + " is not attached"
	}
	return ""
}

// ofGroup checks what is said of the group.
func (o *observer) ofGroup(kind, message string) string {
	c := o.w.cloud
	switch kind {
	case "sizes":
		return differs(said(reportsSizes, message), "what AWS has", c.size)
	case "template", "reference":
		return differs(said(reportsVersion, message), "the version that the group uses", c.template.ref.Version)
	case "latest":
		return differs(said(reportsLatest, message), "the latest version", len(c.template.versions))
	case "account":
		if o.w.credentials.account == ownAccount && o.remadeAt.IsZero() {
			return "the credentials are those of the group's account"
		}
	case "group":
		if !c.deleted && o.remadeAt.IsZero() && !o.w.now.Before(c.hiddenUntil) && o.w.credentials.account == ownAccount {
			return "the group exists"
		}
	case "unfilled", "launch-stops":
		if len(c.members()) >= c.size.Desired {
			return fmt.Sprintf("it has %d instances of %d", len(c.members()), c.size.Desired)
		}
	case "even":
		if counts := c.perZone(); slices.Max(counts)-slices.Min(counts) <= 1 {
			return fmt.Sprintf("the zones have %v", counts)
		}
	case "silence":
		if !slices.ContainsFunc(o.w.cluster.nodes, o.isSilent) {
			return "no kubelet is silent"
		}
	}
	return ""
}

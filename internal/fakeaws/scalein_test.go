package fakeaws

import (
	"testing"
	"time"
)

// The scale-in rules, one group a row: its instances as zone, version of the
// group's template ("-" for another template), minutes since the launch, and
// whether it is protected. want are the instances that may be chosen.
func TestScaleInChoosesByPolicy(t *testing.T) {
	type machineRow struct {
		zone      string
		version   int // 0 stands for another template
		age       time.Duration
		protected bool
	}
	for name, row := range map[string]struct {
		policies []string
		machines []machineRow
		want     string
	}{
		"the instance is in the fullest zone": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, false}, {"b", 1, 10 * time.Minute, false}, {"b", 1, 10 * time.Minute, false}, {"c", 1, 10 * time.Minute, false},
		}, "[1 2]"},
		"the fullest zone matters more than the oldest version": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, false}, {"b", 2, 10 * time.Minute, false}, {"b", 2, 10 * time.Minute, false},
		}, "[1 2]"},
		"with even zones the instance has the oldest version of all": {nil, []machineRow{
			{"a", 2, 10 * time.Minute, false}, {"b", 1, 10 * time.Minute, false}, {"c", 3, 10 * time.Minute, false},
		}, "[1]"},
		"another template matters more than an old version": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, false}, {"b", 0, 10 * time.Minute, false}, {"c", 2, 10 * time.Minute, false},
		}, "[1]"},
		"of equal versions the instance is the closest to its next billing hour": {nil, []machineRow{
			{"a", 1, 70 * time.Minute, false}, {"b", 1, 59 * time.Minute, false}, {"c", 1, 3 * time.Minute, false},
		}, "[1]"},
		"chance decides between equal instances": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, false}, {"b", 1, 10 * time.Minute, false}, {"c", 1, 20 * time.Minute, false}, {"c", 1, 20 * time.Minute, false},
		}, "[2 3]"},
		"a protected instance is never chosen": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, true}, {"b", 2, 10 * time.Minute, false}, {"c", 1, 20 * time.Minute, true},
		}, "[1]"},
		"a zone in which all are protected is ignored": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, true}, {"a", 1, 10 * time.Minute, true}, {"b", 1, 10 * time.Minute, false}, {"c", 1, 10 * time.Minute, true},
		}, "[2]"},
		"none is chosen if all are protected": {nil, []machineRow{
			{"a", 1, 10 * time.Minute, true}, {"b", 1, 10 * time.Minute, true},
		}, "[]"},
		"OldestInstance chooses the oldest instance": {[]string{"OldestInstance"}, []machineRow{
			{"a", 1, 30 * time.Minute, false}, {"b", 2, 90 * time.Minute, false}, {"c", 1, 10 * time.Minute, false},
		}, "[1]"},
		"NewestInstance chooses the newest instance": {[]string{"NewestInstance"}, []machineRow{
			{"a", 1, 30 * time.Minute, false}, {"b", 2, 90 * time.Minute, false}, {"c", 1, 10 * time.Minute, false},
		}, "[2]"},
		"two policies choose the newest instance of the oldest template": {[]string{"OldestLaunchTemplate", "NewestInstance"}, []machineRow{
			{"a", 1, 30 * time.Minute, false}, {"b", 1, 20 * time.Minute, false}, {"c", 2, 10 * time.Minute, false},
		}, "[1]"},
		"ClosestToNextInstanceHour ignores the versions": {[]string{"ClosestToNextInstanceHour"}, []machineRow{
			{"a", 1, 30 * time.Minute, false}, {"b", 2, 115 * time.Minute, false}, {"c", 1, 50 * time.Minute, false},
		}, "[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			chosen := map[int]bool{}
			for seed := range uint64(40) {
				c := New(Config{Seed: seed})
				g := &group{name: "nodes", policies: row.policies, template: &templateRef{ID: "lt-own"}}
				g.subnets = append(g.subnets, c.network.subnets...)
				for _, m := range row.machines {
					id := "lt-own"
					if m.version == 0 {
						id = "lt-other"
					}
					g.members = append(g.members, &machine{Instance: Instance{
						Zone: "us-west-2" + m.zone, Lifecycle: LifecycleInService, Protected: m.protected,
						LaunchTemplateID: id, LaunchTemplateVersion: m.version, Launched: start().Add(-m.age),
					}})
				}
				if victim := c.victim(g, start()); victim != nil {
					chosen[position(g.members, victim)] = true
				}
			}
			got := []int{}
			for i := range row.machines {
				if chosen[i] {
					got = append(got, i)
				}
			}
			same(t, "chosen by 40 seeds", got, row.want)
		})
	}
}

func position(machines []*machine, one *machine) int {
	for i, m := range machines {
		if m == one {
			return i
		}
	}
	return -1
}

func TestScaleInTakesOldVersionsFirst(t *testing.T) {
	w := newWorld(t)
	template := w.group(0, 6, 3)
	w.newVersion(template)
	w.setDesired(6)
	w.settle()
	w.setDesired(3)
	w.settle()
	same(t, "spread", w.spread(), "1 1 1")
	for _, i := range w.inService() {
		same(t, "version of "+i.ID, i.LaunchTemplateVersion, 2)
	}
}

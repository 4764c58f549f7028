package simulation

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Situation stands for everything that decides how a world continues: cloud, cluster,
// record, what the process remembers and what is under way. Worlds in the same situation
// are equal but for names, for words that people read, and for times that differ so little
// that no limit lies between them.
type Situation uint64

// situation returns the present situation.
func (w *World) situation() Situation { return w.fingerprint(fingerprint{}) }

// situationWithoutTimes is the same for worlds that differ only in times.
func (w *World) situationWithoutTimes() Situation { return w.fingerprint(fingerprint{timeless: true}) }

func (w *World) fingerprint(f fingerprint) Situation {
	f.now, f.names = w.now, map[string]uint64{}
	f.cloud(w.cloud)
	f.cluster(w.cluster)
	f.records(w.records)
	f.process(w.process)
	f.agenda(w.agenda)
	h := fnv.New64a()
	h.Write(f.bytes)
	return Situation(h.Sum64())
}

// fingerprint collects what a situation consists of.
type fingerprint struct {
	now      time.Time
	bytes    []byte
	timeless bool // all that counts of a time is whether it is zero
	// names are the numbers of names that a world makes up, in the order in which they are met.
	names map[string]uint64
}

func (f *fingerprint) cloud(c *cloud) {
	f.add(c.min, c.size, c.suspended, c.noCapacity, c.reconcileDue, c.rebalancing)
	f.add(c.template.ref, c.template.versions, c.template.defaultVersion)
	for _, i := range c.instances {
		f.add(i.Instance, i.isOutOfService(), i.terminatedByEngine)
		f.age(i.terminatingSince, agesOfMembers())
		f.age(i.inServiceSince, agesOfMembers())
	}
	for _, i := range c.warm {
		f.add(i.Instance)
	}
	if since := f.now.Sub(c.changedAt); c.previous != nil && since < maxStaleness {
		f.add(c.changedAt, c.previous.Size, c.previous.Template, c.previous.Suspended, len(c.previous.Instances))
	}
}

func (f *fingerprint) cluster(c *cluster) {
	f.add(c.scheduleDue, c.autoscaler.replicas, c.autoscaler.replicasBefore, c.autoscaler.holders, c.autoscaler.known, c.autoscaler.readAt)
	for _, n := range c.nodesInOrder() {
		f.add(n.Node, n.silentSince)
		f.pods(n.pods)
	}
	f.pods(c.pending)
	for _, load := range c.workloads {
		f.add(load.Replicas, load.podCount)
	}
	for _, claim := range slices.Sorted(maps.Keys(c.volumes)) {
		v := c.volumes[claim]
		f.add(claim, v.bound, v.zone, v.node != nil, v.user != nil, v.waiting != nil)
	}
}

// nodesInOrder are the nodes in the order of their instances.
func (c *cluster) nodesInOrder() []*node {
	place := func(n *node) int { return slices.Index(c.w.cloud.instances, n.instance) }
	return slices.SortedStableFunc(slices.Values(c.nodes), func(a, b *node) int { return cmp.Compare(place(a), place(b)) })
}

// pods adds pods by their workloads: the order in which they came decides nothing.
func (f *fingerprint) pods(pods []*pod) {
	pods = slices.SortedStableFunc(slices.Values(pods), func(a, b *pod) int {
		return cmp.Compare(a.workload.Name, b.workload.Name)
	})
	f.add(len(pods))
	for _, p := range pods {
		f.add(p.workload.Name, p.UID, p.Ready, p.Pending, p.Finished, p.Deleting, p.gone, p.unschedulable)
	}
}

func (f *fingerprint) records(r *records) {
	f.add(r.update, r.run.now, r.ledger.now, r.rollback != nil)
}

func (f *fingerprint) process(p *process) {
	f.add(p.lease.lost, p.readPause, p.askedToEndAt, p.seen)
}

// agenda adds what is under way. What is of one kind stands in the order in which it began,
// as do the things that it is about.
func (f *fingerprint) agenda(a agenda) {
	kind := func(i agendaItem) uintptr { return reflect.ValueOf(i.do).Pointer() }
	items := slices.Clone(a)
	slices.SortFunc(items, func(a, b agendaItem) int {
		return cmp.Or(cmp.Compare(kind(a), kind(b)), cmp.Compare(a.number, b.number))
	})
	for _, item := range items {
		f.add(runtime.FuncForPC(kind(item)).Name())
		f.age(item.at, agesAhead())
	}
}

func (f *fingerprint) add(values ...any) {
	for _, v := range values {
		f.value(reflect.ValueOf(v))
	}
}

func (f *fingerprint) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		f.add(v.IsNil())
		if !v.IsNil() {
			f.value(v.Elem())
		}
	case reflect.Slice:
		f.number(uint64(v.Len()))
		for i := range v.Len() {
			f.value(v.Index(i))
		}
	case reflect.Struct:
		f.fields(v)
	case reflect.String:
		f.text(v.String())
	case reflect.Bool:
		f.bytes = append(f.bytes, strconv.FormatBool(v.Bool())[0])
	case reflect.Int, reflect.Int64:
		f.number(uint64(v.Int()))
	}
}

// fields adds the fields that decide something. A time.Time is one value.
func (f *fingerprint) fields(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		f.age(v.Interface().(time.Time), ages())
		return
	}
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; {
		case forPeople(name):
		case slices.Contains([]string{"Launched", "Created", "ReadySince"}, name):
			f.age(v.Field(i).Interface().(time.Time), agesOfMembers())
		case name == "Began":
			f.age(v.Field(i).Interface().(time.Time), agesOfPhases())
		default:
			f.value(v.Field(i))
		}
	}
}

// forPeople reports whether a field of the contract decides nothing: words and counts for
// people, and when parts of the update began that no limit counts from.
func forPeople(field string) bool {
	return slices.Contains([]string{"Message", "Why", "Counts", "Waits", "Started", "Gaps", "Heartbeat"}, field)
}

// age adds between which two of the limits the age of something lies, or how far ahead it is.
func (f *fingerprint) age(t time.Time, limits []time.Duration) {
	f.add(t.IsZero())
	if t.IsZero() || f.timeless {
		return
	}
	ago := f.now.Sub(t)
	nth, _ := slices.BinarySearch(limits, ago.Abs())
	f.add(ago < 0, nth)
}

// ages are the ages at which something may change: the limits that the engine knows, and each second up
// to half a minute, because a pass comes each second while a call to AWS is not made again for so long.
func ages() []time.Duration {
	const s = time.Second
	ages := []time.Duration{0, s / 2}
	for n := 1; n <= 30; n++ {
		ages = append(ages, time.Duration(n)*s)
	}
	return append(ages, 45*s, 60*s, 90*s, 120*s, 300*s, 900*s)
}

// agesAhead are how far ahead something may be that is under way.
func agesAhead() []time.Duration {
	const s = time.Second
	return []time.Duration{0, s / 2, s, 2 * s, 5 * s, 10 * s, 20 * s}
}

// agesOfMembers are those of instances and nodes: when a node is usable, when a describe has
// to show an instance, the silence of a kubelet and the join limit.
func agesOfMembers() []time.Duration {
	const s = time.Second
	return []time.Duration{0, s, 2 * s, 6 * s, 300 * s, 900 * s}
}

// agesOfPhases are those of phases: an answer of AWS about what was set up may be old for so long.
func agesOfPhases() []time.Duration {
	const s = time.Second
	return []time.Duration{0, 10 * s, 20 * s, 30 * s}
}

// text adds a string. Of the names that it consists of, those that a world makes up count
// only by the order in which they are met.
func (f *fingerprint) text(s string) {
	for part := range strings.SplitSeq(s, "/") {
		if !isMadeUp(part) {
			f.bytes = append(append(f.bytes, part...), 0)
			continue
		}
		number, ok := f.names[part]
		if !ok {
			number = uint64(len(f.names))
			f.names[part] = number
		}
		f.number(number)
	}
}

// isMadeUp reports whether a name has a running number: that of an instance, a node or a pod.
func isMadeUp(name string) bool {
	for _, prefix := range []string{"i-", "ip-", "uid-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	_, number, _ := strings.Cut(name, "-")
	return len(number) == 5 && strings.Trim(number, "0123456789") == ""
}

func (f *fingerprint) number(n uint64) { f.bytes = binary.AppendUvarint(f.bytes, n) }

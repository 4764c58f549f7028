package kube

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Everything that the engine remembers has to come back as it was, through the
// JSON that the API server keeps: a field that the resources lack is a promise
// broken after the next start.
func TestNothingThatTheEngineRemembersIsLost(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			fill := filler{rand.New(rand.NewPCG(seed, 0)), seed == 0}
			var run upgrade.Run
			var ledger upgrade.Ledger
			fill.value(reflect.ValueOf(&run).Elem())
			fill.value(reflect.ValueOf(&ledger).Elem())

			var status v1alpha1.NodeGroupUpdateStatus
			viaJSON(t, fromRun(run), &status)
			if diff := cmp.Diff(run, toRun(status)); diff != "" {
				t.Errorf("run, -written +read:\n%s", diff)
			}
			var written, kept v1alpha1.NodeGroupStatus
			fromLedger(ledger, &written)
			viaJSON(t, written, &kept)
			if diff := cmp.Diff(ledger, toLedger(kept)); diff != "" {
				t.Errorf("ledger, -written +read:\n%s", diff)
			}
		})
	}
}

func TestNothingIsMadeUp(t *testing.T) {
	if diff := cmp.Diff(upgrade.Run{}, toRun(fromRun(upgrade.Run{}))); diff != "" {
		t.Errorf("an empty run:\n%s", diff)
	}
	var status v1alpha1.NodeGroupStatus
	fromLedger(upgrade.Ledger{}, &status)
	if diff := cmp.Diff(upgrade.Ledger{}, toLedger(status)); diff != "" {
		t.Errorf("an empty ledger:\n%s", diff)
	}
}

func viaJSON(t *testing.T, from, to any) {
	t.Helper()
	content, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, to); err != nil {
		t.Fatal(err)
	}
}

// filler sets every field that it can reach, or with dense unset some of them.
type filler struct {
	*rand.Rand
	dense bool
}

// wordOf is a word that the schema takes, where it does not take any.
func wordOf(of reflect.Type) string {
	switch of {
	case reflect.TypeFor[upgrade.Phase]():
		return string(upgrade.Upgrading)
	case reflect.TypeFor[upgrade.Status]():
		return string(upgrade.Failed)
	}
	return ""
}

// possible makes sizes that a group can have of any.
func possible(v reflect.Value) {
	if size, ok := v.Addr().Interface().(*upgrade.Size); ok {
		size.Max = max(size.Max, size.Desired)
	}
}

func (f filler) value(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.UnixMicro(1_700_000_000_000_000 + f.Int64N(1e15)).UTC()))
		return
	}
	if word := wordOf(v.Type()); word != "" {
		v.SetString(word)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		defer possible(v)
		for i := range v.NumField() {
			if f.dense || f.IntN(4) > 0 {
				f.value(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.value(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.IntN(3), 4))
		for i := range v.Len() {
			f.value(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, element := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.value(key)
		f.value(element)
		v.SetMapIndex(key, element)
	case reflect.String:
		v.SetString(fmt.Sprintf("word-%d", f.IntN(1000)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + f.Int64N(1<<30))
	default:
		panic("no value for " + v.Type().String())
	}
}

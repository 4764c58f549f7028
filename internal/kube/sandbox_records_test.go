package kube

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// testRecords fills every field and reads it back, because an API server drops
// without a word what its schema does not know.
func testRecords(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	group, update := theGroup(), theUpdate()
	update.UID, update.Name = "", ""
	if _, err := c.Adopt(ctx, group); err != nil {
		t.Fatal(err)
	}
	if again, err := c.Adopt(ctx, theGroup()); err != nil || again.UID != group.UID {
		t.Errorf("adopted again: %v, %v", again, err)
	}
	if _, err := c.Begin(ctx, update); err != nil {
		t.Fatal(err)
	}
	records := c.Records(update.Name)
	record, err := records.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fill := filler{rand.New(rand.NewPCG(1, 0)), true}
	fill.value(reflect.ValueOf(&record.Run).Elem())
	fill.value(reflect.ValueOf(&record.Ledger).Elem())
	stale := record
	if record, err = records.SaveLedger(ctx, record); err != nil {
		t.Fatal(err)
	}
	if record, err = records.SaveRun(ctx, record); err != nil {
		t.Fatal(err)
	}
	loaded, err := c.Records(update.Name).Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(record, loaded); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
	if diff := cmp.Diff(stale.Run, loaded.Run); diff != "" {
		t.Errorf("run, -made +read:\n%s", diff)
	}
	if diff := cmp.Diff(stale.Ledger, loaded.Ledger); diff != "" {
		t.Errorf("ledger, -made +read:\n%s", diff)
	}
	if _, err := records.SaveRun(ctx, stale); !errors.Is(err, upgrade.ErrConflict) {
		t.Errorf("an old record: %v, want a conflict", err)
	}
}

package simulation

import (
	"context"
	"strconv"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// records keeps the saved record of the update. An engine that takes over knows what
// is in it and nothing else.
type records struct {
	w      *World
	update upgrade.Update
	run    versioned[upgrade.Run]
	ledger versioned[upgrade.Ledger]
	// rollback is the update that rolls this one back. It begins when this one has ended.
	rollback *upgrade.Update
}

// versioned is something saved, with a version that a save has to name.
type versioned[T any] struct {
	now     T
	version int
}

func (k *versioned[T]) load() (T, string) { return deepCopy(k.now), strconv.Itoa(k.version) }

func (k *versioned[T]) save(value T, version string) (string, error) {
	if version != strconv.Itoa(k.version) {
		return version, upgrade.ErrConflict
	}
	k.now = deepCopy(value)
	k.version++
	return strconv.Itoa(k.version), nil
}

// begin starts a new run. The ledger stays.
func (r *records) begin(update upgrade.Update) {
	r.update, r.rollback = update, nil
	r.run = versioned[upgrade.Run]{version: r.run.version + 1}
}

// rollBack creates the update that rolls this one back. LEAN does so with the fewest
// launches, but it needs at least as many nodes as zones.
func (r *records) rollBack() {
	if r.update.RolledBackBy != "" || r.update.Scaling != nil { // such a request is refused
		return
	}
	back := r.update
	back.Name, back.UID, back.Target = back.Name+"-rollback", back.UID+"-rollback", upgrade.Target{}
	back.Cancelled, back.RestoreTemplate, back.PauseRequested, back.Policy.RollbackOnFailure = false, false, false, false
	back.Policy.Canary, back.Policy.Soak, back.Policy.Health = 0, 0, upgrade.Health{}
	back.AcceptedHealthPauses = 0
	if base := r.run.now.Baseline; back.Policy.Strategy == upgrade.Default && base != nil && base.Nodes >= base.Zones {
		back.Policy.Strategy, back.Policy.NodeOrder = upgrade.Lean, upgrade.Random
	}
	back.Rollback = &upgrade.Rollback{Of: r.update.Name}
	r.update.RolledBackBy, r.rollback = back.Name, &back
}

// beginRollback begins the rollback of an update that has ended, if there is one.
func (r *records) beginRollback() bool {
	if r.rollback == nil || r.run.now.Phase != upgrade.Done {
		return false
	}
	next := *r.rollback
	r.rollback = nil
	next.Rollback.Undone, next.Rollback.Measured = deepCopy(r.run.now.Resolved), deepCopy(r.run.now.Baseline)
	next.Rollback.WithoutNode = deepCopy(r.run.now.WithoutNode)
	next.Rollback.Ended = true
	r.w.Begin(next)
	return true
}

func (r *records) RollBack(ctx context.Context) error {
	return r.w.call(ctx, "Records.RollBack", func() error {
		r.rollBack()
		return nil
	})
}

func (r *records) Load(ctx context.Context) (upgrade.Record, error) {
	return read(ctx, r.w, "Records.Load", func() (upgrade.Record, error) {
		record := upgrade.Record{Update: r.update}
		record.Update.Leaving = r.w.process.isEnding()
		r.w.process.readPause = r.update.PauseRequested || record.Update.Leaving
		record.Run, record.RunVersion = r.run.load()
		if back := record.Update.Rollback; back != nil && record.Run.Resolved != nil { // it has written down itself what it needs
			record.Update.Rollback = &upgrade.Rollback{Of: back.Of, Ended: true}
		}
		record.Ledger, record.LedgerVersion = r.ledger.load()
		return record, nil
	})
}

func (r *records) SaveLedger(ctx context.Context, record upgrade.Record) (upgrade.Record, error) {
	return callWithAnswer(ctx, r.w, "Records.SaveLedger", func() (_ upgrade.Record, err error) {
		r.w.observer.ledgerSaved(r.ledger.now, record.Ledger)
		record.LedgerVersion, err = r.ledger.save(record.Ledger, record.LedgerVersion)
		return record, err
	})
}

func (r *records) SaveRun(ctx context.Context, record upgrade.Record) (upgrade.Record, error) {
	return callWithAnswer(ctx, r.w, "Records.SaveRun", func() (_ upgrade.Record, err error) {
		record.RunVersion, err = r.run.save(record.Run, record.RunVersion)
		r.w.observer.runSaved(record.Run)
		if what := r.w.whenEnding; what != nil && record.Run.Verdict != nil {
			r.w.whenEnding = nil
			what(r.w)
		}
		return record, err
	})
}

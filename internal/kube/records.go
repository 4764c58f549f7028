package kube

import (
	"cmp"
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// records implements upgrade.Records for one update. It keeps the two resources as they
// were last read or written, because the engine's record has only a part of them.
type records struct {
	live    client.Client
	watched client.Reader
	version func(context.Context) (string, error) // of the API server
	name    string
	update  *v1alpha1.NodeGroupUpdate
	group   *v1alpha1.NodeGroup
	cluster string // which cluster this is
}

func (r *records) Load(ctx context.Context) (upgrade.Record, error) {
	var update v1alpha1.NodeGroupUpdate
	if err := r.live.Get(ctx, client.ObjectKey{Name: r.name}, &update); err != nil {
		return upgrade.Record{}, explain(err, "get nodegroupupdates/%s", r.name)
	}
	var group v1alpha1.NodeGroup
	err := r.live.Get(ctx, client.ObjectKey{Name: update.Spec.NodeGroup}, &group)
	if apierrors.IsNotFound(err) {
		r.update, r.group = &update, nil
		return orphan(r.update), nil
	}
	if err != nil {
		return upgrade.Record{}, explain(err, "get nodegroups/%s of update %s", update.Spec.NodeGroup, r.name)
	}
	if r.cluster, err = r.clusterUID(ctx); err != nil {
		return upgrade.Record{}, err
	}
	r.update, r.group = &update, &group
	return r.record(ctx)
}

// record translates the two resources.
func (r *records) record(ctx context.Context) (upgrade.Record, error) {
	asked := toUpdate(r.update, r.group)
	if fault := copied(r.group, r.cluster); fault != nil {
		asked.Fault = fault
	}
	if err := r.addOthers(ctx, &asked); err != nil {
		return upgrade.Record{}, err
	}
	if err := r.complete(ctx, &asked.Target); err != nil {
		return upgrade.Record{}, err
	}
	return upgrade.Record{
		Update:        asked,
		Run:           toRun(r.update.Status),
		Ledger:        toLedger(r.group.Status),
		RunVersion:    r.update.ResourceVersion,
		LedgerVersion: r.group.ResourceVersion,
	}, nil
}

// complete sets the default target: the newest image of the API server's own minor version.
func (r *records) complete(ctx context.Context, target *upgrade.Target) (err error) {
	if r.update.Spec.Target != nil || r.update.Spec.Scaling != nil || r.update.Spec.RollbackOf != "" || r.update.Status.Resolved != nil {
		return nil
	}
	target.Version, err = r.version(ctx)
	return err
}

func (r *records) SaveLedger(ctx context.Context, record upgrade.Record) (upgrade.Record, error) {
	if r.group == nil || r.group.ResourceVersion != record.LedgerVersion {
		return record, fmt.Errorf("write the ledger of node group %s: %w", record.Update.NodeGroup, upgrade.ErrConflict)
	}
	group := r.group.DeepCopy()
	fromLedger(record.Ledger, &group.Status)
	group.Status.Update, group.Status.ClusterUID = record.Update.Name, cmp.Or(group.Status.ClusterUID, r.cluster)
	setGroupConditions(group, record)
	if err := r.live.Status().Update(ctx, group); err != nil {
		return record, r.forget(explain(err, "update nodegroups/%s/status", group.Name))
	}
	if group.Status.AutoScalingGroupARN != record.Ledger.ARN {
		return record, r.forget(fmt.Errorf("the ledger of node group %s is not kept whole: the resource definitions in the cluster are older than this Nodelift; apply the newer ones, which 'nodelift install' prints", group.Name))
	}
	r.group = group
	record.Ledger, record.LedgerVersion = toLedger(group.Status), group.ResourceVersion
	return record, nil
}

func (r *records) SaveRun(ctx context.Context, record upgrade.Record) (upgrade.Record, error) {
	if r.update == nil || r.update.ResourceVersion != record.RunVersion {
		return record, fmt.Errorf("write update %s: %w", record.Update.Name, upgrade.ErrConflict)
	}
	update := r.update.DeepCopy()
	status := fromRun(record.Run)
	status.Conditions = update.Status.Conditions
	update.Status = status
	describe(update, record)
	if err := r.live.Status().Update(ctx, update); err != nil {
		return record, r.forget(explain(err, "update nodegroupupdates/%s/status", update.Name))
	}
	r.update = update
	record.Run, record.RunVersion = toRun(update.Status), update.ResourceVersion
	return record, nil
}

// forget makes sure that after an error (the request may have been carried out
// nevertheless) nothing is written before it is read again.
func (r *records) forget(err error) error {
	r.update, r.group = nil, nil
	return err
}

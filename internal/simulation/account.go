package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	ownAccount   = "111122223333"
	otherAccount = "444455556666"
	region       = "us-west-2"
)

// credentials are those that the engine's calls to AWS are made with.
type credentials struct {
	account string
	// sameName is what another account has under the group's name, nil for nothing.
	sameName *upgrade.Group
}

// groupARN is the ARN of the nth group that was made under a name.
func groupARN(account, name string, made int) string {
	return fmt.Sprintf("arn:aws:autoscaling:%s:%s:autoScalingGroup:00000000-0000-4000-8000-%012d:autoScalingGroupName/%s",
		region, account, made, name)
}

// UseOtherAccount has the calls to AWS made with the credentials of another account from now on, as
// when somebody logs in to it. That account may have a group of the same name, with instances of its
// own that are no nodes of this cluster.
func (w *World) UseOtherAccount(hasGroup bool) {
	w.credentials = credentials{account: otherAccount}
	if hasGroup {
		w.credentials.sameName = w.sameNameElsewhere()
	}
	w.tell("the AWS credentials are now those of another account, %s (has a group of this name: %t)", otherAccount, hasGroup)
}

// UseOwnAccount has the calls to AWS made with the credentials of the group's account again.
func (w *World) UseOwnAccount() {
	w.credentials, w.observer.resumedAt = credentials{account: ownAccount}, w.now
	w.tell("the AWS credentials are those of the group's account again")
}

func (w *World) sameNameElsewhere() *upgrade.Group {
	name := w.config.Update.Group
	g := &upgrade.Group{
		Name: name, ARN: groupARN(otherAccount, name, 1), Min: 1, Size: upgrade.Size{Max: 9, Desired: 6},
		Zones:    slices.Clone(w.config.Zones),
		Template: upgrade.TemplateRef{ID: "lt-0e15e", Name: name, Version: "1"},
	}
	for i := range g.Size.Desired {
		g.Instances = append(g.Instances, upgrade.Instance{
			ID: fmt.Sprintf("i-e15e%013x", i), Zone: g.Zones[i%len(g.Zones)], Lifecycle: upgrade.InService,
			Image: "ami-e15e", Template: upgrade.TemplateVersion{ID: "lt-0e15e", Number: 1, Image: "ami-e15e"},
			Launched: Beginning().AddDate(0, -1, 0),
		})
	}
	return g
}

// arrive is called when a call of the engine arrives at AWS. In another account nothing of the group
// exists, and nothing may be changed.
func (w *World) arrive(ctx context.Context, method string, write bool) error {
	if !isOfCloud(method) {
		return nil
	}
	if err := upgrade.UseCredentials(ctx, w.credentials.account); err != nil {
		return err
	}
	if w.credentials.account == ownAccount || method == "Groups.Group" || method == "Identity.Caller" {
		return nil
	}
	if write {
		w.observer.violated(3, "%s is called in account %s, where the group is not", method, w.credentials.account)
	}
	return fmt.Errorf("%s in account %s: %w", method, w.credentials.account, upgrade.ErrNotFound)
}

func isOfCloud(method string) bool {
	role, _, _ := strings.Cut(method, ".")
	return slices.Contains([]string{"Groups", "Identity", "Templates", "Images"}, role)
}

// identities is what an engine sees of STS.
type identities struct{ w *World }

func (i identities) Caller(ctx context.Context) (upgrade.Caller, error) {
	return read(ctx, i.w, "Identity.Caller", func() (upgrade.Caller, error) {
		account := i.w.credentials.account
		return upgrade.Caller{
			ARN:     "arn:aws:sts::" + account + ":assumed-role/upgrades/ann",
			Account: upgrade.Account{Partition: "aws", ID: account, Region: region},
		}, nil
	})
}

// DeleteGroup has somebody delete the group with all its instances.
func (w *World) DeleteGroup() {
	w.tell("somebody deletes the group")
	w.cloud.deleted = true
	w.loseInstances()
}

// HideGroup has AWS not find the group for a time.
func (w *World) HideGroup(length time.Duration) {
	w.tell("AWS does not find the group for %s", length)
	w.cloud.hiddenUntil = w.now.Add(length)
}

// RemakeGroup has somebody delete the group with all its instances and make it again, as it was
// before the update.
func (w *World) RemakeGroup() {
	w.tell("somebody deletes the group and makes it again")
	c := w.cloud
	c.made++
	c.min, c.size = w.config.Min, upgrade.Size{Max: w.config.Max, Desired: w.config.Nodes}
	c.suspended, c.previous = slices.Clone(w.config.Suspended), nil
	c.template.ref = newTemplate(w.config).ref
	w.observer.groupRemade()
	w.loseInstances()
}

func (w *World) loseInstances() {
	w.observer.podsRemovedByOthers, w.observer.zonesChangedByOthers = true, true
	for _, i := range slices.Clone(w.cloud.instances) {
		w.cloud.removedByOthers[i.ID] = true
		w.cloud.terminate(i)
	}
	w.cloud.reconcileSoon()
}

// UnnoteGroup has the ledger be one from before the group was noted in it.
func (w *World) UnnoteGroup() {
	w.records.ledger.now.ARN = ""
	w.records.ledger.version++
}

// Waits returns what the update says that it waits for.
func (w *World) Waits() []string {
	var said []string
	for _, wait := range w.records.run.now.Waits {
		said = append(said, wait.Message)
	}
	return said
}

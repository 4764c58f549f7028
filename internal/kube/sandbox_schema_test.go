package kube

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// object makes an object of a kind with a spec in YAML's flow style.
func object(t *testing.T, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	made := &unstructured.Unstructured{}
	text := "apiVersion: " + v1alpha1.GroupVersion().String() + "\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec
	if err := yaml.Unmarshal([]byte(text), &made.Object); err != nil {
		t.Fatal(err)
	}
	return made
}

func testSchema(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	for _, tc := range []struct{ kind, spec, want string }{
		{"NodeGroupUpdate", `{nodeGroup: a}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {version: "1.37"}, strategy: DEFAULT, maxUnavailable: 25%, drainTimeout: 1h30m, cordonWait: 0s, autoscaler: ignore}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {launchTemplateVersion: $Latest}, maxUnavailable: 100}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {}}`, "exactly one of version"},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {version: "1.37", imageID: ami-1}}`, "exactly one of version"},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {version: v1.37}}`, "such as 1.37"},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {imageID: i-123}}`, "such as ami-"},
		{"NodeGroupUpdate", `{nodeGroup: a, target: {launchTemplateVersion: latest}}`, "a number, $Latest or $Default"},
		{"NodeGroupUpdate", `{nodeGroup: a, strategy: MINIMAL, nodeOrder: Zone}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, strategy: LEAN, nodeOrder: Oldest}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, strategy: minimal}`, "is DEFAULT, MINIMAL or LEAN"},
		{"NodeGroupUpdate", `{nodeGroup: a, nodeOrder: Newest}`, "is Random, Oldest, Zone or FewestPods"},
		{"NodeGroupUpdate", `{nodeGroup: a, strategy: LEAN, nodeOrder: Zone}`, "evenly from the zones"},
		{"NodeGroupUpdate", `{nodeGroup: a, autoscaler: kill}`, "suspend, annotate or ignore"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: 0}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: 101}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: -1}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: 0%}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: 101%}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnavailable: abc}`, "from 1 to 100 or a percentage"},
		{"NodeGroupUpdate", `{nodeGroup: a, drainTimeout: soon}`, "drainTimeout is a time such as"},
		{"NodeGroupUpdate", `{nodeGroup: a, drainTimeout: 0s}`, "drainTimeout is a time such as"},
		{"NodeGroupUpdate", `{nodeGroup: a, joinTimeout: 99999999999h}`, "joinTimeout"},
		{"NodeGroupUpdate", `{nodeGroup: a, minReady: -10s}`, "minReady is a time such as"},
		{"NodeGroupUpdate", `{nodeGroup: a, rollbackOf: a-1, rollbackOnFailure: false}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, rollbackOf: a-1, target: {version: "1.37"}}`, "so target must not be set"},
		{"NodeGroupUpdate", `{nodeGroup: a, paused: true, pausedUntil: "2026-12-01T06:00:00Z"}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, pausedUntil: "2026-12-01T06:00:00Z"}`, "pausedUntil requires paused: true"},
		{"NodeGroupUpdate", `{nodeGroup: a, restoreTemplate: true}`, "restoreTemplate requires cancelled: true"},
		{"NodeGroupUpdate", `{nodeGroup: a, cancelled: true, restoreTemplate: true}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, onDrainTimeout: quarantine, rollbackOnFailure: true}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, onDrainTimeout: ignore}`, "fail, quarantine or force"},
		{"NodeGroupUpdate", `{nodeGroup: a, onDrainTimeout: quarantine, force: true}`, "force: true requires onDrainTimeout: force"},
		{"NodeGroupUpdate", `{nodeGroup: a, onDrainTimeout: force, force: true}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, canary: {nodes: 1, soak: 1h}, soak: 5m}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, canary: {nodes: 0}}`, "from 1 to 100"},
		{"NodeGroupUpdate", `{nodeGroup: a, canary: {nodes: 1, soak: 0s}}`, "canary.soak is a time"},
		{"NodeGroupUpdate", `{nodeGroup: a, soak: a while}`, "soak is a time"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnreadyPods: 0, onBadHealth: rollback, badHealthAfter: 5m, acceptedStops: 2}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnreadyPods: 5%}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnreadyPods: -1}`, "maxUnreadyPods is a number of pods"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnreadyPods: 101%}`, "maxUnreadyPods is a number of pods"},
		{"NodeGroupUpdate", `{nodeGroup: a, maxUnreadyPods: few}`, "maxUnreadyPods is a number of pods"},
		{"NodeGroupUpdate", `{nodeGroup: a, onBadHealth: ignore}`, "onBadHealth is pause, cancel or rollback"},
		{"NodeGroupUpdate", `{nodeGroup: a, badHealthAfter: 0s}`, "badHealthAfter is a time"},
		{"NodeGroupUpdate", `{nodeGroup: a, acceptedStops: -1}`, "acceptedStops"},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, maxUnreadyPods: 10%, onBadHealth: pause}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, onDrainTimeout: quarantine, maxUnavailable: 2}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {minSize: 0, maxSize: 5, desiredSize: 0}}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {}}`, "at least one of minSize, maxSize and desiredSize"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: -1}}`, "desiredSize is a number of nodes, 0 or more"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {minSize: 4, desiredSize: 3}}`, "desiredSize cannot be less than minSize"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {maxSize: 2, desiredSize: 3}}`, "desiredSize cannot be more than maxSize"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {minSize: 4, maxSize: 3}}`, "minSize cannot be more than maxSize"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, target: {version: "1.37"}}`, "scaling changes only sizes"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, strategy: LEAN}`, "strategy, nodeOrder, canary"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, maxUnreadyPods: 0, onBadHealth: cancel}`, ""},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, onBadHealth: rollback}`, "so onBadHealth must be pause or cancel"},
		{"NodeGroupUpdate", `{nodeGroup: a, scaling: {desiredSize: 3}, cancelled: true, restoreTemplate: true}`, "scaling does not change the launch template"},
		{"NodeGroupUpdate", `{}`, "nodeGroup"},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, updateConfig: {maxUnavailablePercentage: 33}}`, ""},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, updateConfig: {maxUnavailable: 1, maxUnavailablePercentage: 33}}`, "not both"},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, updateConfig: {maxUnavailable: 0}}`, "from 1 to 100"},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, updateConfig: {updateStrategy: LEAN}, nodeOrder: FewestPods}`, ""},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, updateConfig: {updateStrategy: LEAN}, nodeOrder: Zone}`, "evenly from the zones"},
		{"NodeGroup", `{autoScalingGroup: workers, region: us-west-2, cordonWait: 1d}`, "cordonWait is a time such as"},
		{"NodeGroup", `{region: us-west-2}`, "autoScalingGroup"},
	} {
		err := c.live.Create(ctx, object(t, tc.kind, "schema", tc.spec), client.DryRunAll)
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s %s: %v, want %q", tc.kind, tc.spec, err, tc.want)
		}
	}
	testImmutable(t, c)
	testStatuses(t, c)
}

// A status that is edited by hand is refused where it cannot be.
func testStatuses(t *testing.T, c *Cluster) {
	t.Helper()
	ctx := within(t)
	update := object(t, "NodeGroupUpdate", "statuses", `{nodeGroup: a}`)
	group := object(t, "NodeGroup", "statuses", `{autoScalingGroup: workers, region: us-west-2}`)
	createAll(ctx, t, c, update, group)
	for _, tc := range []struct {
		object      client.Object
		patch, want string
	}{
		{update, `{"status":{"phase":"Upgrade","status":"InProgress"}}`, ""},
		{update, `{"status":{"phase":"Upgrading"}}`, "a phase is Setup, ScaleUp, Upgrade, ScaleDown or Done"},
		{update, `{"status":{"status":"Good"}}`, "a status is InProgress"},
		{update, `{"status":{"verdict":{"status":"Good"}}}`, "a status is InProgress"},
		{update, `{"status":{"settings":{"strategy":"FAST"}}}`, "a strategy is DEFAULT, MINIMAL or LEAN"},
		{group, `{"status":{"ledger":{"sizes":{"user":{"max":3,"desired":3},"expected":{"max":4,"desired":4}}}}}`, ""},
		{group, `{"status":{"ledger":{"sizes":{"user":{"max":3,"desired":-1}}}}}`, "desired must be 0 or more"},
		{group, `{"status":{"ledger":{"sizes":{"user":{"max":3,"desired":4}}}}}`, "max no less than desired"},
	} {
		err := c.live.Status().Patch(ctx, tc.object, client.RawPatch(types.MergePatchType, []byte(tc.patch)))
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.patch, err, tc.want)
		}
	}
}

func testImmutable(t *testing.T, c *Cluster) {
	t.Helper()
	ctx := within(t)
	update := object(t, "NodeGroupUpdate", "immutable", `{nodeGroup: a}`)
	group := object(t, "NodeGroup", "immutable", `{autoScalingGroup: workers, region: us-west-2}`)
	createAll(ctx, t, c, update, group)
	for _, tc := range []struct {
		object      client.Object
		patch, want string
	}{
		{update, `{"spec":{"paused":true,"drainTimeout":"1h"}}`, ""},
		{update, `{"spec":{"nodeGroup":"b"}}`, "create another update"},
		{update, `{"spec":{"target":{"version":"1.37"}}}`, ""}, // filled in once
		{update, `{"spec":{"target":{"version":"1.36"}}}`, "target cannot be changed"},
		{update, `{"spec":{"target":null}}`, "target cannot be changed"},
		{update, `{"spec":{"target":null,"rollbackOf":"a-1"}}`, "rollbackOf cannot be changed"},
		{update, `{"spec":{"target":null,"scaling":{"desiredSize":3}}}`, "scaling cannot be changed"},
		{update, `{"spec":{"cancelled":true}}`, ""},
		{update, `{"spec":{"cancelled":false}}`, "stays cancelled"},
		{update, `{"spec":{"cancelled":null}}`, "stays cancelled"},
		{group, `{"spec":{"region":"eu-west-1"}}`, "region cannot be changed"},
		{group, `{"spec":{"autoScalingGroup":"others"}}`, "autoScalingGroup cannot be changed"},
		{group, `{"spec":{"drainTimeout":"1h"}}`, ""},
	} {
		err := c.live.Patch(ctx, tc.object, client.RawPatch(types.MergePatchType, []byte(tc.patch)))
		if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.patch, err, tc.want)
		}
	}
}

// createAll creates objects and deletes them at the end of the test.
func createAll(ctx context.Context, t *testing.T, c *Cluster, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.live.Create(ctx, object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.live.Delete(context.WithoutCancel(ctx), object) })
	}
}

package cli

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// options are those that a line gives.
func options(t *testing.T, line ...string) *upgradeOptions {
	t.Helper()
	o, flags := newUpgradeOptions(false)
	if err := flags.Parse(line); err != nil {
		t.Fatal(err)
	}
	if err := o.complete(flags); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		line []string
		want v1alpha1.NodeGroupUpdateSpec
	}{
		"what is not given is the node group's": {nil, v1alpha1.NodeGroupUpdateSpec{}},
		"everything": {
			[]string{
				"--max-unavailable", "25%", "--force", "--drain-timeout", "20m", "--join-timeout", "10m",
				"--cordon-wait", "0s", "--min-ready", "1s", "--autoscaler", "ignore",
				"--max-unready-pods", "5%", "--on-bad-health", "rollback", "--bad-health-after", "5m",
			},
			v1alpha1.NodeGroupUpdateSpec{
				MaxUnavailable: ptr.To(intstr.FromString("25%")), Force: true,
				Settings: v1alpha1.Settings{
					DrainTimeout: &metav1.Duration{Duration: 20 * 60e9}, JoinTimeout: &metav1.Duration{Duration: 10 * 60e9},
					CordonWait: &metav1.Duration{}, MinReady: &metav1.Duration{Duration: 1e9}, Autoscaler: v1alpha1.AutoscalerIgnore,
					HealthSettings: v1alpha1.HealthSettings{
						MaxUnreadyPods: ptr.To(intstr.FromString("5%")), OnBadHealth: v1alpha1.OnBadHealthRollback, BadHealthAfter: &metav1.Duration{Duration: 5 * 60e9},
					},
				},
			},
		},
		"a number":                {[]string{"--max-unavailable", "3"}, v1alpha1.NodeGroupUpdateSpec{MaxUnavailable: ptr.To(intstr.FromInt32(3))}},
		"no pod at all":           {[]string{"--max-unready-pods", "0"}, v1alpha1.NodeGroupUpdateSpec{Settings: v1alpha1.Settings{HealthSettings: v1alpha1.HealthSettings{MaxUnreadyPods: ptr.To(intstr.FromInt32(0))}}}},
		"eksctl's word for force": {[]string{"--force-upgrade"}, v1alpha1.NodeGroupUpdateSpec{Force: true}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, append([]string{"--cluster", "c", "--name", "n"}, tc.line...)...)
			tc.want.NodeGroup, tc.want.Target = "n-1234", &v1alpha1.Target{Version: "1.37"}
			got := o.Update("n-1234", upgrade.Target{Version: "1.37"}).Spec
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A started update means the same after a restart.
func TestTargetComesBack(t *testing.T) {
	want := upgrade.Target{Version: "1.37", Release: "1.62.0-7d1e94b2", Image: "ami-1", TemplateVersion: "3", Family: "Bottlerocket"}
	o := options(t, "--cluster", "c", "--name", "n")
	if got := kube.Target(o.Update("n-1234", want).Spec.Target); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		line   []string
		target upgrade.Target
		want   string
	}{
		"names the target that it came to": {
			nil, upgrade.Target{Version: "1.37"},
			"nodelift upgrade nodegroup --cluster c --name n --kubernetes-version 1.37",
		},
		"keeps what was given, but not the time to wait": {
			[]string{"--yes", "--timeout", "5m", "--launch-template-version", "$Latest", "--max-unavailable", "25%", "--context", "my cluster"},
			upgrade.Target{TemplateVersion: "$Latest"},
			"nodelift upgrade nodegroup --cluster c --name n --context 'my cluster' --launch-template-version '$Latest' --max-unavailable 25% --yes",
		},
		"keeps the family": {
			[]string{"--ami-family", "Bottlerocket"}, upgrade.Target{Version: "1.37", Family: "Bottlerocket"},
			"nodelift upgrade nodegroup --cluster c --name n --ami-family Bottlerocket --kubernetes-version 1.37",
		},
		"goes on with the target that is there, not the one that was asked for": {
			[]string{"--kubernetes-version", "1.36"}, upgrade.Target{Image: "ami-0123456789abcdef0"},
			"nodelift upgrade nodegroup --cluster c --name n --image-id ami-0123456789abcdef0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, append([]string{"--cluster", "c", "--name", "n"}, tc.line...)...)
			if got := o.CommandLine(tc.target); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestAgainForSeveralGroups(t *testing.T) {
	o, flags := newUpgradeOptions(true)
	line := []string{"--cluster", "c", "--selector", "team=shop floor,stage=prod", "--parallel-groups", "2", "--keep-going", "--yes"}
	if err := errors.Join(flags.Parse(line), o.complete(flags)); err != nil {
		t.Fatal(err)
	}
	want := "nodelift upgrade nodegroups --cluster c --keep-going --kubernetes-version 1.37 --parallel-groups 2 --selector 'stage=prod,team=shop floor' --yes"
	if got := o.CommandLine(upgrade.Target{Version: "1.37"}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "nodelift upgrade nodegroup --cluster c --name batch --kubernetes-version 1.36 --yes"
	if got := o.ForOne("batch").CommandLine(upgrade.Target{Version: "1.36"}); got != want {
		t.Errorf("of one of them: got  %s\nwant %s", got, want)
	}
}

func TestSelectorChooses(t *testing.T) {
	tags := map[string]string{"team": "shop", "stage": "prod", "empty": ""}
	for text, want := range map[string]bool{
		"team=shop": true, "team=shop,stage=prod": true, " team=shop , stage=prod": true, "empty=": true,
		"team=other": false, "team=shop,stage=test": false, "none=": false,
	} {
		s, err := parseSelector(text)
		if err != nil || s.Chooses(tags) != want {
			t.Errorf("%q: %v, %v", text, s.Chooses(tags), err)
		}
	}
}

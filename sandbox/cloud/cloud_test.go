package cloud

import (
	"context"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewGroup(t *testing.T) {
	for name, test := range map[string]struct{ nodes, min int }{"some": {3, 1}, "none": {0, 0}} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, Config{Cluster: "c", NodeGroups: []string{"n"}, Nodes: test.nodes, Zones: Zones(3), KubernetesVersion: "1.36", AMIFamily: "AmazonLinux2023", Arch: "x86_64"})
			c.Step(time.Now())
			c.Step(time.Now().Add(time.Minute))
			sizes, err := GroupSizes(t.Context(), c.Endpoint(), c.Groups[0])
			if err != nil {
				t.Fatal(err)
			}
			got := []int{sizes.Min, sizes.Desired, sizes.Max, sizes.InService()}
			if diff := cmp.Diff([]int{test.min, test.nodes, test.nodes, test.nodes}, got); diff != "" {
				t.Errorf("minimum, desired, maximum, in service (-want +got):\n%s", diff)
			}
		})
	}
}

// Several groups are alike except for their names.
func TestSeveralGroups(t *testing.T) {
	c := serve(t, Config{Cluster: "c", NodeGroups: []string{"n", "n-2"}, Nodes: 1, Zones: Zones(1), KubernetesVersion: "1.36", AMIFamily: "AmazonLinux2023", Arch: "x86_64"})
	c.Step(time.Now())
	var got []string
	for _, i := range c.Instances() {
		got = append(got, i.Tags["alpha.eksctl.io/nodegroup-name"]+" "+i.Group)
	}
	slices.Sort(got)
	if want := []string{"n " + c.Groups[0], "n-2 " + c.Groups[1]}; !slices.Equal(got, want) {
		t.Errorf("instances of %v, want %v", got, want)
	}
}

func TestQueryRepeatsAWS(t *testing.T) {
	c := serve(t, Config{Cluster: "c", NodeGroups: []string{"n"}, Zones: Zones(1), KubernetesVersion: "1.36", AMIFamily: "AmazonLinux2023", Arch: "x86_64"})
	_, err := Query(t.Context(), c.Endpoint(), "autoscaling", url.Values{"Action": {"TerminateInstanceInAutoScalingGroup"}, "InstanceId": {"i-1"}, "ShouldDecrementDesiredCapacity": {"true"}})
	if err == nil || !strings.Contains(err.Error(), "ValidationError") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownVersion(t *testing.T) {
	_, err := New(Config{Cluster: "c", NodeGroups: []string{"n"}, Zones: Zones(1), KubernetesVersion: "1.12", AMIFamily: "AmazonLinux2023", Arch: "x86_64"})
	if err == nil || !strings.Contains(err.Error(), "1.34, 1.35, 1.36, 1.37") {
		t.Errorf("got %v", err)
	}
}

func TestGroupOfAnotherFamily(t *testing.T) {
	c := serve(t, Config{Cluster: "c", NodeGroups: []string{"n"}, Nodes: 1, Zones: Zones(1), KubernetesVersion: "1.36", AMIFamily: "Bottlerocket", Arch: "arm64"})
	c.Step(time.Now())
	machine := c.Instances()[0]
	image, _ := c.Image(machine.ImageID)
	if machine.Type != "m6g.xlarge" || image.Name != "bottlerocket-aws-k8s-1.36-aarch64-v1.62.0-7d1e94b2" {
		t.Errorf("a %s of %s", machine.Type, image.Name)
	}
	data, err := base64.StdEncoding.DecodeString(machine.UserData)
	if err != nil || !strings.Contains(string(data), `cluster-name = "c"`) {
		t.Errorf("user data %s, %v", data, err)
	}
	_, err = New(Config{Cluster: "c", NodeGroups: []string{"n"}, Zones: Zones(1), KubernetesVersion: "1.36", AMIFamily: "WindowsServer2022CoreContainer", Arch: "arm64"})
	if err == nil || !strings.Contains(err.Error(), "AmazonLinux2023, Bottlerocket, Ubuntu2204, Ubuntu2404, Ubuntu2604, UbuntuPro2204, UbuntuPro2404, UbuntuPro2604") {
		t.Errorf("Windows for arm64: %v", err)
	}
}

func TestZones(t *testing.T) {
	if got := Zones(4); !slices.Equal(got, []string{"us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"}) {
		t.Errorf("got %v", got)
	}
}

// serve runs a cloud whose time the test sets.
func serve(t *testing.T, conf Config) *Cloud {
	t.Helper()
	c, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return c
}

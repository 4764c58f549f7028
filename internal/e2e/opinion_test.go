//go:build opinion

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A group on moto, an AWS that somebody else has written, is upgraded and ends as one of the sandbox does.
// moto has no instance refreshes, and its launches leave no activities.
func TestSecondOpinion(t *testing.T) {
	w := newWorld(t, "--nodes", "0", "--zones", "1")
	m := w.moto()
	r := m.nodelift(upgrade("--name", "nodes", "--image-id", m.images[1])...)
	r.has(t, 0, "Successful after", "instance refreshes: the AWS at this endpoint does not have the call")
	m.nodesRun(3, "v1.37.")
	m.sizesAre(3, 3)
	if suspended := m.describe().SuspendedProcesses; len(suspended) > 0 {
		t.Errorf("processes are still suspended: %v", suspended)
	}
	for _, node := range m.nodes() {
		m.hasNoMarks(node)
	}
	if groups := m.nodeGroups(); len(groups) != 1 || groups[0].Status.Ledger != nil {
		t.Errorf("node groups: %+v", groups)
	}
	if said, is := regexp.MustCompile(`Instances launched +(\d+)`).FindStringSubmatch(r.out), m.launched(); said == nil || said[1] != fmt.Sprint(is) {
		t.Errorf("the summary says %v launched, moto %d\n%s", said, is, r.out)
	}
}

// moto is a world with moto in the place of the sandbox's AWS, and kubelets for its instances.
type moto struct {
	*world
	compute *ec2.Client
	images  []string // of 1.36 and 1.37
}

// moto starts moto's server and makes a group of three on it.
func (w *world) moto() moto {
	w.t.Helper()
	m := moto{world: w.with(w.t.(*testing.T))}
	m.aws = w.startMoto()
	m.env = append(slices.Clone(w.env), "AWS_ENDPOINT_URL="+m.aws)
	keys := credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")
	m.scaling = autoscaling.New(autoscaling.Options{Region: "us-west-2", BaseEndpoint: &m.aws, Credentials: keys})
	m.compute = ec2.New(ec2.Options{Region: "us-west-2", BaseEndpoint: &m.aws, Credentials: keys})
	w.eventually("moto answers", func() bool {
		_, err := m.compute.DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
		return err == nil
	})
	m.makeGroup()
	go m.kubelets(w.ctx())
	w.eventually("the nodes are Ready", func() bool {
		nodes := m.nodes()
		return len(nodes) == 3 && !slices.ContainsFunc(nodes, func(n corev1.Node) bool { return !isReady(n) })
	})
	return m
}

func (w *world) startMoto() string {
	w.t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		w.t.Fatalf("this test needs moto: pip install 'moto[ec2,autoscaling,server]' (%v)", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	w.check(err)
	_, port, _ := net.SplitHostPort(free.Addr().String())
	w.check(free.Close())
	server := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	w.check(server.Start())
	w.t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	return "http://127.0.0.1:" + port
}

func (m *moto) makeGroup() {
	m.t.Helper()
	images, err := m.compute.DescribeImages(m.ctx(), &ec2.DescribeImagesInput{
		Owners: []string{"amazon"}, Filters: []ec2types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}},
	})
	m.check(err)
	for _, i := range images.Images {
		if i.Platform == "" && len(m.images) < 2 {
			m.images = append(m.images, *i.ImageId)
		}
	}
	template, err := m.compute.CreateLaunchTemplate(m.ctx(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("nodes"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: &m.images[0], InstanceType: "m5.xlarge"},
	})
	m.check(err)
	subnets, err := m.compute.DescribeSubnets(m.ctx(), &ec2.DescribeSubnetsInput{})
	m.check(err)
	m.group = "nodes"
	_, err = m.scaling.CreateAutoScalingGroup(m.ctx(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &m.group, MinSize: aws.Int32(1), MaxSize: aws.Int32(3), DesiredCapacity: aws.Int32(3),
		LaunchTemplate:    &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, Version: aws.String("1")},
		VPCZoneIdentifier: subnets.Subnets[0].SubnetId,
		Tags: []asgtypes.Tag{{Key: aws.String("kubernetes.io/cluster/" + cluster), Value: aws.String("owned"), PropagateAtLaunch: aws.Bool(true),
			ResourceId: &m.group, ResourceType: aws.String("auto-scaling-group")}},
	})
	m.check(err)
}

// launched counts the instances of the new image.
func (m *moto) launched() (n int) {
	m.t.Helper()
	out, err := m.compute.DescribeInstances(m.ctx(), &ec2.DescribeInstancesInput{})
	m.check(err)
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if *i.ImageId == m.images[1] {
				n++
			}
		}
	}
	return n
}

// kubelets registers a Node for each instance that runs, and removes those of the others.
func (m *moto) kubelets(ctx context.Context) {
	for tick := time.Tick(300 * time.Millisecond); ctx.Err() == nil; <-tick {
		out, err := m.compute.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
		if err != nil {
			continue
		}
		for _, r := range out.Reservations {
			for _, i := range r.Instances {
				m.settle(ctx, i)
			}
		}
	}
}

func (m *moto) settle(ctx context.Context, i ec2types.Instance) {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: strings.ToLower(*i.InstanceId)}}
	if i.State.Name != ec2types.InstanceStateNameRunning {
		_ = client.IgnoreNotFound(m.kube.Delete(ctx, node))
		return
	}
	zone := aws.ToString(i.Placement.AvailabilityZone)
	node.Labels = map[string]string{corev1.LabelTopologyZone: zone, corev1.LabelArchStable: "amd64", corev1.LabelOSStable: "linux"}
	node.Spec.ProviderID = "aws:///" + zone + "/" + *i.InstanceId
	version := map[bool]string{true: "v1.37.1", false: "v1.36.2"}[*i.ImageId == m.images[1]]
	node.Status.NodeInfo = corev1.NodeSystemInfo{KubeletVersion: version, OSImage: "Linux", OperatingSystem: "linux", Architecture: "amd64"}
	if err := m.kube.Create(ctx, node); err != nil && !apierrors.IsAlreadyExists(err) && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "register a node:", err)
	}
}

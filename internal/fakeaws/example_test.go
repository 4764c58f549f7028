package fakeaws_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// A test creates a cloud, sets its clock and calls it with the SDK.
func Example() {
	now := time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC)
	cloud := fakeaws.New(fakeaws.Config{Boot: time.Minute, Clock: func() time.Time { return now }})
	server := httptest.NewServer(cloud.Handler())
	defer server.Close()

	image, _ := cloud.LatestImage("1.36", "x86_64")
	template, err := cloud.CreateLaunchTemplate(fakeaws.TemplateSpec{Name: "nodes", ImageID: image.ID, InstanceType: "m5.xlarge"})
	if err != nil {
		panic(err)
	}
	err = cloud.CreateGroup(fakeaws.GroupSpec{
		Name: "nodes", MaxSize: 3, DesiredCapacity: 1, Zones: []string{"us-west-2a"}, LaunchTemplateID: template.ID,
	})
	if err != nil {
		panic(err)
	}

	groups := autoscaling.New(autoscaling.Options{
		Region: cloud.Region(), BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	for range 3 {
		cloud.Step(now)
		out, err := groups.DescribeAutoScalingGroups(context.Background(), &autoscaling.DescribeAutoScalingGroupsInput{})
		if err != nil {
			panic(err)
		}
		fmt.Println(out.AutoScalingGroups[0].Instances[0].LifecycleState)
		now = now.Add(30 * time.Second)
	}
	// Output:
	// Pending
	// Pending
	// InService
}

package cloud

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ControlKey is the access key of the sandbox's own calls.
const ControlKey = "NODELIFTSANDBOX00000"

// Sizes are a group's three sizes and how many of its instances are in service.
type Sizes struct {
	Min       int `xml:"MinSize"`
	Max       int `xml:"MaxSize"`
	Desired   int `xml:"DesiredCapacity"`
	Instances []struct {
		State string `xml:"LifecycleState"`
	} `xml:"Instances>member"`
}

// InService counts the instances that the group counts.
func (s Sizes) InService() int {
	n := 0
	for _, instance := range s.Instances {
		if instance.State == "InService" {
			n++
		}
	}
	return n
}

// GroupSizes reads the sizes of a group from the AWS at an endpoint.
func GroupSizes(ctx context.Context, endpoint, group string) (Sizes, error) {
	body, err := Query(ctx, endpoint, "autoscaling", url.Values{
		"Action":                         {"DescribeAutoScalingGroups"},
		"AutoScalingGroupNames.member.1": {group},
	})
	if err != nil {
		return Sizes{}, err
	}
	var answer struct {
		Groups []Sizes `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		return Sizes{}, fmt.Errorf("read the answer about group %s: %w", group, err)
	}
	if len(answer.Groups) != 1 {
		return Sizes{}, fmt.Errorf("there is no group %s", group)
	}
	return answer.Groups[0], nil
}

// apiVersions are the API versions of the services with AWS's query protocol.
var apiVersions = map[string]string{"ec2": "2016-11-15", "autoscaling": "2011-01-01"}

// Query makes one call in AWS's query protocol and returns the body of the
// answer. An answer other than 200 is an error that quotes it. The sandbox does
// not check signatures, so the call has none.
func Query(ctx context.Context, endpoint, service string, params url.Values) ([]byte, error) {
	params.Set("Version", apiVersions[service])
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", strings.NewReader(params.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", fmt.Sprintf(
		"AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=host, Signature=0",
		ControlKey, time.Now().UTC().Format("20060102"), Region, service))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", service, params.Get("Action"), response.Status, body)
	}
	return body, err
}

package fakeaws

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func signed(region, service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKIDTEST/20260920/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

// Requests that the SDK would not send, and their answers.
func TestRequestsThatAreNotServed(t *testing.T) {
	const describeGroups = "Action=DescribeAutoScalingGroups&Version=2011-01-01"
	for name, row := range map[string]struct {
		authorization, target, path, body string
		status                            int
		says                              string
	}{
		"Auto Scaling refuses a request without signature": {"", "", "/", describeGroups, 403, "<Code>MissingAuthenticationToken</Code>"},
		"EC2 refuses a request without signature":          {"", "", "/", "Action=DescribeInstances&Version=2016-11-15", 403, "<Response><Errors><Error><Code>MissingAuthenticationToken</Code>"},
		"SSM refuses a request without signature":          {"", "AmazonSSM.GetParameter", "/", "{}", 403, `"__type":"MissingAuthenticationToken"`},
		"an incomplete signature is refused":               {"AWS4-HMAC-SHA256 Credential=AKIDTEST/20260920/us-west-2", "", "/", describeGroups, 400, "<Code>IncompleteSignature</Code>"},
		"another kind of authorization is refused":         {"Bearer token", "", "/", describeGroups, 400, "<Code>IncompleteSignature</Code>"},
		"a signature for another region is refused":        {signed("eu-west-1", "autoscaling"), "", "/", describeGroups, 403, "<Code>SignatureDoesNotMatch</Code>"},
		"EC2 refuses an unknown action":                    {signed("us-west-2", "ec2"), "", "/", "Action=RunScheduledInstances&Version=2016-11-15", 400, "<Code>InvalidAction</Code>"},
		"Auto Scaling refuses an unknown action":           {signed("us-west-2", "autoscaling"), "", "/", "Action=EnableMetricsCollection&Version=2011-01-01", 400, "<Code>InvalidAction</Code>"},
		"SSM refuses an unknown action":                    {signed("us-west-2", "ssm"), "AmazonSSM.PutParameter", "/", "{}", 400, "UnknownOperationException"},
		"another API version is refused":                   {signed("us-west-2", "autoscaling"), "", "/", "Action=DescribeAutoScalingGroups&Version=2010-08-01", 400, "<Code>NoSuchVersion</Code>"},
		"CloudFormation is not supported":                  {signed("us-west-2", "cloudformation"), "", "/", "Action=ListStacks&Version=2010-05-15", 400, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>"},
		"EKS is not supported":                             {signed("us-west-2", "eks"), "", "/clusters", "", 404, "UnknownOperationException"},
		"an unknown parameter is refused":                  {signed("us-west-2", "autoscaling"), "", "/", describeGroups + "&Colour=blue", 400, "The parameter Colour is not recognized"},
		"a parameter of another shape is refused":          {signed("us-west-2", "autoscaling"), "", "/", describeGroups + "&AutoScalingGroupNames.first=x", 400, "AutoScalingGroupNames.first is not recognized"},
		"Auto Scaling refuses text in place of a number":   {signed("us-west-2", "autoscaling"), "", "/", describeGroups + "&MaxRecords=many", 400, "<Code>ValidationError</Code><Message>Invalid value &#39;many&#39; for MaxRecords"},
		"EC2 refuses text in place of a number":            {signed("us-west-2", "ec2"), "", "/", "Action=DescribeInstances&Version=2016-11-15&MaxResults=many", 400, "<Code>InvalidParameterValue</Code>"},
		"invalid JSON is refused":                          {signed("us-west-2", "ssm"), "AmazonSSM.GetParameter", "/", "[", 400, "SerializationException"},
		"a body that is not a form is refused":             {signed("us-west-2", "ec2"), "", "/", "%zz", 400, "MalformedQueryString"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			status, body := w.post(row.path, row.authorization, row.target, row.body)
			if status != row.status || !strings.Contains(body, row.says) {
				t.Errorf("got %d %s, want %d with %s", status, body, row.status, row.says)
			}
			calls := w.Journal()
			if len(calls) != 1 || calls[0].Error == "" {
				t.Errorf("journal: %+v, want the one refused call", calls)
			}
		})
	}
}

func (w *world) post(path, authorization, target, body string) (int, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx(), http.MethodPost, w.url+path, strings.NewReader(body))
	w.ok(err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
	}
	response, err := http.DefaultClient.Do(request)
	w.ok(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	w.ok(err)
	return response.StatusCode, string(text)
}

func TestIdentity(t *testing.T) {
	w := newWorld(t)
	out, err := w.sts.GetCallerIdentity(w.ctx(), &sts.GetCallerIdentityInput{})
	w.ok(err)
	same(t, "account", *out.Account, "123456789012")
	same(t, "arn", *out.Arn, "arn:aws:iam::123456789012:user/sandbox")
}

// Every service has its own error codes for expired credentials and missing
// permissions.
func TestAccess(t *testing.T) {
	w := newWorld(t)
	w.group(1, 1, 1)
	calls := map[string]func() error{
		"ec2:DescribeInstances": func() error {
			_, err := w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{})
			return err
		},
		"autoscaling:DescribeAutoScalingGroups": func() error {
			_, err := w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{})
			return err
		},
		"ssm:GetParameters": func() error {
			_, err := w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: []string{"/x"}})
			return err
		},
		"sts:GetCallerIdentity": func() error {
			_, err := w.sts.GetCallerIdentity(w.ctx(), &sts.GetCallerIdentityInput{})
			return err
		},
	}
	for permission, row := range map[string]struct {
		expired, denied             string
		expiredStatus, deniedStatus int
	}{
		"ec2:DescribeInstances":                 {"RequestExpired", "UnauthorizedOperation", 400, 403},
		"autoscaling:DescribeAutoScalingGroups": {"ExpiredToken", "AccessDenied", 403, 403},
		"ssm:GetParameters":                     {"ExpiredTokenException", "AccessDeniedException", 400, 400},
		"sts:GetCallerIdentity":                 {"ExpiredToken", "", 403, 0},
	} {
		t.Run(permission, func(t *testing.T) {
			w, call := w.in(t), calls[permission]
			w.ok(call())
			w.Expire("AKIDTEST")
			w.refused(call(), row.expired, row.expiredStatus, "expired")
			w.Renew("AKIDTEST")
			w.ok(call())
			w.Deny("AKIDTEST", permission)
			if row.denied == "" {
				w.ok(call())
				return
			}
			w.refused(call(), row.denied, row.deniedStatus, "not authorized to perform: "+permission)
			w.Allow("AKIDTEST", permission)
			w.ok(call())
		})
	}
	w.Deny("AKIDTEST", "ec2:DescribeInstances")
	w.as("AKIDOTHER")
	w.ok(calls["ec2:DescribeInstances"]())
}

func TestDeniedCallChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.Deny("AKIDTEST", "autoscaling:SetDesiredCapacity")
	_, err := w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(5)})
	w.refused(err, "AccessDenied", 403, "SetDesiredCapacity")
	same(t, "desired", *w.described().DesiredCapacity, 3)
	w.Deny("AKIDTEST", "ec2:TerminateInstances")
	_, err = w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{w.inService()[0].ID}, DryRun: aws.Bool(true)})
	w.refused(err, "UnauthorizedOperation", 403, "TerminateInstances")
}

func TestJournalKeepsEveryCall(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 1)
	w.setDesired(2)
	_, err := w.ssm.GetParameters(w.ctx(), &ssm.GetParametersInput{Names: []string{"/a", "/b"}})
	w.ok(err)
	w.as("AKIDOTHER")
	_, err = w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
	w.refused(err, "InvalidInstanceID.NotFound", 400, "")
	calls := w.Journal()
	if len(calls) != 3 {
		t.Fatalf("got %d calls: %+v", len(calls), calls)
	}
	same(t, "first", calls[0], Call{Time: w.clock.Now(), AccessKey: "AKIDTEST", Service: "autoscaling", Action: "SetDesiredCapacity",
		Params: map[string]string{"AutoScalingGroupName": "nodes", "DesiredCapacity": "2"}})
	same(t, "second", calls[1].Params, map[string]string{"Names.1": "/a", "Names.2": "/b"})
	same(t, "third", calls[2], Call{Time: w.clock.Now(), AccessKey: "AKIDOTHER", Service: "ec2", Action: "DescribeInstances",
		Error: "InvalidInstanceID.NotFound", Params: map[string]string{"InstanceId.1": "i-0123456789abcdef0"}})
}

func TestJournalForgetsTheOldest(t *testing.T) {
	var j journal
	for range journalLimit {
		j.add(Call{Action: "old"})
	}
	j.add(Call{Action: "new"})
	same(t, "kept", len(j.calls), journalLimit-journalLimit/10+1)
	same(t, "last", j.calls[len(j.calls)-1].Action, "new")
}

package iam

import (
	"strings"
	"testing"
)

func known() []string {
	return []string{"aws:ResourceTag/", "ec2:LaunchTemplate", "ec2:Owner", "ec2:IsLaunchTemplateResource"}
}

// statements makes a policy of the elements of its statements.
func statements(t *testing.T, all ...string) Policy {
	t.Helper()
	p, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": [{`+strings.Join(all, "}, {")+`}]}`), known())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecide(t *testing.T) {
	const anything = `"Resource": "*"`
	const template = "arn:aws:ec2:us-west-2:123456789012:launch-template/lt-1"
	run := Request{Action: "ec2:RunInstances", Resource: template, Keys: map[string]string{
		"aws:ResourceTag/team": "blue", "ec2:LaunchTemplate": template, "ec2:IsLaunchTemplateResource": "true",
	}}
	for name, tt := range map[string]struct {
		policy []string
		want   Verdict
	}{
		"what no statement allows is not allowed":    {[]string{`"Effect": "Allow", "Action": "ec2:Describe*", ` + anything}, NotAllowed},
		"an action is allowed":                       {[]string{`"Effect": "Allow", "Action": ["ec2:A", "ec2:RunInstances"], ` + anything}, Allowed},
		"case does not count in actions":             {[]string{`"Effect": "Allow", "Action": "EC2:runinstances", ` + anything}, Allowed},
		"patterns stand for actions":                 {[]string{`"Effect": "Allow", "Action": "ec2:*Inst?nces", ` + anything}, Allowed},
		"a denial beats what allows":                 {[]string{`"Effect": "Deny", "Action": "ec2:RunInstances", ` + anything, `"Effect": "Allow", "Action": "*", ` + anything}, Denied},
		"all actions but one are not that one":       {[]string{`"Effect": "Allow", "NotAction": "ec2:RunInstances", ` + anything}, NotAllowed},
		"all actions but another one are":            {[]string{`"Effect": "Allow", "NotAction": "ec2:CreateTags", ` + anything}, Allowed},
		"another resource is not allowed":            {[]string{`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:ec2:us-west-2:123456789012:launch-template/lt-2"`}, NotAllowed},
		"a pattern stands for resources":             {[]string{`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:ec2:*:launch-template/*"`}, Allowed},
		"all resources but the one are not the one":  {[]string{`"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:ec2:*:launch-template/*"`}, NotAllowed},
		"a tag has the value":                        {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringEquals": {"aws:ResourceTag/team": ["red", "blue"]}}`}, Allowed},
		"a tag has another value":                    {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}`}, NotAllowed},
		"a tag may have any value but one":           {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringNotEquals": {"aws:ResourceTag/team": "red"}}`}, Allowed},
		"a tag that is not there has no value":       {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringLike": {"aws:ResourceTag/owner": "*"}}`}, NotAllowed},
		"a tag that is not there is not another one": {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringNotLike": {"aws:ResourceTag/owner": "*"}}`}, Allowed},
		"a condition if a key exists":                {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringEqualsIfExists": {"ec2:Owner": "amazon"}}`}, Allowed},
		"a key that must not be there":               {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"Null": {"ec2:Owner": "true"}}`}, Allowed},
		"a key that must be there":                   {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"Null": {"ec2:Owner": false}}`}, NotAllowed},
		"a boolean":                                  {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"Bool": {"ec2:IsLaunchTemplateResource": true}}`}, Allowed},
		"an ARN is matched part by part":             {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"ArnLike": {"ec2:LaunchTemplate": "arn:aws:ec2:*:launch-template/*"}}`}, NotAllowed},
		"an ARN with all its parts":                  {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"ArnLike": {"ec2:LaunchTemplate": "arn:aws:ec2:*:*:launch-template/*"}}`}, Allowed},
		"all conditions have to hold":                {[]string{`"Effect": "Allow", "Action": "*", ` + anything + `, "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue", "ec2:Owner": "amazon"}}`}, NotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			if got := statements(t, tt.policy...).Decide(run); got != tt.want {
				t.Errorf("verdict %d, want %d", got, tt.want)
			}
		})
	}
}

// What is not known would otherwise allow, or deny, without a word.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	for name, tt := range map[string]struct{ policy, says string }{
		"an element":           {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}`, "Principal"},
		"an effect":            {`{"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]}`, "Permit"},
		"an operator":          {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateGreaterThan": {"ec2:Owner": "1"}}}]}`, "DateGreaterThan"},
		"a key":                {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceIp": "1"}}}]}`, "aws:SourceIp"},
		"a variable":           {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"ec2:Owner": "${aws:username}"}}}]}`, "variables"},
		"another version":      {`{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`, "2008-10-17"},
		"no statement":         {`{"Version": "2012-10-17", "Statement": []}`, "no statement"},
		"no action":            {`{"Version": "2012-10-17", "Statement": [{"Sid": "One", "Effect": "Allow", "Resource": "*"}]}`, "statement 1 (One)"},
		"what is no JSON":      {`Version: 2012-10-17`, "not valid"},
		"a tag key without it": {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/": "1"}}}]}`, "aws:ResourceTag/"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.policy), known())
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error about %s", err, tt.says)
			}
		})
	}
}

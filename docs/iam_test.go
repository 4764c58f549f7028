package docs

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// statement is one of an IAM policy. Lists of one may be written without brackets.
type statement struct {
	Sid       string
	Principal map[string]string
	Action    list
	Resource  list
	Condition map[string]map[string]list
}

type list []string

func (l *list) UnmarshalJSON(content []byte) error {
	var one string
	if json.Unmarshal(content, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(content, (*[]string)(l))
}

// keys are the keys of all conditions of a statement.
func (s statement) keys() (keys []string) {
	for _, condition := range s.Condition {
		keys = slices.AppendSeq(keys, maps.Keys(condition))
	}
	return keys
}

func policy(t *testing.T, path string) []statement {
	t.Helper()
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(read(t, path)), &document); err != nil || len(document.Statement) == 0 {
		t.Fatalf("%s: %d statements, %v", path, len(document.Statement), err)
	}
	return document.Statement
}

// actions are all that a policy allows.
func actions(statements []statement) []string {
	all := map[string]bool{}
	for _, s := range statements {
		for _, action := range s.Action {
			all[action] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// The scoped policy allows the actions of iam-policy.json, which TestLeastRights of internal/e2e compares
// with what an upgrade really uses.
func TestScopedPolicyAllowsWhatIsUsed(t *testing.T) {
	const tagging = "ec2:CreateTags" // for templates with tags
	scoped, whole := actions(policy(t, "iam/scoped-policy.json")), actions(policy(t, "iam-policy.json"))
	for _, action := range whole {
		if !slices.Contains(scoped, action) {
			t.Errorf("the scoped policy does not allow %s, which is used", action)
		}
	}
	for _, action := range scoped {
		if !slices.Contains(whole, action) && action != tagging {
			t.Errorf("the scoped policy allows %s, which is not used", action)
		}
	}
	if !slices.Contains(scoped, tagging) {
		t.Errorf("the scoped policy does not allow %s", tagging)
	}
}

// Whatever changes something is allowed for some resources only, and where AWS knows the tags of a
// resource, or whom a role is for, the condition says which.
func TestScopedPolicyIsScoped(t *testing.T) {
	const tag = "aws:ResourceTag/kubernetes.io/cluster/prod"
	needs := map[string]string{
		"autoscaling:": tag, "ec2:CreateLaunchTemplateVersion": tag, " arn:aws:ec2:us-west-2:123456789012:launch-template/": tag,
		"key-pair/": "ec2:LaunchTemplate", "ec2:TerminateInstances": tag, "image/": "ec2:Owner", "ec2:CreateTags": "ec2:CreateAction", "iam:PassRole": "iam:PassedToService",
	}
	for _, s := range policy(t, "iam/scoped-policy.json") {
		if !slices.ContainsFunc(s.Action, changes) {
			continue
		}
		if slices.Contains(s.Resource, "*") {
			t.Errorf("%s: %v is allowed on everything", s.Sid, s.Action)
		}
		what := strings.Join(s.Action, " ") + " " + strings.Join(s.Resource, " ")
		for part, key := range needs {
			if strings.Contains(what, part) && !slices.Contains(s.keys(), key) {
				t.Errorf("%s: it allows %s without the condition %s", s.Sid, part, key)
			}
		}
		if slices.Contains(s.Action, "iam:PassRole") && strings.Contains(what, "*") {
			t.Errorf("%s: any role may be passed: %s", s.Sid, what)
		}
	}
}

func changes(action string) bool {
	_, name, _ := strings.Cut(action, ":")
	return !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "Get")
}

// The trust policies, and the examples for tools, are about the service account that is installed.
func TestTrustIsForTheServiceAccountThatIsInstalled(t *testing.T) {
	manifests := read(t, filepath.Join("..", "internal", "install", "manifests.yaml"))
	found := regexp.MustCompile(`kind: ServiceAccount\nmetadata:\n  name: (\S+)\n  namespace: (\S+)\n`).FindStringSubmatch(manifests)
	if found == nil {
		t.Fatal("no service account is installed")
	}
	name, namespace := found[1], found[2]

	irsa := policy(t, "iam/trust-irsa.json")[0]
	provider := regexp.MustCompile(`oidc-provider/(.+)`).FindStringSubmatch(irsa.Principal["Federated"])
	if provider == nil {
		t.Fatalf("IRSA trusts %v", irsa.Principal)
	}
	for key, want := range map[string]string{":sub": "system:serviceaccount:" + namespace + ":" + name, ":aud": "sts.amazonaws.com"} {
		if got := irsa.Condition["StringEquals"][provider[1]+key]; !slices.Equal(got, list{want}) {
			t.Errorf("IRSA: %s is %v, want %s", key, got, want)
		}
	}
	pods := policy(t, "iam/trust-pod-identity.json")[0]
	for key, want := range map[string]string{"kubernetes-namespace": namespace, "kubernetes-service-account": name} {
		if got := pods.Condition["StringEquals"]["aws:RequestTag/"+key]; !slices.Equal(got, list{want}) {
			t.Errorf("Pod Identity: %s is %v, want %s", key, got, want)
		}
	}
	for file, lines := range map[string][]string{
		"iam/eksctl-pod-identity.yaml": {"- namespace: " + namespace + "\n", "serviceAccountName: " + name + "\n"},
		"iam/eksctl-irsa.yaml":         {"namespace: " + namespace + "\n", "        name: " + name + "\n", "roleOnly: true"},
		"iam/access-entry.json":        {`"nodelift-upgrade"`},
		"iam/nodelift.tf":              {`"nodelift-upgrade"`, `"` + namespace + `"`, `service_account = "` + name + `"`, "/scoped-policy.json", "/trust-pod-identity.json"},
	} {
		for _, line := range lines {
			if !strings.Contains(read(t, file), line) {
				t.Errorf("%s does not have %q", file, line)
			}
		}
	}
}

// What the Terraform example replaces in the JSON is there.
func TestTerraformReplacesWhatIsThere(t *testing.T) {
	example := read(t, "iam/nodelift.tf")
	for file, parts := range map[string][]string{
		"iam/scoped-policy.json":      {"123456789012", "us-west-2", "role/prod-nodes", "kubernetes.io/cluster/prod"},
		"iam/trust-pod-identity.json": {`"prod"`},
	} {
		for _, part := range parts {
			if quoted, _ := json.Marshal(part); !strings.Contains(read(t, file), part) || !strings.Contains(example, string(quoted)) {
				t.Errorf("%s and the example do not both have %s", file, part)
			}
		}
	}
}

package preflight

import (
	"context"
	"fmt"
	"slices"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

// Purpose is what a permission is needed for.
type Purpose string

// The purposes. Each comes on top of those before it, but Watch, which is for those
// who leave the work to a controller in the cluster, and Install, which somebody else
// may do beforehand.
const (
	Look    Purpose = "look"    // to plan an upgrade
	Ask     Purpose = "ask"     // to write down that it is wanted
	Watch   Purpose = "watch"   // to show what a controller does
	Work    Purpose = "work"    // to carry it out
	Force   Purpose = "force"   // to delete pods past the drain limit
	Install Purpose = "install" // to install the two custom resources
	// FindBalancers is to find the load balancers with which nodes are registered. Without it, an
	// upgrade is possible all the same, and says that it has not looked at them.
	FindBalancers Purpose = "find load balancers"
)

// Right is a permission: something that a user may do with a resource.
type Right struct {
	Purpose   Purpose
	Verb      string
	Group     string // API group, "" for the core
	Resource  string // with its subresource: pods/eviction
	Namespace string // "" for all and for what has none

	command bool // the controller in the cluster does not need it
}

// String names the right as kubectl auth can-i does.
func (r Right) String() string {
	resource := r.Resource
	if r.Group != "" {
		resource += "." + r.Group
	}
	if r.Namespace == "" {
		return r.Verb + " " + resource
	}
	return fmt.Sprintf("%s %s in %s", r.Verb, resource, r.Namespace)
}

// Rights returns all permissions that an upgrade needs in a cluster, for some purposes.
// docs/rbac.yaml grants exactly these.
func Rights(purposes ...Purpose) []Right {
	var rights []Right
	for _, row := range table() {
		if !slices.Contains(purposes, row.purpose) {
			continue
		}
		for _, verb := range row.verbs {
			rights = append(rights, Right{
				Purpose: row.purpose, Verb: verb, Group: row.group, Resource: row.resource, Namespace: row.namespace,
				command: row.command,
			})
		}
	}
	return rights
}

// Missing asks the API server which of the permissions this user lacks.
func Missing(ctx context.Context, reviews authorizationclient.SelfSubjectAccessReviewInterface, rights []Right) ([]Right, error) {
	allowed, errs := make([]bool, len(rights)), make([]error, len(rights))
	var asking sync.WaitGroup
	for i, right := range rights {
		asking.Go(func() { allowed[i], errs[i] = may(ctx, reviews, right) })
	}
	asking.Wait()
	var lacking []Right
	for i, right := range rights {
		if errs[i] != nil {
			return nil, fmt.Errorf("ask for the right to %s: %w", right, errs[i])
		}
		if !allowed[i] {
			lacking = append(lacking, right)
		}
	}
	return lacking, nil
}

func may(ctx context.Context, reviews authorizationclient.SelfSubjectAccessReviewInterface, right Right) (bool, error) {
	resource, sub := right.split()
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: right.Namespace, Verb: right.Verb, Group: right.Group, Resource: resource, Subresource: sub,
		},
	}}
	answer, err := reviews.Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return answer.Status.Allowed, nil
}

// rights refuses to begin without the permissions that the whole update needs.
func rights(f Facts) []Finding {
	if f.DryRun {
		return nil
	}
	return lacking(f)
}

// rightsLater warns people who only make a plan about permissions that they lack.
func rightsLater(f Facts) []Finding {
	if f.DryRun {
		return lacking(f)
	}
	return nil
}

func lacking(f Facts) []Finding {
	if len(f.Missing) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "MissingRights",
		What:   "this user lacks rights in the cluster that " + f.aWork() + " needs",
		Next:   "apply docs/rbac.yaml, or ask an administrator to",
		Things: words(f.Missing),
	})
}

func words(rights []Right) []string {
	var all []string
	for _, right := range rights {
		all = append(all, right.String())
	}
	return all
}

// permissions refuses to begin without the permissions in AWS.
func permissions(f Facts) []Finding {
	var found []Finding
	for _, denied := range f.Denied {
		found = append(found, Finding{
			Rule: "MissingPermission",
			What: denied,
			Next: "grant the permissions in docs/iam-policy.json",
		})
	}
	return found
}

package kube

import (
	"context"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// evictTimeout is how long an eviction may take. The API server itself stops after 60 s,
// but a webhook may take 30.
const evictTimeout = 35 * time.Second

func (p *pods) Evict(ctx context.Context, pods []upgrade.Pod) []upgrade.Answer {
	answers := make([]upgrade.Answer, len(pods))
	Parallel(len(pods), func(i int) { answers[i] = p.evict(ctx, pods[i]) })
	return answers
}

func (p *pods) evict(ctx context.Context, pod upgrade.Pod) upgrade.Answer {
	ctx, cancel := context.WithTimeout(ctx, evictTimeout)
	defer cancel()
	answer := answerOf(p.postEviction(ctx, pod), pod)
	if answer.Outcome == changed {
		answer.Outcome = upgrade.Unknown
		if p.gone(ctx, pod) {
			answer = upgrade.Answer{Outcome: upgrade.Gone}
		}
	}
	if answer.Outcome == upgrade.Accepted {
		p.evicted.add(pod)
	}
	return answer
}

// postEviction asks for one eviction, once. The client would otherwise wait and retry by
// itself when the API server answers with Retry-After, as it does for a budget that it has
// not processed yet. The pod keeps its own grace period.
func (p *pods) postEviction(ctx context.Context, pod upgrade.Pod) error {
	uid := types.UID(pod.UID)
	eviction := &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}},
	}
	return p.rest.Post().AbsPath("/api/v1").Namespace(pod.Namespace).
		Resource("pods").Name(pod.Name).SubResource("eviction").
		Body(eviction).MaxRetries(0).Do(ctx).Error()
}

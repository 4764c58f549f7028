package kube

import (
	"context"
	"errors"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// pods implements upgrade.Pods.
type pods struct {
	watched client.Reader
	live    client.Client
	rest    rest.Interface // for evictions, which client.Client would retry
	evicted *evicted
}

func (p *pods) Occupancy(ctx context.Context, nodes []string) (upgrade.Occupancy, error) {
	return p.occupancy(ctx, p.watched, nodes)
}

func (p *pods) OccupancyNow(ctx context.Context, nodes []string) (upgrade.Occupancy, error) {
	return p.occupancy(ctx, p.live, nodes)
}

// occupancy reads the pods from a reader. Budgets, namespaces and volume attachments always
// come from watches: to list all of them for each node that is terminated would cost a
// large cluster more than everything else.
func (p *pods) occupancy(ctx context.Context, read client.Reader, nodes []string) (upgrade.Occupancy, error) {
	var o upgrade.Occupancy
	around, err := p.surroundings(ctx)
	if err != nil {
		return o, err
	}
	if o.Volumes, err = p.attachments(ctx, nodes); err != nil {
		return o, err
	}
	lists, errs := make([][]corev1.Pod, len(nodes)), make([]error, len(nodes))
	Parallel(len(nodes), func(i int) { lists[i], errs[i] = podsOn(ctx, read, nodes[i]) })
	if err := errors.Join(errs...); err != nil {
		return o, err
	}
	o.Pods = make(map[string][]upgrade.Pod, len(nodes))
	o.Budgets = map[string]upgrade.Budget{}
	for n, node := range nodes {
		list := lists[n]
		for i := range list {
			pod := p.pod(ctx, &list[i], around)
			o.Pods[node] = append(o.Pods[node], pod)
			for _, id := range pod.Budgets {
				o.Budgets[id] = around.budgets.byID[id]
			}
		}
		sortByID(o.Pods[node])
	}
	return o, nil
}

// pod translates one pod, with what is known about it from elsewhere.
func (p *pods) pod(ctx context.Context, pod *corev1.Pod, around surroundings) upgrade.Pod {
	result := podOf(pod)
	result.NamespaceTerminating = around.terminating[pod.Namespace]
	result.Budgets = around.budgets.selecting(pod)
	result.Zones, result.LocalVolumes = p.ties(ctx, result.Claims)
	return p.evicted.overlay(result)
}

// surroundings is what matters to the eviction of pods and is not in the pods themselves.
type surroundings struct {
	budgets     budgets
	terminating map[string]bool // namespaces
}

func (p *pods) surroundings(ctx context.Context) (surroundings, error) {
	budgets, err := readBudgets(ctx, p.watched)
	if err != nil {
		return surroundings{}, err
	}
	var list corev1.NamespaceList
	if err := p.watched.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return surroundings{}, explain(err, "list namespaces")
	}
	terminating := map[string]bool{}
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp != nil {
			terminating[list.Items[i].Name] = true
		}
	}
	return surroundings{budgets: budgets, terminating: terminating}, nil
}

func (p *pods) Unschedulable(ctx context.Context) ([]upgrade.Pod, error) {
	var list corev1.PodList
	if err := p.watched.List(ctx, &list, client.MatchingFields{fieldUnschedulable: "true"}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, explain(err, "list pods without a node")
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	around, err := p.surroundings(ctx)
	if err != nil {
		return nil, err
	}
	result := make([]upgrade.Pod, 0, len(list.Items))
	for i := range list.Items {
		result = append(result, p.pod(ctx, &list.Items[i], around))
	}
	sortByID(result)
	return result, nil
}

func sortByID(pods []upgrade.Pod) {
	slices.SortFunc(pods, func(a, b upgrade.Pod) int { return strings.Compare(a.ID(), b.ID()) })
}

func podsOn(ctx context.Context, read client.Reader, node string) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := read.List(ctx, &list, client.MatchingFields{fieldNode: node}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, explain(err, "list pods of node %s", node)
	}
	return list.Items, nil
}

func (p *pods) Delete(ctx context.Context, pod upgrade.Pod) error {
	uid := types.UID(pod.UID)
	object := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}}
	err := p.live.Delete(ctx, object, client.Preconditions{UID: &uid})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) && p.gone(ctx, pod) {
		return nil
	}
	if err != nil {
		return explain(err, "delete pods/%s in namespace %s", pod.Name, pod.Namespace)
	}
	p.evicted.add(pod)
	return nil
}

// gone reads whether the pod with this UID no longer exists.
func (p *pods) gone(ctx context.Context, pod upgrade.Pod) bool {
	var now corev1.Pod
	err := p.live.Get(ctx, client.ObjectKey{Namespace: pod.Namespace, Name: pod.Name}, &now)
	return apierrors.IsNotFound(err) || err == nil && string(now.UID) != pod.UID
}

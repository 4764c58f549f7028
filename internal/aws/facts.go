package aws

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// EC2's states of an instance on its way out.
const (
	ec2ShuttingDown = types.InstanceStateNameShuttingDown
	ec2Terminated   = types.InstanceStateNameTerminated
	ec2Stopping     = types.InstanceStateNameStopping
	ec2Stopped      = types.InstanceStateNameStopped
)

// filterValues is how many values EC2 accepts in one filter.
const filterValues = 200

// fact is what only EC2 knows about an instance. Image, host name and launch time never change while it
// runs; the state is that of the time when it was read.
type fact struct {
	image    string
	arch     string // x86_64 or arm64
	hostname string // its private DNS name
	launched time.Time
	state    types.InstanceStateName
}

// facts remembers what EC2 said about the instances of each group, as long as they are
// members.
type facts struct {
	compute *ec2.Client

	mu    sync.Mutex
	known map[string]map[string]fact // by group, then by instance
}

func newFacts(compute *ec2.Client) *facts {
	return &facts{compute: compute, known: map[string]map[string]fact{}}
}

// of returns the facts about a group's members, and asks EC2 only for those that are not
// known. An instance that EC2 does not describe yet is missing in the answer and asked for
// again the next time.
func (f *facts) of(ctx context.Context, group string, members []string) (map[string]fact, error) {
	known, unknown := f.split(group, members)
	for batch := range slices.Chunk(unknown, filterValues) {
		if err := f.ask(ctx, batch, known); err != nil {
			return nil, explain(err, "describe", "the instances of group "+group)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[group] = known
	return known, nil
}

// forget has EC2 asked again about some instances.
func (f *facts) forget(group string, ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := maps.Clone(f.known[group])
	maps.DeleteFunc(left, func(id string, _ fact) bool { return slices.Contains(ids, id) })
	f.known[group] = left
}

func (f *facts) split(group string, members []string) (known map[string]fact, unknown []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known = make(map[string]fact, len(members))
	for _, id := range members {
		if fact, ok := f.known[group][id]; ok {
			known[id] = fact
			continue
		}
		unknown = append(unknown, id)
	}
	return known, unknown
}

// ask adds what EC2 says about some instances. It filters by id instead of naming them,
// because one id that EC2 does not know yet would make it refuse the whole call.
func (f *facts) ask(ctx context.Context, ids []string, known map[string]fact) error {
	pages := ec2.NewDescribeInstancesPaginator(f.compute, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{{Name: sdk.String("instance-id"), Values: ids}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, reservation := range page.Reservations {
			addFacts(known, reservation.Instances)
		}
	}
	return nil
}

func addFacts(known map[string]fact, instances []types.Instance) {
	for _, i := range instances {
		f := fact{
			image: sdk.ToString(i.ImageId), arch: string(i.Architecture), hostname: sdk.ToString(i.PrivateDnsName), launched: sdk.ToTime(i.LaunchTime),
		}
		if i.State != nil {
			f.state = i.State.Name
		}
		known[sdk.ToString(i.InstanceId)] = f
	}
}

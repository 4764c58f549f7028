package upgrade

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Account is an AWS account in one region: where a group is, or where calls go.
type Account struct{ Partition, ID, Region string }

// Caller is whose credentials make the calls.
type Caller struct {
	ARN     string // of the user or role
	Account Account
}

// AccountOf returns the account and region in the ARN of a group:
// arn:PARTITION:autoscaling:REGION:ACCOUNT:autoScalingGroup:UUID:autoScalingGroupName/NAME. The region
// of an identity's ARN is empty.
func AccountOf(arn string) Account {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return Account{}
	}
	return Account{Partition: parts[1], Region: parts[3], ID: parts[4]}
}

// String is the account in words.
func (a Account) String() string { return fmt.Sprintf("account %s (%s)", a.ID, a.Region) }

// ErrCredentialsChanged says that a call to the cloud was not made, because it would have been made
// with other credentials than those before it in the same pass. What was read before may be of
// another account. The next pass reads it again.
var ErrCredentialsChanged = errors.New("the AWS credentials changed in the middle of a pass, so nothing is done before the next one")

type credentialsKey struct{}

// used are the credentials of the first call.
type used struct {
	mu sync.Mutex
	id string
}

// WithOneCredential returns a context under which adapters make all calls to the cloud with the same
// credentials, those of the first call. So what a pass changes is in the account that it has read,
// even if somebody switches a profile meanwhile.
func WithOneCredential(ctx context.Context) context.Context {
	return context.WithValue(ctx, credentialsKey{}, &used{})
}

// UseCredentials is called right before a call to the cloud, or instead of one whose answer is
// remembered, with the id of the credentials that it is made with. It returns ErrCredentialsChanged
// if an earlier call under ctx was made with others.
func UseCredentials(ctx context.Context, id string) error {
	first, ok := ctx.Value(credentialsKey{}).(*used)
	if !ok {
		return nil
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	if first.id == "" {
		first.id = id
	}
	if first.id != id {
		return ErrCredentialsChanged
	}
	return nil
}

// CredentialsInUse returns the id of the credentials of the calls under ctx, "" if none was made, and
// whether ctx is one of WithOneCredential.
func CredentialsInUse(ctx context.Context) (id string, one bool) {
	first, ok := ctx.Value(credentialsKey{}).(*used)
	if !ok {
		return "", false
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	return first.id, true
}

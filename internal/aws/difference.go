package aws

import (
	"context"
	"reflect"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Differences returns in words what two versions of launch templates say differently about instances,
// besides their image: "user data", "security group ids". It is upgrade.ErrNotFound if one of them does
// not exist any more.
func (t *Templates) Differences(ctx context.Context, one, other upgrade.TemplateVersion) ([]string, error) {
	a, err := t.data(ctx, one)
	if err != nil {
		return nil, err
	}
	b, err := t.data(ctx, other)
	if err != nil {
		return nil, err
	}
	return differences(a, b), nil
}

func differences(a, b types.ResponseLaunchTemplateData) []string {
	a.ImageId, b.ImageId = nil, nil
	var differ []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		member := x.Type().Field(i)
		if member.IsExported() && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			differ = append(differ, inWords(member.Name))
		}
	}
	return differ
}

// inWords turns UserData into user data.
func inWords(name string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "$1 $2"))
}

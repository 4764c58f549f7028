package aws

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// Every member of a mapping in EC2's answers is sent, also one that a later SDK adds.
func TestEveryMemberOfAMappingIsSent(t *testing.T) {
	answer := types.LaunchTemplateBlockDeviceMapping{Ebs: &types.LaunchTemplateEbsBlockDevice{}}
	fill(reflect.ValueOf(&answer).Elem())
	if diff := cmp.Diff(plainly(t, answer), plainly(t, mappingToSend(answer))); diff != "" {
		t.Errorf("-answered +sent:\n%s", diff)
	}
}

// fill sets every member of a structure to something.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString("some")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32:
		v.SetInt(7)
	}
}

func plainly(t *testing.T, v any) (out any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

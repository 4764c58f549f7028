package fakeaws

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (w *world) versions(in *ec2.DescribeLaunchTemplateVersionsInput) []ec2types.LaunchTemplateVersion {
	w.t.Helper()
	out, err := w.ec2.DescribeLaunchTemplateVersions(w.ctx(), in)
	w.ok(err)
	return out.LaunchTemplateVersions
}

func TestClientTokenMakesOneVersion(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	in := versionInput(template.ID, "ami-0fedcba9876543210")
	in.ClientToken = aws.String("once")
	for range 3 {
		out, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
		w.ok(err)
		same(t, "version", *out.LaunchTemplateVersion.VersionNumber, 2)
	}
	in.LaunchTemplateData.ImageId = aws.String("ami-00000000000000000")
	_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
	w.refused(err, "IdempotentParameterMismatch", 400, "inconsistent")
	in.ClientToken = aws.String("twice")
	out, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), in)
	w.ok(err)
	same(t, "version with another token", *out.LaunchTemplateVersion.VersionNumber, 3)
}

func TestClientTokenMakesOneTemplate(t *testing.T) {
	w := newWorld(t)
	create := func(token, image string) (*ec2.CreateLaunchTemplateOutput, error) {
		return w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String("nodes"), ClientToken: aws.String(token),
			LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image)},
		})
	}
	first, err := create("once", "ami-1")
	w.ok(err)
	again, err := create("once", "ami-1")
	w.ok(err)
	same(t, "template", *again.LaunchTemplate.LaunchTemplateId, *first.LaunchTemplate.LaunchTemplateId)
	_, err = create("once", "ami-2")
	w.refused(err, "IdempotentParameterMismatch", 400, "inconsistent")
	_, err = create("twice", "ami-1")
	w.refused(err, "InvalidLaunchTemplateName.AlreadyExistsException", 400, "already in use")
}

func TestVersionsAreFound(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	for i := range 4 {
		_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, fmt.Sprintf("ami-0000000000000000%d", i)))
		w.ok(err)
	}
	_, err := w.ec2.ModifyLaunchTemplate(w.ctx(), &ec2.ModifyLaunchTemplateInput{
		LaunchTemplateId: aws.String(template.ID), DefaultVersion: aws.String("3"),
	})
	w.ok(err)
	for name, row := range map[string]struct {
		in   ec2.DescribeLaunchTemplateVersionsInput
		want string
	}{
		"a template's versions come newest first":                {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID}, "[5 4 3 2 1]"},
		"a template's name selects its versions":                 {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("nodes"), Versions: []string{"2"}}, "[2]"},
		"$Latest and $Default select versions":                   {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID, Versions: []string{"$Latest", "$Default"}}, "[5 3]"},
		"a range selects versions":                               {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID, MinVersion: aws.String("2"), MaxVersion: aws.String("4")}, "[4 3 2]"},
		"$Default selects the default versions of all templates": {ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Default"}}, "[3]"},
		"an image filter selects versions":                       {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID, Filters: filters("image-id", "ami-*2")}, "[4]"},
		"a filter selects the default version":                   {ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID, Filters: filters("is-default-version", "true")}, "[3]"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, v := range w.versions(&row.in) {
				got = append(got, *v.VersionNumber)
			}
			same(t, "versions", got, row.want)
		})
	}
}

func filters(name string, values ...string) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String(name), Values: values}}
}

func TestVersionsComeInPages(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	for range 4 {
		_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, "ami-1"))
		w.ok(err)
	}
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(w.ec2, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &template.ID, MaxResults: aws.Int32(2),
	})
	var got []int64
	count := 0
	for ; pages.HasMorePages(); count++ {
		page, err := pages.NextPage(w.ctx())
		w.ok(err)
		for _, v := range page.LaunchTemplateVersions {
			got = append(got, *v.VersionNumber)
		}
	}
	same(t, "versions", got, "[5 4 3 2 1]")
	same(t, "pages", count, 3)
}

func TestTemplatesAreFound(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	_, err := w.ec2.CreateTags(w.ctx(), &ec2.CreateTagsInput{
		Resources: []string{template.ID}, Tags: []ec2types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	})
	w.ok(err)
	_, err = w.CreateLaunchTemplate(TemplateSpec{Name: "other", ImageID: "ami-1"})
	w.ok(err)
	for name, row := range map[string]struct {
		in   ec2.DescribeLaunchTemplatesInput
		want string
	}{
		"without parameters all templates are described": {ec2.DescribeLaunchTemplatesInput{}, "[nodes other]"},
		"an id selects a template":                       {ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{template.ID}}, "[nodes]"},
		"a name selects a template":                      {ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"other"}}, "[other]"},
		"a tag filter selects templates":                 {ec2.DescribeLaunchTemplatesInput{Filters: filters("tag:team", "b*")}, "[nodes]"},
		"a tag-key filter selects templates":             {ec2.DescribeLaunchTemplatesInput{Filters: filters("tag-key", "team")}, "[nodes]"},
		"a tag filter without match selects nothing":     {ec2.DescribeLaunchTemplatesInput{Filters: filters("tag:team", "red")}, "[]"},
		"a name filter selects templates":                {ec2.DescribeLaunchTemplatesInput{Filters: filters("launch-template-name", "oth?r")}, "[other]"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := w.ec2.DescribeLaunchTemplates(w.ctx(), &row.in)
			w.ok(err)
			names := []string{}
			for _, found := range out.LaunchTemplates {
				names = append(names, *found.LaunchTemplateName)
			}
			same(t, "templates", names, row.want)
		})
	}
}

func TestTemplateErrors(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	data := &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-1")}
	for name, row := range map[string]struct {
		call func() error
		code string
		says string
	}{
		"the version is unknown": {func() error {
			_, err := w.ec2.DescribeLaunchTemplateVersions(w.ctx(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template.ID, Versions: []string{"2"}})
			return err
		}, "InvalidLaunchTemplateId.VersionNotFound", "version 2 for the launch template with ID " + template.ID},
		"the id is unknown": {func() error {
			_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput("lt-0123", "ami-1"))
			return err
		}, "InvalidLaunchTemplateId.NotFound", "lt-0123, does not exist"},
		"the name is unknown": {func() error {
			_, err := w.ec2.DescribeLaunchTemplates(w.ctx(), &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"no"}})
			return err
		}, "InvalidLaunchTemplateName.NotFoundException", "name no, does not exist"},
		"there is neither an id nor a name": {func() error {
			_, err := w.ec2.ModifyLaunchTemplate(w.ctx(), &ec2.ModifyLaunchTemplateInput{DefaultVersion: aws.String("1")})
			return err
		}, "MissingParameter", "Either"},
		"the new default version is unknown": {func() error {
			_, err := w.ec2.ModifyLaunchTemplate(w.ctx(), &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &template.ID, DefaultVersion: aws.String("7")})
			return err
		}, "InvalidLaunchTemplateId.VersionNotFound", "version 7"},
		"the name is too short": {func() error {
			_, err := w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("x"), LaunchTemplateData: data})
			return err
		}, "InvalidLaunchTemplateName.MalformedException", "3"},
		"the data has an unsupported member": {func() error {
			data := &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-1"), CpuOptions: &ec2types.LaunchTemplateCpuOptionsRequest{AmdSevSnp: "enabled"}}
			_, err := w.ec2.CreateLaunchTemplate(w.ctx(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("other"), LaunchTemplateData: data})
			return err
		}, "UnknownParameter", "LaunchTemplateData.CpuOptions.AmdSevSnp"},
		"the filter is unknown": {func() error {
			_, err := w.ec2.DescribeLaunchTemplates(w.ctx(), &ec2.DescribeLaunchTemplatesInput{Filters: filters("colour", "blue")})
			return err
		}, "InvalidParameterValue", "colour"},
		"the page size is too large": {func() error {
			_, err := w.ec2.DescribeLaunchTemplates(w.ctx(), &ec2.DescribeLaunchTemplatesInput{MaxResults: aws.Int32(201)})
			return err
		}, "InvalidParameterValue", "201"},
		"the paging token is unknown": {func() error {
			_, err := w.ec2.DescribeLaunchTemplates(w.ctx(), &ec2.DescribeLaunchTemplatesInput{NextToken: aws.String("bm8=")})
			return err
		}, "InvalidParameterValue", "nextToken"},
	} {
		t.Run(name, func(t *testing.T) { w.in(t).refused(row.call(), row.code, 400, row.says) })
	}
	same(t, "latest version after the refused calls", w.templates[0].latest(), 1)
	same(t, "templates after the refused calls", len(w.templates), 1)
}

// in returns the world with the testing.T of a subtest.
func (w *world) in(t *testing.T) *world {
	inner := *w
	inner.t = t
	return &inner
}

// A group's $Latest is resolved at each launch. Its instances have the number.
func TestGroupsResolveVersionsAtLaunch(t *testing.T) {
	for reference, want := range map[string]string{"1": "1 1", "2": "2 2", "$Default": "1 2", "$Latest": "2 3", "": "1 2"} {
		t.Run("version "+reference, func(t *testing.T) {
			w := newWorld(t)
			template := w.template("1.36")
			image, _ := w.LatestImage("1.37", "x86_64")
			next := func(number string) {
				_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), versionInput(template.ID, image.ID))
				w.ok(err)
				_, err = w.ec2.ModifyLaunchTemplate(w.ctx(), &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &template.ID, DefaultVersion: aws.String(number)})
				w.ok(err)
			}
			next("1")
			w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 2, DesiredCapacity: 1, LaunchTemplateID: template.ID, LaunchTemplateVersion: reference}))
			w.settle()
			next("2")
			w.setDesired(2)
			w.pass(10 * time.Second)
			all := w.Instances()
			same(t, "versions", fmt.Sprint(all[0].LaunchTemplateVersion, all[1].LaunchTemplateVersion), want)
			if all[0].LaunchTemplateVersion == 2 {
				same(t, "image", all[0].ImageID, image.ID)
			}
		})
	}
}

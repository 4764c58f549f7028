package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// named has the group's template version take its image from a parameter, which names an image now.
func named(image string) func(*Facts) {
	return func(f *Facts) {
		f.Template.Parameter, f.Template.Image = "resolve:ssm:/golden/image", image
	}
}

func TestImagesByParameter(t *testing.T) {
	check(t, map[string]scenario{
		"the parameter names the target":  {change: named("ami-137")},
		"and all nodes run what it names": {change: func(f *Facts) { named("ami-136")(f); f.Target.Image = f.Present }},
		"the parameter names another image": {change: named("ami-136"), warnings: []string{
			"ParameterNamesAnother: version 4 of launch template lt-1 takes its image from parameter /golden/image, which names ami-136 now, and the target is ami-137: " +
				"if that is so at the end, the group keeps the new version with the target in place of the parameter; to have the parameter back, set it to ami-137 before " +
				"the upgrade ends, or set version 4 in the group afterwards"}},
		"the parameter names no image": {change: func(f *Facts) { named("")(f); f.Unlaunchable = true }, warnings: []string{
			"ParameterGone: version 4 of launch template lt-1 takes its image from parameter /golden/image, which names no image now: the group can launch no node, and " +
				"keeps the new version with the target at the end; check the parameter: it has to exist, with the data type aws:ec2:image"}},
		"the target takes its image from a parameter": {change: func(f *Facts) {
			f.Target.ByTemplate = true
			f.Target.Template = upgrade.TemplateVersion{ID: "lt-1", Number: 5, Image: "ami-137", Parameter: "resolve:ssm:/golden/image"}
			f.Asked = upgrade.Target{TemplateVersion: "5"}
		}, warnings: []string{"TargetByParameter: version 5 of launch template lt-1 takes its image from parameter /golden/image, which names ami-137 now: a node gets " +
			"the image that the parameter names when it is launched, so not all may get the same; do not change the parameter before the upgrade ends"}},
	})
}

// A version is made where nodes are replaced, whatever the parameter names now.
func TestAParameterIsReplacedWhileNodesAre(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Facts)
		makes  bool
	}{
		"the parameter names the target already": {named("ami-137"), true},
		"the parameter names another image":      {named("ami-136"), true},
		"all nodes run the target that it names": {func(f *Facts) { named("ami-136")(f); f.Target.Image = f.Present }, false},
		"only the warm pool runs another image": {func(f *Facts) {
			named("ami-136")(f)
			f.Target.Image = f.Present
			f.warm("Warmed:Stopped")
			f.Group.WarmPool.Instances[0].Image = "ami-135"
		}, true},
		"without a parameter the image is enough": {func(f *Facts) { f.Template.Image = "ami-137" }, false},
		"without a parameter, with another image": {func(*Facts) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := sound()
			c.change(&f)
			if p := Check(f).Plan; p.NewTemplateVersion != c.makes {
				t.Errorf("a version is made: %t, want %t", p.NewTemplateVersion, c.makes)
			}
		})
	}
}

func TestAPresentImageThatIsGone(t *testing.T) {
	check(t, map[string]scenario{
		"the nodes tell what it is": {change: func(f *Facts) {
			f.PresentGone, f.Unlaunchable = true, true
			f.Present = upgrade.Image{ID: "ami-136", Arch: "x86_64", Family: "AmazonLinux2023", Version: "1.36"}
		}, warnings: []string{"PresentImageGone: image ami-136, which the nodes run, was deregistered or is private: no node can be launched with it any more, so the upgrade " +
			"cannot be rolled back; as far as the nodes tell, it is of family AmazonLinux2023, variant standard, for x86_64; check that the target ami-137 " +
			"(amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) is what they need"}},
	})
}

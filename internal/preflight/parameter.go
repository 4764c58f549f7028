package preflight

import (
	"cmp"
	"fmt"
)

// byParameter warns about a parameter that names another image than the target: at the end the group would
// launch that one again, so it keeps the version with the target.
func byParameter(f Facts) []Finding {
	t := f.Template
	if f.Target.ByTemplate {
		return targetByParameter(f)
	}
	if t.Parameter == "" || t.Image == "" || f.Target.Image.ID == "" || t.Image == f.Target.Image.ID {
		return nil // a parameter that names none is told of below
	}
	return one(Finding{
		Rule: "ParameterNamesAnother",
		What: fmt.Sprintf("version %d of launch template %s takes its image from %s, and the target is %s", t.Number, t.ID, t.ParameterWords(), f.Target.Image.ID),
		Why:  "if that is so at the end, the group keeps the new version with the target in place of the parameter",
		Next: fmt.Sprintf("to have the parameter back, set it to %s before the upgrade ends, or set version %d in the group afterwards", f.Target.Image.ID, t.Number),
	})
}

// targetByParameter warns that the image of the target itself may change meanwhile.
func targetByParameter(f Facts) []Finding {
	t := f.Target.Template
	if t.Parameter == "" {
		return nil
	}
	return one(Finding{
		Rule: "TargetByParameter",
		What: fmt.Sprintf("version %d of launch template %s takes its image from %s", t.Number, t.ID, t.ParameterWords()),
		Why:  "a node gets the image that the parameter names when it is launched, so not all may get the same",
		Next: "do not change the parameter before the upgrade ends",
	})
}

// presentGone warns that there is no way back to an image that is gone, and says what the nodes tell about
// it: the target was found by that.
func presentGone(f Facts) []Finding {
	var found []Finding
	if f.Unlaunchable && f.Template.Parameter != "" && f.Template.Image == "" {
		found = append(found, Finding{
			Rule: "ParameterGone",
			What: fmt.Sprintf("version %d of launch template %s takes its image from %s", f.Template.Number, f.Template.ID, f.Template.ParameterWords()),
			Why:  "the group can launch no node, and keeps the new version with the target at the end",
			Next: "check the parameter: it has to exist, with the data type aws:ec2:image",
		})
	}
	if !f.PresentGone || f.Target.Image.ID == "" {
		return found
	}
	return append(found, Finding{
		Rule: "PresentImageGone",
		What: fmt.Sprintf("image %s, which the nodes run, was deregistered or is private", f.Present.ID),
		Why: fmt.Sprintf("no node can be launched with it any more, so the upgrade cannot be rolled back; as far as the nodes tell, it is of family %s, variant %s, for %s",
			cmp.Or(f.Present.Family, "unknown"), cmp.Or(f.Present.Variant, "standard"), cmp.Or(f.Present.Arch, "an unknown architecture")),
		Next: "check that the target " + name(f.Target.Image) + " is what they need",
	})
}

package fakeaws

import (
	"net/http"
	"strings"

	"github.com/nodelift/nodelift/internal/fakeaws/iam"
)

// A launch template may name a parameter in place of an image, resolve:ssm:NAME, which EC2 resolves at
// each launch.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html#use-an-ssm-parameter-instead-of-an-ami-id
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
// The codes and sentences are EC2's, as people quote them: SsmInvalidParameter in aws/aws-cdk#26712 and
// kent8192/reinhardt-web#2023, SsmAccessDenied in aws/containers-roadmap#1951.

// parameterPrefix is the beginning of an image id that names a parameter.
const parameterPrefix = "resolve:ssm:"

// imageNamed returns the image of an id or of a parameter, as a launch finds it.
func (c *Cloud) imageNamed(id string) (*Image, *Error) {
	resolved, err := c.resolveImage(id)
	if err != nil {
		return nil, err
	}
	image := c.image(resolved)
	switch {
	case image == nil:
		return nil, newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", resolved)
	case c.isPrivate(image.ID):
		return nil, newError("AuthFailure", "Not authorized for images: [%s]", resolved)
	}
	return image, nil
}

// resolveImage returns the image id that a parameter names now. It returns an image id unchanged.
//
// An assumption: EC2 takes public parameters whatever their data type, since its documents use them and
// most are text; and a version or label that does not exist is an invalid alias like a name that does not.
func (c *Cloud) resolveImage(id string) (string, *Error) {
	name, named := strings.CutPrefix(id, parameterPrefix)
	if !named {
		return id, nil
	}
	p, known := c.parameter(name)
	switch {
	case !known:
		return "", newError("SsmInvalidParameter", "The following aliases are invalid: %s", name)
	case p.DataType != dataImage && !strings.HasPrefix(p.Name, publicParameters):
		return "", newError("SsmInvalidParameter", "Unsupported data type. The following parameter data types are supported: %s", dataImage)
	}
	return p.Value, nil
}

// mayResolve is EC2's answer to somebody who uses a launch template or an image that names a parameter:
// "Anyone who uses the launch template also needs the ssm:GetParameters permission in order for the
// parameter value to be validated".
func (r *request) mayResolve(id string) *Error {
	name, named := strings.CutPrefix(id, parameterPrefix)
	if !named {
		return nil
	}
	need := iam.Request{Action: "ssm:GetParameters", Resource: r.parameterNamed(name)}
	if r.verdict(need) != iam.Allowed {
		return newError("SsmAccessDenied", "User: %s is not authorized to perform: %s on resource: %s because no identity-based policy "+
			"allows the %s action", r.identityOf(r.accessKey), need.Action, need.Resource, need.Action).with(http.StatusForbidden)
	}
	_, err := r.resolveImage(id)
	return err
}

// resolvesOnUpdate is what Auto Scaling does when a group is created or updated, whatever is changed:
// "On each call to create or update your Auto Scaling group, Amazon EC2 Auto Scaling will resolve the
// Systems Manager parameter in the launch template".
//
// An assumption: it does so with the permissions of the caller, and says in its own error what EC2 said.
func (r *request) resolvesOnUpdate(s groupSettings, g *group) *Error {
	if s.LaunchTemplate == nil && s.MixedInstancesPolicy == nil && g != nil {
		s.LaunchTemplate, s.MixedInstancesPolicy = g.template, g.mixed
	}
	for _, ref := range s.refs() {
		t, err := r.templateOf(ref)
		if err != nil {
			continue // which is answered elsewhere
		}
		v, err := t.resolve(ref.Version)
		if err != nil {
			continue
		}
		if err := r.mayResolve(v.data.ImageID); err != nil {
			return unusable(err)
		}
	}
	return nil
}

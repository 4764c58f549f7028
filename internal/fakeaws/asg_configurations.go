package fakeaws

import "slices"

type createConfigurationInput struct {
	Name         string `form:"LaunchConfigurationName,required"`
	ImageID      string `form:"ImageId"`
	InstanceType string `form:"InstanceType"`
}

// createLaunchConfiguration creates a launch configuration, the predecessor of
// launch templates. Only its name is stored: nothing is launched from it.
func (r *request) createLaunchConfiguration(in *createConfigurationInput) (*done, *Error) {
	switch {
	case in.Name == "":
		return nil, required("launchConfigurationName")
	case slices.Contains(r.configs, in.Name):
		return nil, newError("AlreadyExists", "Launch Configuration by this name already exists - A launch configuration already exists with the name %s", in.Name)
	case r.image(in.ImageID) == nil:
		return nil, validation("The image id '[%s]' does not exist", in.ImageID)
	}
	if _, known := findInstanceType(in.InstanceType); !known {
		return nil, validation("Invalid instance type: %s", in.InstanceType)
	}
	r.configs = append(r.configs, in.Name)
	return &done{}, nil
}

// checkConfiguration validates the launch configuration that settings name. A
// group with a launch configuration has to stay empty here.
func (c *Cloud) checkConfiguration(s groupSettings) *Error {
	switch name := s.LaunchConfiguration; {
	case name == nil:
		return nil
	case !slices.Contains(c.configs, *name):
		return validation("Launch configuration name not found - A launch configuration with the name: %s does not exist", *name)
	case s.MaxSize == nil || *s.MaxSize > 0:
		return validation("The fake AWS launches nothing from launch configurations: MaxSize has to be 0")
	}
	return nil
}

package fakeaws

type processesInput struct {
	Group     string   `form:"AutoScalingGroupName,required" len:"1-255"`
	Processes []string `form:"ScalingProcesses" len:"1-255"`
}

func (r *request) suspendProcesses(in *processesInput) (*done, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	return &done{}, g.suspend(in.Processes, r.now)
}

func (r *request) resumeProcesses(in *processesInput) (*done, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	return &done{}, g.resume(in.Processes)
}

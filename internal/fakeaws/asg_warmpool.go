package fakeaws

import "slices"

// warmPool is the configuration of a warm pool, as DescribeAutoScalingGroups and DescribeWarmPool show it.
type warmPool struct {
	Prepared *int         `xml:"MaxGroupPreparedCapacity,omitempty"`
	MinSize  int          `xml:"MinSize"`
	State    string       `xml:"PoolState"`
	Status   string       `xml:"Status,omitempty"` // PendingDelete
	Reuse    *reusePolicy `xml:"InstanceReusePolicy,omitempty"`
}

type reusePolicy struct {
	OnScaleIn bool `xml:"ReuseOnScaleIn" form:"ReuseOnScaleIn"`
}

type putWarmPoolInput struct {
	Group    string       `form:"AutoScalingGroupName,required" len:"1-255"`
	Prepared *int         `form:"MaxGroupPreparedCapacity"`
	Min      *int         `form:"MinSize"`
	State    string       `form:"PoolState" enum:"Stopped Running Hibernated"`
	Reuse    *reusePolicy `form:"InstanceReusePolicy"`
}

// putWarmPool creates a warm pool or changes what the call names. A prepared capacity of -1 removes it.
func (r *request) putWarmPool(in *putWarmPoolInput) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if in.Min != nil && *in.Min < 0 {
		return nil, validation("Sizes must not be negative: %d", *in.Min)
	}
	if in.Prepared != nil && *in.Prepared < -1 {
		return nil, validation("MaxGroupPreparedCapacity must not be below -1: %d", *in.Prepared)
	}
	if g.warm == nil {
		g.warm = &warmPool{State: "Stopped"}
	}
	setIf(&g.warm.MinSize, in.Min)
	if in.State != "" {
		g.warm.State = in.State
	}
	if in.Reuse != nil {
		g.warm.Reuse = in.Reuse
	}
	switch {
	case in.Prepared == nil:
	case *in.Prepared == -1:
		g.warm.Prepared = nil
	default:
		g.warm.Prepared = in.Prepared
	}
	return &emptyResult{}, nil
}

type deleteWarmPoolInput struct {
	Group string `form:"AutoScalingGroupName,required" len:"1-255"`
	Force *bool  `form:"ForceDelete"`
}

// deleteWarmPool has the instances of the pool terminated; the pool is gone when they are.
func (r *request) deleteWarmPool(in *deleteWarmPoolInput) (*emptyResult, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	if g.warm != nil {
		g.warm.Status = poolStatePendingDelete
	}
	return &emptyResult{}, nil
}

type describeWarmPoolInput struct {
	recordPaging
	Group string `form:"AutoScalingGroupName,required" len:"1-255"`
}

type describeWarmPoolOutput struct {
	Configuration *warmPool          `xml:"WarmPoolConfiguration,omitempty"`
	Instances     members[memberXML] `xml:"Instances"`
	NextToken     string             `xml:"NextToken,omitempty"`
}

// describeWarmPool returns at most 50 instances at once.
func (r *request) describeWarmPool(in *describeWarmPoolInput) (*describeWarmPoolOutput, *Error) {
	g, err := r.existing(in.Group)
	if err != nil {
		return nil, err
	}
	var found []memberXML
	for _, m := range g.pool {
		found = append(found, m.memberXML())
	}
	part, next, err := records(found, in.recordPaging, 50, 50, func(m memberXML) string { return m.ID })
	if err != nil {
		return nil, err
	}
	return &describeWarmPoolOutput{Configuration: g.warm, Instances: members[memberXML]{part}, NextToken: next}, nil
}

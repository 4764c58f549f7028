package upgrade

import (
	"fmt"
)

// A scaling is an update that changes a group's sizes and no node's image. It uses the same
// ledger: the owner's sizes are those that were asked for, and nodes beyond them are drained
// as at the end of any update, but before the verdict. A scaling that ends early leaves the
// sizes that it has reached.

// Scaling is which sizes a group is to have, nil for a size that stays.
type Scaling struct{ Min, Max, Desired *int }

// Bounds are all three sizes of a group.
type Bounds struct{ Min, Max, Desired int }

// String is the sizes in words.
func (b Bounds) String() string {
	return fmt.Sprintf("desired %d, minimum %d, maximum %d", b.Desired, b.Min, b.Max)
}

// Size returns the maximum and desired size.
func (b Bounds) Size() Size { return Size{Max: b.Max, Desired: b.Desired} }

// Scaled is what a scaling means for a group. It does not change.
type Scaled struct{ From, To Bounds }

// Of returns the sizes that a group is to have whose sizes are now.
func (c Scaling) Of(now Bounds) Bounds {
	for _, one := range []struct {
		to   *int
		from *int
	}{{&now.Min, c.Min}, {&now.Max, c.Max}, {&now.Desired, c.Desired}} {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	return now
}

// Check says in words why a group cannot have these sizes, and what to ask for.
func (b Bounds) Check() error {
	switch {
	case b.Min < 0 || b.Desired < 0 || b.Max < 0:
		return fmt.Errorf("a size cannot be less than 0 (%s)", b)
	case b.Min > b.Max:
		return fmt.Errorf("the minimum size would be %d and the maximum size %d: the maximum cannot be less, so change it, too", b.Min, b.Max)
	case b.Desired < b.Min:
		return fmt.Errorf("the desired size would be %d and the minimum size is %d: ask for %d or more nodes, or lower the minimum, too", b.Desired, b.Min, b.Min)
	case b.Desired > b.Max:
		return fmt.Errorf("the desired size would be %d and the maximum size is %d: ask for %d or fewer nodes, or raise the maximum, too", b.Desired, b.Max, b.Max)
	}
	return nil
}

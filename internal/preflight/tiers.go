package preflight

import "slices"

// Tier is the permissions that a role of the chart grants. Those for people are nested:
// upgrade includes view, force includes both.
type Tier string

// The tiers.
const (
	TierView    Tier = "view"    // people who look, and plan
	TierUpgrade Tier = "upgrade" // people who have the controller upgrade
	TierForce   Tier = "force"   // people who may have it delete pods past their budgets
	// TierController is the controller in the cluster, and TierControllerForce
	// what it needs on top for an update with force.
	TierController      Tier = "controller"
	TierControllerForce Tier = "controllerForce"
)

// Tiers returns all of them.
func Tiers() []Tier {
	return []Tier{TierView, TierUpgrade, TierForce, TierController, TierControllerForce}
}

// Rights returns the permissions of a tier.
func (t Tier) Rights() []Right {
	switch t {
	case TierView:
		return Rights(Look, FindBalancers, Watch)
	case TierUpgrade:
		return Rights(Look, FindBalancers, Watch, Ask)
	case TierForce:
		return Rights(Look, FindBalancers, Watch, Ask, Force)
	case TierControllerForce:
		return Rights(Force)
	}
	return slices.DeleteFunc(Rights(Look, Ask, Work), func(r Right) bool { return r.command })
}

package preflight

// rule looks at one aspect of the facts.
type rule func(Facts) []Finding

// Check finds what would stop or disturb an upgrade, and plans it in numbers.
func Check(f Facts) Report {
	if refusals := apply(f, owned); len(refusals) > 0 {
		return Report{Refusals: refusals, Owned: true}
	}
	return Report{
		Refusals: apply(f, unsupported, madeByOthers, controlPlane, busy, warmNodes, membership, noSubnet, aim, image, imageOwner, volumes, launches, joining, following, rights, permissions),
		Warnings: apply(f, rightsLater, direction, byParameter, presentGone, bootable, unproven, launchesLater, malformed, doubts, accelerator, lean, noSubnetNeeded, withoutNode, protected, standby, uneven, automation, rebalancing, lifetime, hooks, balancers,
			unknownBalancers, unknown, budgets, ambiguous, withoutController, localData,
			localVolumes, tolerating, askingToStay, jobs, single),
		Plan: plan(f),
	}
}

func apply(f Facts, rules ...rule) []Finding {
	var found []Finding
	for _, r := range rules {
		found = append(found, r(f)...)
	}
	return found
}

// one is the finding of a rule that found one thing.
func one(f Finding) []Finding { return []Finding{f} }

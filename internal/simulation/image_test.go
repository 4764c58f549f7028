package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// images returns the scenarios of groups whose image a parameter names, or whose image is gone.
func images() []scenario {
	return []scenario{imageByParameter(), imageByParameterRolledBack(), imageGone()}
}

// named is the parameter naming an image from the beginning of the update: the nodes are older.
func named(image string) func(*simulation.World) {
	return func(w *simulation.World) { w.PutParameter(image) }
}

func byParameter(follows string, change ...func(*simulation.Config)) func() simulation.Config {
	return withThreeNodes(append(change, func(c *simulation.Config) { c.Parameter, c.Follows = true, follows })...)
}

func imageByParameter() scenario {
	want := success()
	want.Template = simulation.NewImage + " of the parameter by $Latest"
	return scenario{name: "image-by-parameter", config: byParameter("$Latest"), events: named(simulation.NewImage), want: want}
}

// imageByParameterRolledBack goes back to what the nodes ran, which the parameter does not name any more.
func imageByParameterRolledBack() scenario {
	want := asBefore()
	want.Template = simulation.OldImage + " by number"
	return scenario{
		name: "image-by-parameter-rolled-back", config: byParameter(""), want: want,
		events: func(w *simulation.World) {
			w.PutParameter(simulation.NewImage)
			w.At(4*time.Minute, (*simulation.World).RollBack)
		},
	}
}

func gone(c *simulation.Config) { c.Images[0].Gone = true }

func imageGone() scenario {
	return scenario{name: "image-gone", config: withThreeNodes(gone), want: success()}
}

// Where a parameter names the image, the group refers to its launch template as before at the end, if the
// parameter names the target then. Otherwise it keeps the version with the image.
func TestImageByParameter(t *testing.T) {
	const ofTheParameter = " of the parameter by "
	toBad := func(c *simulation.Config) { c.Update.Target = upgrade.Target{Image: simulation.BadImage} }
	cancelled := func(w *simulation.World) { w.At(4*time.Minute, (*simulation.World).Cancel) }
	rolledBack := func(w *simulation.World) { w.At(4*time.Minute, (*simulation.World).RollBack) }
	for name, c := range map[string]struct {
		change     func(*simulation.Config)
		events     []func(*simulation.World)
		afterwards bool // it is rolled back then
		// what the group launches at the end, if it named $Latest, $Default or a number
		latest, byDefault, number string
	}{
		"the parameter names the target": {
			events: []func(*simulation.World){named(simulation.NewImage)},
			latest: simulation.NewImage + ofTheParameter + "$Latest", byDefault: simulation.NewImage + ofTheParameter + "$Default",
			number: simulation.NewImage + ofTheParameter + "number",
		},
		"the parameter comes to name the target": {
			events: []func(*simulation.World){func(w *simulation.World) { w.At(2*time.Minute, named(simulation.NewImage)) }},
			latest: simulation.NewImage + ofTheParameter + "$Latest", byDefault: simulation.NewImage + ofTheParameter + "$Default",
			number: simulation.NewImage + ofTheParameter + "number",
		},
		"the parameter is changed in the middle": {
			events: []func(*simulation.World){named(simulation.NewImage), func(w *simulation.World) { w.At(2*time.Minute, named(simulation.BadImage)) }},
			latest: simulation.NewImage + " by $Latest", byDefault: simulation.NewImage + " by number", number: simulation.NewImage + " by number",
		},
		"the parameter names the image from before": {
			latest: simulation.NewImage + " by $Latest", byDefault: simulation.NewImage + " by number", number: simulation.NewImage + " by number",
		},
		"the parameter names an image that does not work, and it is the target": {
			change: toBad, events: []func(*simulation.World){named(simulation.BadImage)},
			latest: simulation.BadImage + ofTheParameter + "number", byDefault: simulation.BadImage + ofTheParameter + "$Default",
			number: simulation.BadImage + ofTheParameter + "number",
		},
		"it is cancelled": {
			events: []func(*simulation.World){named(simulation.NewImage), cancelled},
			latest: simulation.NewImage + ofTheParameter + "$Latest", byDefault: simulation.NewImage + ofTheParameter + "$Default",
			number: simulation.NewImage + ofTheParameter + "number",
		},
		"it is rolled back to an image that the parameter does not name": {
			events: []func(*simulation.World){named(simulation.NewImage), rolledBack},
			latest: simulation.OldImage + " by $Latest", byDefault: simulation.OldImage + " by number", number: simulation.OldImage + " by number",
		},
		"it is rolled back to the image that the parameter names": {
			events: []func(*simulation.World){rolledBack},
			latest: simulation.OldImage + ofTheParameter + "$Latest", byDefault: simulation.OldImage + ofTheParameter + "$Default",
			number: simulation.OldImage + ofTheParameter + "number",
		},
		"it is rolled back afterwards": {
			events: []func(*simulation.World){named(simulation.NewImage)}, afterwards: true,
			latest: simulation.OldImage + " by $Latest", byDefault: simulation.OldImage + " by number", number: simulation.OldImage + " by number",
		},
	} {
		for follows, want := range map[string]string{"$Latest": c.latest, "$Default": c.byDefault, "": c.number} {
			t.Run(name+" "+follows, func(t *testing.T) {
				s := scenario{rolledBack: c.afterwards, events: func(w *simulation.World) {
					for _, event := range c.events {
						event(w)
					}
				}}
				s.config = byParameter(follows)
				if c.change != nil {
					s.config = byParameter(follows, c.change)
				}
				got, err := s.play(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got.state.Template != want {
					t.Errorf("the group launches %s, want %s\n%s", got.state.Template, want, got.world.Story())
				}
			})
		}
	}
}

// Nodes that run what the parameter names are up to date, and nothing is changed for them.
func TestImageByParameterThatAllNodesRun(t *testing.T) {
	s := scenario{config: byParameter("$Latest", func(c *simulation.Config) { c.Update.Target = upgrade.Target{Image: simulation.OldImage} })}
	got, err := s.play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.state.Status != upgrade.Successful || got.state.Template != simulation.OldImage+" of the parameter by $Latest" {
		t.Errorf("it ends %+v", got.state)
	}
	for _, call := range got.world.Calls() {
		if call.Method == "Templates.CreateVersion" || call.Method == "Templates.Use" {
			t.Errorf("it calls %s", call.Method)
		}
	}
}

// An image that is gone cannot be launched, and no group can be pointed at it.
func TestImageThatIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		target                    string
		latest, byDefault, number string
	}{
		"the update succeeds": {
			simulation.NewImage, simulation.NewImage + " by $Latest", simulation.NewImage + " by number", simulation.NewImage + " by number",
		},
		"no node of the target becomes usable": {
			simulation.BadImage, simulation.BadImage + " by $Latest", simulation.BadImage + " by number", simulation.BadImage + " by number",
		},
	} {
		for follows, want := range map[string]string{"$Latest": c.latest, "$Default": c.byDefault, "": c.number} {
			t.Run(name+" "+follows, func(t *testing.T) {
				s := scenario{config: withThreeNodes(gone, func(config *simulation.Config) {
					config.Follows, config.Update.Target = follows, upgrade.Target{Image: c.target}
				})}
				got, err := s.play(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got.state.Template != want || got.state.HasDebts {
					t.Errorf("the group launches %s, want %s; debts: %t\n%s", got.state.Template, want, got.state.HasDebts, got.world.Story())
				}
			})
		}
	}
}

package carry

import (
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

// silenceTold is how long the API server may be silent until people are told.
const silenceTold = 8 * time.Second

// TellSilence tells people, until end is called, when the API server does not answer and when it
// answers again.
func (c *Command) TellSilence() (end func()) {
	over := make(chan struct{})
	var teller sync.WaitGroup
	teller.Go(func() {
		every := time.NewTicker(time.Second)
		defer every.Stop()
		for told := false; ; {
			select {
			case <-over:
				return
			case <-every.C:
				told = c.tellSilence(told)
			}
		}
	})
	return func() {
		close(over)
		teller.Wait()
	}
}

// tellSilence reports whether people know by now that the API server is silent.
func (c *Command) tellSilence(told bool) bool {
	switch length := c.Cluster.Silence(); {
	case !told && length >= silenceTold:
		c.Print.Say("The API server at %s has not answered for %s; retrying.", c.Cluster.Host(), text.Rough(length))
		return true
	case told && length == 0:
		c.Print.Say("The API server answers again.")
		return false
	}
	return told
}

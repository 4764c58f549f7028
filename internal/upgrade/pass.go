package upgrade

import (
	"context"
	"errors"
)

// Pass makes one pass: it observes the world, decides and then either saves an
// intent or acts. It can be called at any time, by any number of processes one
// after the other; whichever is killed wherever, the next one goes on.
//
// An error means that the world could not be observed or a record not be
// saved: nothing is lost, look again later. What an action answers is not an
// error of the pass but an event.
func Pass(ctx context.Context, w World) (Result, error) {
	return Result{}, errors.New("not built yet")
}

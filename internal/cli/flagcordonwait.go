package cli

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/cli/run"
)

// orAuto is a flag for a time that may be left to the load balancers.
func orAuto(flag checked[time.Duration]) checked[time.Duration] {
	parse, show := flag.parse, flag.print
	flag.kind = "duration|auto"
	flag.parse = func(text string) (time.Duration, error) {
		if text == "auto" {
			return run.AutoWait, nil
		}
		d, err := parse(text)
		if err != nil {
			return d, fmt.Errorf("%w, or auto", err)
		}
		return d, nil
	}
	flag.print = func(d time.Duration) string {
		if d == run.AutoWait {
			return "auto"
		}
		return show(d)
	}
	return flag
}

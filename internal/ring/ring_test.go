package ring

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/nodelift/nodelift/internal/kube"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play this seed and tell its story")
	seedsFlag = flag.Uint64("seeds", 100, "play the seeds from 1 to this one")
)

func TestMain(m *testing.M) {
	flag.Parse()
	kube.Quiet()
	debug.SetGCPercent(400)         // memory is cheaper here than time
	utilruntime.ErrorHandlers = nil // they log, and sleep by a clock that is not the bubble's
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": "http://aws.ring", "AWS_ACCESS_KEY_ID": "AKIARING", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		_ = os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

// TestSeeds plays upgrades in which everything around the engine goes wrong.
func TestSeeds(t *testing.T) {
	if *seedFlag != 0 {
		play(t, *seedFlag, true)
		return
	}
	for seed := range *seedsFlag {
		t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
			t.Parallel()
			play(t, seed+1, false)
		})
	}
}

func play(t *testing.T, seed uint64, tell bool) {
	synctest.Test(t, func(t *testing.T) {
		story, broken, err := Play(seed)
		if err != nil {
			t.Fatal(err)
		}
		if tell || len(broken) > 0 {
			t.Logf("\n%s", story)
		}
		for _, promise := range broken {
			t.Errorf("seed %d: %s", seed, promise)
		}
	})
}

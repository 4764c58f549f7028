package aws

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPartitionsAreTheSDKs reads the regions that the SDK knows, so that a newer SDK with another
// partition is noticed. The SDK keeps them where no other module can import them.
func TestPartitionsAreTheSDKs(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal/endpoints/awsrulesfn/partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct {
		Partitions []struct {
			ID      string
			Regions map[string]any
		}
	}
	if err := json.Unmarshal(content, &theirs); err != nil {
		t.Fatal(err)
	}
	regions := 0
	for _, p := range theirs.Partitions {
		for region := range p.Regions {
			if strings.HasSuffix(region, "-global") { // for services without regions
				continue
			}
			regions++
			if got := partitionOf(region).name; got != p.ID {
				t.Errorf("region %s is in %s, want %s", region, got, p.ID)
			}
			if !IsRegion(region) {
				t.Errorf("%s is not accepted as a region", region)
			}
		}
	}
	if regions < 40 {
		t.Errorf("only %d regions were found", regions)
	}
	for _, name := range []string{"", "us-west", "us-west-2a", "US-WEST-2", "us_west_2", "us-west-2 ", "west", "aws-global"} {
		if IsRegion(name) {
			t.Errorf("%q is accepted as a region", name)
		}
	}
}

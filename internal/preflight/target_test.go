package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestAim(t *testing.T) {
	tests := map[string]struct {
		asked  upgrade.Target
		server string
		want   upgrade.Target
		rule   string
	}{
		"no target is the API server's minor":    {server: "v1.37.1-eks-1234567", want: upgrade.Target{Version: "1.37"}},
		"a cloud's plus is no part of it":        {server: "1.37+", want: upgrade.Target{Version: "1.37"}},
		"a version":                              {asked: upgrade.Target{Version: "1.36"}, want: upgrade.Target{Version: "1.36"}},
		"no target, but a family":                {asked: upgrade.Target{Family: "Bottlerocket"}, want: upgrade.Target{Version: "1.37", Family: "Bottlerocket"}},
		"a release is for its family to read":    {asked: upgrade.Target{Release: "1.62.0-7d1e94b2"}, want: upgrade.Target{Release: "1.62.0-7d1e94b2"}},
		"an image is not looked at":              {asked: upgrade.Target{Image: "ami-1"}, want: upgrade.Target{Image: "ami-1"}},
		"nor is a template version":              {asked: upgrade.Target{TemplateVersion: "$Latest"}, want: upgrade.Target{TemplateVersion: "$Latest"}},
		"three minors older":                     {asked: upgrade.Target{Version: "1.34"}, want: upgrade.Target{Version: "1.34"}},
		"four minors older":                      {asked: upgrade.Target{Version: "1.33"}, rule: "TooOld"},
		"newer than the API server":              {asked: upgrade.Target{Version: "1.38"}, rule: "NewerThanServer"},
		"another major, newer":                   {asked: upgrade.Target{Version: "2.0"}, rule: "NewerThanServer"},
		"another major, older":                   {asked: upgrade.Target{Version: "0.99"}, rule: "TooOld"},
		"a patch is no minor":                    {asked: upgrade.Target{Version: "1.37.1"}, rule: "NotAVersion"},
		"a word is no version":                   {asked: upgrade.Target{Version: "newest"}, rule: "NotAVersion"},
		"a number too large is no version":       {asked: upgrade.Target{Version: "1.99999999999999999999"}, rule: "NotAVersion"},
		"an API server without a version":        {server: "unknown", rule: "NotAVersion"},
		"a version and an image are two targets": {asked: upgrade.Target{Version: "1.37", Image: "ami-1"}, rule: "TwoTargets"},
		"a release and a template are two, too":  {asked: upgrade.Target{Release: "1.37.1-20260915", TemplateVersion: "3"}, rule: "TwoTargets"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := tt.server
			if server == "" {
				server = "v1.37.1"
			}
			got, found := Aim(tt.asked, server)
			if tt.rule != "" {
				if len(found) != 1 || found[0].Rule != tt.rule {
					t.Errorf("found %v, want %s", found, tt.rule)
				}
				return
			}
			if len(found) > 0 || got != tt.want {
				t.Errorf("got %+v, %v", got, found)
			}
		})
	}
}

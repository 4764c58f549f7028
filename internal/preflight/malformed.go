package preflight

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// malformed warns about user data that the target's image does not read, though the right words are in
// them: nodes that run came from another version, or joined in another way.
func malformed(f Facts) []Finding {
	raw, err := base64.StdEncoding.DecodeString(f.UserData)
	if err != nil || len(raw) == 0 || f.Target.Image.ID == "" || unreadable(f) != nil {
		return nil
	}
	why := whyUnread(string(unzip(raw)), wayOf(f.Target.Image.Family))
	if why == "" {
		return nil
	}
	return one(Finding{
		Rule: "UserDataUnread",
		What: fmt.Sprintf("the user data of %s %s", launched(f), why),
		Why:  "new nodes would never join",
		Next: "create a version of the launch template with correct user data, and run the upgrade again",
	})
}

// whyUnread says what keeps an image from reading user data, "" if nothing is known to.
func whyUnread(text, way string) string {
	isMIME := regexp.MustCompile(`(?i)^(mime-version|content-type):`).MatchString(text)
	switch {
	case isEncodedAgain(text):
		return "are encoded in base64 twice: EC2 decodes them once"
	case way == settings && isMIME:
		return "are a MIME message, and Bottlerocket reads TOML alone"
	case way == script && !isMIME && strings.Contains(text, "/etc/eks/bootstrap.sh") && !regexp.MustCompile(`^(#!|#cloud-config|#include)`).MatchString(text):
		return "are a script that does not begin with #!, which cloud-init does not run"
	}
	return ""
}

// isEncodedAgain reports whether decoded user data are the base64 of some.
func isEncodedAgain(text string) bool {
	inner, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	begins := regexp.MustCompile(`(?i)^(#!|#cloud-config|mime-version:|content-type:|\[settings|apiversion:|<powershell>)`)
	return err == nil && begins.Match(unzip(inner))
}

package preflight

import "testing"

func TestUserDataThatNobodyReads(t *testing.T) {
	const (
		begin = "UserDataUnread: the user data of version 4 of launch template lt-1 "
		end   = ": new nodes would never join; create a version of the launch template with correct user data, and run the upgrade again"
	)
	ubuntu := func(f *Facts) { f.Present.Family, f.Target.Image.Family = "Ubuntu2404", "Ubuntu2404" }
	rocket := func(f *Facts) { f.Present.Family, f.Target.Image.Family = "Bottlerocket", "Bottlerocket" }
	check(t, map[string]scenario{
		"User data that are encoded twice are named.": {change: func(f *Facts) { f.UserData = encoded(encoded(nodeConfigMIME)) },
			warnings: []string{begin + "are encoded in base64 twice: EC2 decodes them once" + end}},
		"A script without its first line is named.": {change: func(f *Facts) {
			ubuntu(f)
			f.UserData = encoded("\n/etc/eks/bootstrap.sh harbour\n")
		}, warnings: []string{begin + "are a script that does not begin with #!, which cloud-init does not run" + end}},
		"A script with its first line is right.": {change: func(f *Facts) {
			ubuntu(f)
			f.UserData = encoded("#!/bin/bash\n/etc/eks/bootstrap.sh harbour\n")
		}},
		"A script in a MIME message needs no first line of the whole.": {change: func(f *Facts) {
			ubuntu(f)
			f.UserData = encoded("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript\n\n" +
				"#!/bin/bash\n/etc/eks/bootstrap.sh harbour\n--//--\n")
		}},
		"TOML in a MIME message is not read by Bottlerocket.": {change: func(f *Facts) {
			rocket(f)
			f.UserData = encoded("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/plain\n\n" +
				"[settings.kubernetes]\ncluster-name = \"harbour\"\n--//--\n")
		}, warnings: []string{begin + "are a MIME message, and Bottlerocket reads TOML alone" + end}},
		"TOML alone is read.": {change: func(f *Facts) {
			rocket(f)
			f.UserData = encoded("[settings.kubernetes]\ncluster-name = \"harbour\"\n")
		}},
	})
}

package preflight

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// wayOf returns how nodes of an image family join; "" if it is not known.
func wayOf(family string) string {
	for _, of := range []struct{ prefix, way string }{
		{"AmazonLinux2023", nodeadm}, {"AmazonLinux2", script}, {"Ubuntu", script},
		{"Bottlerocket", settings}, {"WindowsServer", powershell},
	} {
		if strings.HasPrefix(family, of.prefix) {
			return of.way
		}
	}
	return ""
}

// joining refuses an image that cannot read the user data with which it is launched, so
// that its nodes would never join. About an image that its publisher did not make this is a
// guess, which is left to doubts.
func joining(f Facts) []Finding {
	if found := unreadable(f); found != nil && f.Target.Image.Version != "" {
		return one(*found)
	}
	return nil
}

// doubts warns about user data that may keep new nodes from joining.
func doubts(f Facts) []Finding {
	if f.Target.Image.ID == "" || len(f.outdated()) == 0 && f.onTarget() {
		return nil // nothing is launched
	}
	var found []Finding
	if guess := unreadable(f); guess != nil && f.Target.Image.Version == "" {
		found = append(found, *guess)
	}
	found = append(found, unknownWay(f)...)
	found = append(found, otherCluster(f)...)
	return append(found, removedFlags(f)...)
}

// unreadable finds user data made for another family than the target's.
func unreadable(f Facts) *Finding {
	has, needs := readUserData(f.UserData).ways, wayOf(f.Target.Image.Family)
	if needs == "" || len(has) == 0 || slices.Contains(has, needs) {
		return nil
	}
	return &Finding{
		Rule: "UserDataOfAnotherFamily",
		What: fmt.Sprintf("the user data of %s contain %s, but image %s is of family %s, whose nodes join with %s",
			launched(f), strings.Join(has, " and "), name(f.Target.Image), f.Target.Image.Family, needs),
		Why:  "new nodes would never join",
		Next: makeVersion(f),
	}
}

func makeVersion(f Facts) string {
	return fmt.Sprintf("create a version of the launch template with an image and user data for %s, and name it with --launch-template-version",
		f.Target.Image.Family)
}

// unknownWay warns about user data that contain no known way to join, unless the present
// nodes show that they work.
func unknownWay(f Facts) []Finding {
	needs := wayOf(f.Target.Image.Family)
	if needs == "" || needs == wayOf(f.Present.Family) || len(readUserData(f.UserData).ways) > 0 {
		return nil
	}
	return one(Finding{
		Rule: "UserDataUnknown",
		What: fmt.Sprintf("the user data of %s contain no known way to join a cluster; nodes of family %s join with %s",
			launched(f), f.Target.Image.Family, needs),
		Why:  "new nodes may never join",
		Next: "check that the user data fit the new image, or " + makeVersion(f),
	})
}

func otherCluster(f Facts) []Finding {
	names := readUserData(f.UserData).cluster
	if names == "" || names == f.Cluster.Name {
		return nil
	}
	return one(Finding{
		Rule: "UserDataOfAnotherCluster",
		What: fmt.Sprintf("the user data of %s name the cluster %s, but --cluster is %s", launched(f), names, f.Cluster.Name),
		Why:  "new nodes would try to join the cluster in the user data",
		Next: "check that both names mean the same cluster",
	})
}

// removedFlags warns about flags that the kubelet of the target no longer has: it does not
// start with them.
func removedFlags(f Facts) []Finding {
	target, known := parseMinor(f.Target.Image.Version)
	if !known {
		return nil
	}
	var gone []string
	for _, flag := range []struct {
		name  string
		since *version.Version
	}{
		{"--keep-terminated-pod-volumes", version.MajorMinor(1, 31)}, // kubernetes/kubernetes#122082
		{"--pod-infra-container-image", version.MajorMinor(1, 35)},   // kubernetes/kubernetes#133779
	} {
		used := regexp.MustCompile(regexp.QuoteMeta(flag.name) + `\b`).MatchString(readUserData(f.UserData).text)
		if used && target.AtLeast(flag.since) {
			gone = append(gone, flag.name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "KubeletFlagGone",
		What:   fmt.Sprintf("the user data of %s have flags that the kubelet of Kubernetes %s no longer has", launched(f), target),
		Why:    "the kubelet does not start with them, so new nodes would never join",
		Next:   "create a version of the launch template without them and set it in the group",
		Things: gone,
	})
}

// launched names the template version whose user data the new nodes get.
func launched(f Facts) string {
	version := f.Template
	if f.Target.ByTemplate {
		version = f.Target.Template
	}
	return fmt.Sprintf("version %d of launch template %s", version.Number, version.ID)
}

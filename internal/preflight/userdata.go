package preflight

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// The ways in which user data let a node join its cluster. Each image family
// understands one of them.
const (
	nodeadm    = "a NodeConfig for nodeadm"
	script     = "a script that runs /etc/eks/bootstrap.sh"
	settings   = "TOML settings of Bottlerocket"
	powershell = "PowerShell that runs Start-EKSBootstrap.ps1"
)

// userData is what can be read from the user data of a launch template.
type userData struct {
	ways    []string // sorted, each once
	cluster string   // the cluster that they name, "" if none was found
	text    string   // without comments
}

// userDataLimit is far more than the 16 KiB that EC2 accepts, unpacked.
const userDataLimit = 1 << 20

// readUserData parses user data as EC2 returns them: in base64, perhaps compressed, perhaps
// a MIME message of several parts.
func readUserData(encoded string) userData {
	var all userData
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return all
	}
	for _, part := range partsOf(unzip(raw)) {
		all.add(part)
	}
	slices.Sort(all.ways)
	all.ways = slices.Compact(all.ways)
	return all
}

// unzip decompresses what is compressed, and returns anything else unchanged.
func unzip(raw []byte) []byte {
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return raw
	}
	if plain, err := io.ReadAll(io.LimitReader(packed, userDataLimit)); err == nil {
		return plain
	}
	return raw
}

// partsOf returns the parts of a MIME message, or the whole if it is none.
func partsOf(raw []byte) []string {
	whole := []string{string(raw)}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return whole
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return whole
	}
	var parts []string
	reader := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if err != nil {
			return parts
		}
		if content, err := io.ReadAll(io.LimitReader(part, userDataLimit)); err == nil {
			parts = append(parts, string(unzip(decoded(content, part.Header.Get("Content-Transfer-Encoding")))))
		}
	}
}

func decoded(content []byte, encoding string) []byte {
	if !strings.EqualFold(encoding, "base64") {
		return content
	}
	packed := bytes.Join(bytes.Fields(content), nil)
	if plain, err := base64.StdEncoding.AppendDecode(nil, packed); err == nil {
		return plain
	}
	return content
}

// way is one way to join a cluster, with the signs of it and where it names the cluster.
type way struct {
	name           string
	signs, cluster *regexp.Regexp
}

func ways() []way {
	return []way{
		{ // a script may write or run it, too; a part that is one says more, see nodeConfig
			name:    nodeadm,
			signs:   regexp.MustCompile(`node\.eks\.aws/|\bnodeadm init\b`),
			cluster: regexp.MustCompile(`(?m)^\s+cluster:\n\s+name: ["']?([0-9A-Za-z][0-9A-Za-z_-]*)`),
		},
		{
			name:    script,
			signs:   regexp.MustCompile(`/etc/eks/bootstrap\.sh|/eksctl/bootstrap\.(al2|ubuntu|linux)\.sh`),
			cluster: regexp.MustCompile(`/etc/eks/bootstrap\.sh["']?(?:[ \t]|\\\n)+["']?([0-9A-Za-z][0-9A-Za-z_-]*)|(?m:^\s*(?:- )?CLUSTER_NAME=["']?([0-9A-Za-z][0-9A-Za-z_-]*))`),
		},
		{
			name:    powershell,
			signs:   regexp.MustCompile(`Start-EKSBootstrap\.ps1|EKSBootstrapScriptFile`),
			cluster: regexp.MustCompile(`(?i)-EKSClusterName\s+["']?([0-9A-Za-z][0-9A-Za-z_-]*)`),
		},
	}
}

// add reads one part.
func (u *userData) add(part string) {
	text := regexp.MustCompile(`(?m)^\s*#.*\n?`).ReplaceAllString(part, "")
	u.text += text
	if cluster, found := nodeConfig(part); found {
		u.found(nodeadm, cluster)
		return
	}
	if cluster, found := bottlerocketSettings(part); found {
		u.found(settings, cluster)
		return
	}
	for _, w := range ways() {
		if w.signs.MatchString(text) {
			name := w.cluster.FindStringSubmatch(text)
			u.found(w.name, strings.Join(name[min(1, len(name)):], ""))
		}
	}
}

func (u *userData) found(way, cluster string) {
	u.ways = append(u.ways, way)
	if u.cluster == "" {
		u.cluster = cluster
	}
}

// nodeConfig reads the cluster's name from NodeConfigs, of which nodeadm merges several.
func nodeConfig(part string) (cluster string, found bool) {
	documents := yaml.NewYAMLOrJSONDecoder(strings.NewReader(part), len(part)+1)
	for {
		var config struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Spec       struct {
				Cluster struct {
					Name string `json:"name"`
				} `json:"cluster"`
			} `json:"spec"`
		}
		if err := documents.Decode(&config); err != nil {
			return cluster, found
		}
		if config.Kind == "NodeConfig" && strings.HasPrefix(config.APIVersion, "node.eks.aws/") {
			found = true
			if config.Spec.Cluster.Name != "" {
				cluster = config.Spec.Cluster.Name
			}
		}
	}
}

// bottlerocketSettings reads the cluster's name from the TOML that Bottlerocket takes.
func bottlerocketSettings(part string) (cluster string, found bool) {
	var config struct {
		Settings struct {
			Kubernetes *struct {
				ClusterName string `toml:"cluster-name"`
			} `toml:"kubernetes"`
		} `toml:"settings"`
	}
	if err := toml.Unmarshal([]byte(part), &config); err != nil || config.Settings.Kubernetes == nil {
		return "", false
	}
	return config.Settings.Kubernetes.ClusterName, true
}

package rooms

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestEveryPackageImportsOnlyWhatItsRoomMay(t *testing.T) {
	rooms := Rooms()
	for file, imports := range importsBelow(t, filepath.Join("..", "..")) {
		pkg := Module + "/" + path.Dir(file)
		room, ok := Of(rooms, pkg)
		if !ok {
			t.Errorf("%s: %s has no room: give it one in internal/rooms/table_test.go and in section 6 of docs/design.md", file, pkg)
			continue
		}
		for _, imported := range imports {
			if !room.May(imported) {
				t.Errorf("%s imports %s, which %s may not (docs/design.md, section 6)", file, imported, room.Path)
			}
		}
	}
}

func TestRules(t *testing.T) {
	const ours = Module + "/"
	tests := map[string]struct {
		from, to string
		may      bool
	}{
		"the contract imports the standard library":                  {"internal/upgrade", "context", true},
		"the contract does not import the engine":                    {"internal/upgrade", ours + "internal/engine", false},
		"the engine imports the contract":                            {"internal/engine", ours + "internal/upgrade", true},
		"the engine imports what lies below it":                      {"internal/engine", ours + "internal/engine/fleet", true},
		"the engine does not import Kubernetes":                      {"internal/engine", "k8s.io/api/core/v1", false},
		"the engine does not import the cluster":                     {"internal/engine", ours + "internal/kube", false},
		"the fleet does not import the engine above it":              {"internal/engine/fleet", ours + "internal/engine", false},
		"the cloud does not import Kubernetes":                       {"internal/aws", "k8s.io/api/core/v1", false},
		"the view imports the resources":                             {"internal/view", ours + "api/v1alpha1", true},
		"the view does not import the engine":                        {"internal/view", ours + "internal/upgrade", false},
		"the fake cloud imports no product package":                  {"internal/fakeaws", ours + "internal/upgrade", false},
		"the sandbox imports the fake cloud":                         {"sandbox/cloud", ours + "internal/fakeaws", true},
		"the sandbox imports no other product package":               {"sandbox/cloud", ours + "internal/kube", false},
		"the sandbox imports whatever is not ours":                   {"sandbox/cloud", "k8s.io/kubernetes/cmd/kube-apiserver/app", true},
		"the command does not reach around the cloud":                {"internal/cli", "github.com/aws/aws-sdk-go-v2/service/ec2", false},
		"the printers do not reach the cluster through a connection": {"internal/cli/show", ours + "internal/cli/connect", false},
		"a name that only begins alike is another room's":            {"cmd/nodelift", ours + "internal/client", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			room, ok := Of(Rooms(), ours+tt.from)
			if !ok {
				t.Fatalf("%s has no room", tt.from)
			}
			if got := room.May(tt.to); got != tt.may {
				t.Errorf("%s may import %s: %v, want %v", tt.from, tt.to, got, tt.may)
			}
		})
	}
}

// importsBelow returns the imports of every Go file below a directory, by the
// file's path from there. Test files are free: they meet the whole product.
func importsBelow(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipOthers(d.Name())
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		imports, err := importsOf(name)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, name)
		found[filepath.ToSlash(file)] = imports
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no Go file below %s", root)
	}
	return found
}

// skipOthers leaves out directories that the go command leaves out, too.
func skipOthers(dir string) error {
	if dir == "testdata" || dir == "bin" || len(dir) > 2 && dir[0] == '.' {
		return fs.SkipDir
	}
	return nil
}

func importsOf(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, imported)
	}
	return imports, nil
}

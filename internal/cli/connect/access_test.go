package connect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/cli/terminal"
)

func kubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	content := "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n" +
		"contexts: [{name: a, context: {cluster: c}}]\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestActingAsSomebodyElse(t *testing.T) {
	config, err := Access{Kubeconfig: kubeconfig(t), As: "ann", AsGroups: []string{"platform", "ops"}}.config()
	if err != nil {
		t.Fatal(err)
	}
	want := rest.ImpersonationConfig{UserName: "ann", Groups: []string{"platform", "ops"}}
	if diff := cmp.Diff(want, config.Impersonate); diff != "" {
		t.Errorf("impersonation differs (-want +got):\n%s", diff)
	}
	if _, err := (Access{Kubeconfig: kubeconfig(t), AsGroups: []string{"ops"}}).config(); err == nil || !strings.Contains(err.Error(), "--as") {
		t.Errorf("groups of nobody: %v", err)
	}
}

// A person is asked for a code once: later, another question would be drawn over by the status.
func TestMFAIsAskedOnce(t *testing.T) {
	var shown bytes.Buffer
	m := &MFA{Streams: terminal.Streams{In: bytes.NewBufferString("123456\n654321\n"), Err: &shown}}
	if code, err := m.ask("arn:mfa/ann"); code != "123456" || err != nil || !strings.Contains(shown.String(), "arn:mfa/ann") {
		t.Errorf("code %q after %q: %v", code, shown.String(), err)
	}
	if code, err := m.ask("arn:mfa/ann"); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("the second time: %q, %v", code, err)
	}
	for name, nobody := range map[string]*MFA{"no terminal": m, "nobody at all": nil} {
		if nobody.canAsk() || (Access{MFA: nobody}).options("r", "v").MFACode != nil {
			t.Errorf("%s: somebody is asked", name)
		}
	}
}

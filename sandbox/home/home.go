// Package home is the directory of one sandbox.
//
// # Its files
//
//	lock         locked (flock) by the running sandbox and by each of its children
//	state.json   what others need to know: process, addresses, versions
//	kubeconfig   the administrator's, 0600
//	pki/         certificates and keys of this run
//	etcd/        the database of this run
//	logs/        one file for each component
//	audit.log    every request to the API server, as JSON lines
//
// # Who owns it
//
// A sandbox keeps nothing from one run to the next: Claim removes the files of an
// earlier run. Only the lock tells whether that run is over: the kernel releases
// it when the last process that has it ends, however it ends. A process number or
// a file could be wrong. As the children have the same lock, a free lock means
// that no process of the sandbox is left, and waiting for the end of a sandbox is
// waiting for its lock.
//
// Only the files named above are ever removed. A directory with other files and
// without a lock file is refused, so that a typing error such as --dir ~ does no
// harm.
package home

import (
	"os"
	"path/filepath"
)

// Dir is the path of a sandbox's directory.
type Dir string

// Default is the directory of a sandbox without --dir:
// $XDG_STATE_HOME/nodelift-sandbox, otherwise ~/.local/state/nodelift-sandbox.
func Default() Dir {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return Dir(filepath.Join(state, "nodelift-sandbox"))
	}
	user, err := os.UserHomeDir()
	if err != nil {
		user = os.TempDir()
	}
	return Dir(filepath.Join(user, ".local", "state", "nodelift-sandbox"))
}

// Path joins the directory with names below it.
func (d Dir) Path(names ...string) string {
	return filepath.Join(append([]string{string(d)}, names...)...)
}

// Kubeconfig is the administrator's kubeconfig.
func (d Dir) Kubeconfig() string { return d.Path("kubeconfig") }

// Log is the log file of a component.
func (d Dir) Log(component string) string { return d.Path("logs", component+".log") }

// AuditLog is the file in which the API server logs requests.
func (d Dir) AuditLog() string { return d.Path("audit.log") }

const (
	lockName  = "lock"
	stateName = "state.json"
)

// entries are the names of everything that a run creates, except the lock.
var entries = []string{stateName, stateName + ".new", "kubeconfig", "pki", "etcd", "logs", "audit.log"}

// At is the directory with that path, made absolute, because later commands run
// in other working directories.
func At(path string) Dir {
	if path == "" {
		return ""
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Dir(path)
	}
	return Dir(absolute)
}

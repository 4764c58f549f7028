// Package home is the directory in which one sandbox lives.
//
// # What lies in it
//
//	lock         held (flock) by the running sandbox and by each of its children
//	state.json   what the running sandbox tells others: process, addresses, versions
//	kubeconfig   the administrator's, 0600
//	pki/         certificates and keys of this run
//	etcd/        the database of this run
//	logs/        one file for each component
//	audit.log    every request to the API server, as JSON lines
//
// # Who owns it
//
// A sandbox keeps nothing from one run to the next: Claim wipes what an earlier
// run left. Whether that run is over is known from the lock alone, which the
// kernel gives back when the last process that holds it dies, however it dies.
// Neither a process number nor a file can lie about it. As the children hold the
// same lock, "the lock is free" means that no process of the sandbox is left;
// waiting for the end is waiting for the lock.
//
// Only entries named above are ever removed, and a directory that holds other
// things without a lock file is refused, so that a slip such as --dir ~ does no
// harm.
package home

import (
	"os"
	"path/filepath"
)

// Dir is the path of a sandbox's directory.
type Dir string

// Default is where a sandbox lives when nobody says otherwise:
// $XDG_STATE_HOME/nodelift-sandbox, or the same under ~/.local/state.
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

// Kubeconfig is the file with which the administrator reaches the cluster.
func (d Dir) Kubeconfig() string { return d.Path("kubeconfig") }

// Log is the file into which a component writes.
func (d Dir) Log(component string) string { return d.Path("logs", component+".log") }

// AuditLog is where the API server writes down every request.
func (d Dir) AuditLog() string { return d.Path("audit.log") }

const (
	lockName  = "lock"
	stateName = "state.json"
)

// entries are all the names that a run makes, apart from the lock.
var entries = []string{stateName, stateName + ".new", "kubeconfig", "pki", "etcd", "logs", "audit.log"}

// At is the directory with that path, made absolute: a sandbox outlives the
// place where its command was typed.
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

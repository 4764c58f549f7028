package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// State is what others need to know of a running sandbox. It is written once,
// when the sandbox is ready.
type State struct {
	PID               int            `json:"pid"`
	Started           time.Time      `json:"started"`
	APIServer         string         `json:"apiServer"`
	KubernetesVersion string         `json:"kubernetesVersion"`
	AWSEndpoint       string         `json:"awsEndpoint"`
	Region            string         `json:"region"`
	Cluster           string         `json:"cluster"`
	Groups            []string       `json:"groups"`
	Components        map[string]int `json:"components"` // process numbers by name
}

// ErrNotRunning says that no sandbox is running in the directory, or that it is not ready yet.
var ErrNotRunning = errors.New("no sandbox is running")

// WriteState writes the state. Readers see all of it or nothing.
func (d Dir) WriteState(s State) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	fresh := d.Path(stateName + ".new")
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, d.Path(stateName))
}

// ReadState returns the state of the running sandbox, or an error that wraps ErrNotRunning.
func (d Dir) ReadState() (State, error) {
	pid, err := d.Owner()
	if err != nil {
		return State{}, err
	}
	if pid == 0 {
		return State{}, fmt.Errorf("%w in %s; start one with: nodelift-sandbox up --dir %s --detach", ErrNotRunning, d, d)
	}
	text, err := os.ReadFile(d.Path(stateName))
	if errors.Is(err, os.ErrNotExist) {
		return State{}, fmt.Errorf("%w yet: the one in %s is still starting", ErrNotRunning, d)
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		return State{}, fmt.Errorf("read %s: %w", d.Path(stateName), err)
	}
	return s, nil
}

package home

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestClaimWipesOnlyItsOwn(t *testing.T) {
	dir := Dir(t.TempDir())
	lock, err := dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir.Kubeconfig())
	write(t, dir.Path("notes.txt"))
	lock.Close()

	lock, err = dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := os.Stat(dir.Kubeconfig()); err == nil {
		t.Error("the kubeconfig of the earlier run is still there")
	}
	if _, err := os.Stat(dir.Path("notes.txt")); err != nil {
		t.Error("somebody's notes were removed")
	}
}

func TestClaimRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file)
	full := t.TempDir()
	write(t, filepath.Join(full, "thesis.txt"))
	for name, dir := range map[string]Dir{"a file": Dir(file), "below a file": Dir(file + "/x"), "a directory in use": Dir(full)} {
		t.Run(name, func(t *testing.T) {
			_, err := dir.Claim(0)
			if unusable := (*UnusableError)(nil); !errors.As(err, &unusable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestClaimedTwice(t *testing.T) {
	dir := Dir(t.TempDir())
	lock, err := dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	_, err = dir.Claim(time.Hour) // the owner is running, so Claim does not wait
	if running := (*RunningError)(nil); !errors.As(err, &running) || running.PID != os.Getpid() {
		t.Errorf("got %v, want a RunningError with this process", err)
	}
	if owner, err := dir.Owner(); owner != os.Getpid() || err != nil {
		t.Errorf("owner %d, %v", owner, err)
	}
}

// Claim waits for a lock that a child of an owner that has ended still has.
func TestClaimWaitsForOrphans(t *testing.T) {
	dir := Dir(t.TempDir())
	lock, err := dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	orphan := exec.Command("cat")
	orphan.ExtraFiles = []*os.File{lock}
	stdin, err := orphan.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	write(t, dir.Path(lockName)) // an owner that is not running
	lock.Close()
	if owner, err := dir.Owner(); owner != 0 || err != nil {
		t.Fatalf("owner %d, %v", owner, err)
	}
	if _, err := dir.Claim(0); err == nil {
		t.Fatal("claimed the directory while a child of the old sandbox was running")
	}

	claimed := make(chan error, 1)
	go func() {
		_, err := dir.Claim(time.Minute)
		claimed <- err
	}()
	stdin.Close()
	orphan.Wait()
	if err := <-claimed; err != nil {
		t.Error(err)
	}
}

func TestEndOfNothing(t *testing.T) {
	for _, dir := range []Dir{Dir(t.TempDir()), Dir(filepath.Join(t.TempDir(), "absent"))} {
		if ran, err := dir.End(context.Background(), time.Second); ran || err != nil {
			t.Errorf("%v, %v; want that none was running", ran, err)
		}
	}
}

func TestStateNeedsALivingSandbox(t *testing.T) {
	dir := Dir(t.TempDir())
	lock, err := dir.Claim(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.ReadState(); !errors.Is(err, ErrNotRunning) {
		t.Errorf("ReadState before WriteState: %v", err)
	}
	if err := dir.WriteState(State{PID: os.Getpid(), Groups: []string{"g"}}); err != nil {
		t.Fatal(err)
	}
	if s, err := dir.ReadState(); !slices.Equal(s.Groups, []string{"g"}) || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
	lock.Close()
	if _, err := dir.ReadState(); !errors.Is(err, ErrNotRunning) {
		t.Errorf("ReadState after the sandbox has ended: %v", err)
	}
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

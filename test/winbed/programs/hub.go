package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// hub is a service host: it runs the stand-in of the edge-hub, which is not a service, with its own arguments.
func hub(args []string) int {
	log, err := os.Create(filepath.Join(folder, "yurthub.log"))
	if err != nil {
		return 1
	}
	child := exec.Command(filepath.Join(folder, "hub", "yurthub.exe"), args...)
	child.Stdout, child.Stderr = log, log
	var state sync.Mutex
	stopped := false
	work := func() {
		state.Lock()
		err := child.Start()
		state.Unlock()
		if err == nil {
			err = child.Wait()
		}
		state.Lock()
		defer state.Unlock()
		if !stopped {
			fail("yurthub", fmt.Errorf("it ended: %w", err))
		}
	}
	stop := func() {
		state.Lock()
		defer state.Unlock()
		stopped = true
		if child.Process != nil {
			child.Process.Kill()
		}
	}
	return serve("yurthub", service{work: work, stop: stop})
}

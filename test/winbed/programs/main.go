// One program that stands, under many names, for what wine does not have: programs of System32 that it answers for
// with exit code 0 and no effect, and the services that a node runs. Each call is one line of C:\winbed\calls.log.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows/registry"
)

const folder = `C:\winbed`

// Of a call that nothing was said about: a test that runs it unchecked must not be green.
const unexpected = 255

type program func(args []string) int

var programs = map[string]program{
	"certutil":   certutil,
	"containerd": containerd,
	"ctr":        func([]string) int { return 0 },
	"dism":       dism,
	"icacls":     icacls,
	"keep":       keep,
	"kubelet":    kubelet,
	"netsh":      netsh,
	"powershell": powershell,
	"relay":      relay,
	"sc":         serviceControl,
	"schtasks":   scheduler,
	"shutdown":   func([]string) int { return 0 },
	"yurthub":    hub,
}

func main() {
	self, _ := os.Executable()
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(self)), ".exe")
	args := os.Args[1:]
	if name == "relay" || name == "keep" {
		os.Exit(programs[name](args))
	}
	record(name, args)
	run, known := programs[name]
	if !known {
		run = func([]string) int { return told(name) }
	}
	os.Exit(run(args))
}

// Only an elevated administrator may read it, and wine forgets it with every start.
const administratorsKey = `S-1-5-19\Environment`

// keep runs as long as the machine: without a program wine ends, and with it all services.
func keep([]string) int {
	if _, _, err := registry.CreateKey(registry.USERS, administratorsKey, registry.ALL_ACCESS); err != nil {
		return 1
	}
	fmt.Println("booted")
	for {
		time.Sleep(time.Hour)
	}
}

func record(name string, args []string) {
	line, _ := json.Marshal(append([]string{name}, args...))
	file, err := os.OpenFile(folder+`\calls.log`, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	file.Write(append(line, '\n'))
}

// told answers as NAME.out and NAME.code say.
func told(name string) int {
	text, err := os.ReadFile(filepath.Join(folder, name+".code"))
	if err != nil {
		return unexpected
	}
	output, _ := os.ReadFile(filepath.Join(folder, name+".out"))
	os.Stdout.Write(output)
	var code int
	fmt.Sscan(string(text), &code)
	return code
}

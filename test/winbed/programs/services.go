package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows/svc"
)

const (
	criPipe        = `\\.\pipe\containerd-containerd`
	runtimeVersion = "containerd github.com/containerd/containerd v1.7.24 winbed"
	// Of a kubelet that is stopped: it says so with an error of its own.
	stoppedKubelet = 0x20000001
)

// Before the version of a kubelet, which is the end of its file.
const versionMark = "\nkubernetes="

func kubernetes() string {
	self, _ := os.Executable()
	content, _ := os.ReadFile(self)
	return strings.TrimSpace(string(content[bytes.LastIndex(content, []byte(versionMark))+len(versionMark):]))
}

// What services leave on the drive while they run, and the pods of a kubelet with them.
var leftBehind = map[string][]string{
	"containerd": {`C:\ProgramData\containerd\root\metadata.db`},
	"kubelet": {
		`C:\var\lib\kubelet\pods\1\volume`,
		`C:\var\log\pods\1\0.log`,
		`C:\etc\cni\net.d\10-flannel.conf`,
		`C:\opt\cni\bin\flannel.exe`,
		`C:\run\flannel\subnet.env`,
		`C:\k\kube-proxy\kube-proxy.exe`,
	},
}

// What a kubelet logs, and a token that an archive must not have.
const (
	kubeletLog = `C:\var\log\kubelet\kubelet.exe.WIN-EDGE1.SYSTEM.log.INFO.20261129-142233.1`
	logLines   = "I1129 14:22:33.000000       1 server.go:417] Version: %s\n" +
		"I1129 14:22:34.000000       1 round_trippers.go:435] Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2VjcmV0\n"
)

// A service that works until it is stopped.
type service struct {
	work func()
	// What is done when it is stopped, if there is something.
	stop func()
	// What it ends with; none if it is 0.
	code uint32
}

func (s service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.StartPending}
	go s.work()
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	for request := range requests {
		switch request.Cmd {
		case svc.Interrogate:
			status <- request.CurrentStatus
		case svc.Stop, svc.Shutdown:
			status <- svc.Status{State: svc.StopPending}
			if s.stop != nil {
				s.stop()
			}
			return s.code != 0, s.code
		}
	}
	return false, 0
}

func serve(name string, of service) int {
	for _, path := range leftBehind[name] {
		os.MkdirAll(filepath.Dir(path), 0o700)
		os.WriteFile(path, nil, 0o600)
	}
	if err := svc.Run(name, of); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// containerd is the pipe of one: what answers there listens at an address outside.
func containerd(args []string) int {
	if !has(args, "--run-service") {
		fmt.Println(runtimeVersion)
		return 0
	}
	return serve("containerd", service{work: func() {
		address, err := os.ReadFile(filepath.Join(folder, "cri.address"))
		if err == nil {
			err = forward(criPipe, strings.TrimSpace(string(address)))
		}
		fail("containerd", err)
	}})
}

func kubelet(args []string) int {
	if has(args, "--version") {
		fmt.Println("Kubernetes", kubernetes())
		return 0
	}
	os.MkdirAll(filepath.Dir(kubeletLog), 0o700)
	os.WriteFile(kubeletLog, []byte(fmt.Sprintf(logLines, kubernetes())), 0o600)
	return serve("kubelet", service{work: func() { fail("kubelet", attend(args)) }, code: stoppedKubelet})
}

func fail(name string, err error) {
	os.WriteFile(filepath.Join(folder, name+".failed"), []byte(fmt.Sprint(err)), 0o600)
	os.Exit(3)
}

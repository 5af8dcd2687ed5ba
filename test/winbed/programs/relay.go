package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const shell = `C:\Windows\System32\cmd.exe`

type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// relay runs a program with pipes that Windows made, and copies: Node.js cannot open a pipe of Linux under wine. The
// whole exit code is left in a file, since Linux has eight bits for it. Without a program, the command line is in a file,
// as it is given to Windows.
func relay(args []string) int {
	command := exec.Command(args[len(args)-1])
	if len(args) > 1 {
		command = exec.Command(args[1], args[2:]...)
	} else if line, err := os.ReadFile(filepath.Join(folder, args[0]+".line")); err == nil {
		command = exec.Command(shell)
		command.SysProcAttr = &syscall.SysProcAttr{CmdLine: string(line)}
	}
	code := run(command)
	os.WriteFile(filepath.Join(folder, args[0]+".exit"), []byte(fmt.Sprint(code)), 0o600)
	return code
}

func run(command *exec.Cmd) int {
	command.Stdout = onlyWriter{os.Stdout}
	command.Stderr = onlyWriter{os.Stderr}
	input, err := command.StdinPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		return 127
	}
	go func() {
		io.Copy(input, onlyReader{os.Stdin})
		input.Close()
	}()
	var ended *exec.ExitError
	if err := command.Wait(); errors.As(err, &ended) {
		return ended.ExitCode()
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		return 127
	}
	return 0
}

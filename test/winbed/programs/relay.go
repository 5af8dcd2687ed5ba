package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// relay runs a program with pipes that Windows made, and copies: Node.js cannot open a pipe of Linux under wine. The
// whole exit code is left in a file, since Linux has eight bits for it.
func relay(args []string) int {
	code := run(args[1:])
	os.WriteFile(filepath.Join(folder, args[0]+".exit"), []byte(fmt.Sprint(code)), 0o600)
	return code
}

func run(args []string) int {
	command := exec.Command(args[0], args[1:]...)
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

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// Of schtasks: there is no such task, or anything else failed.
const failed = 1

// scheduler keeps definitions of tasks; running them is somebody else's.
func scheduler(words []string) int {
	if len(words) < 3 {
		return unexpected
	}
	path := filepath.Join(folder, "tasks", words[2]+".xml")
	switch strings.ToLower(words[0]) {
	case "/create":
		return createTask(words, path)
	case "/query":
		text, err := os.ReadFile(path)
		if err != nil {
			return failed
		}
		fmt.Print(string(text))
		return 0
	case "/delete":
		if os.Remove(path) != nil {
			return failed
		}
		return 0
	}
	return unexpected
}

// A definition is in UTF-16 with its mark, as the task scheduler insists on.
func createTask(words []string, path string) int {
	bytes, err := os.ReadFile(words[4])
	if err != nil || len(bytes) < 2 || bytes[0] != 0xff || bytes[1] != 0xfe {
		return failed
	}
	units := make([]uint16, len(bytes)/2-1)
	for i := range units {
		units[i] = uint16(bytes[2*i+2]) | uint16(bytes[2*i+3])<<8
	}
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil || os.WriteFile(path, []byte(string(utf16.Decode(units))), 0o600) != nil {
		return unexpected
	}
	return 0
}

package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Of sc.exe: the words make no sense.
const invalidWords = 1639

var starts = map[string]uint32{
	"auto":     windows.SERVICE_AUTO_START,
	"demand":   windows.SERVICE_DEMAND_START,
	"disabled": windows.SERVICE_DISABLED,
}

// serviceControl is sc.exe over the manager of services that wine has: its own one knows neither `config` nor `failure`.
func serviceControl(args []string) int {
	if len(args) < 2 {
		return invalidWords
	}
	code := exitCode(control(args[0], args[1], args[2:]))
	if code != 0 {
		fmt.Printf("[SC] FAILED %d:\r\n", code)
	}
	return code
}

func control(verb, name string, rest []string) error {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_ALL_ACCESS)
	if err != nil {
		return err
	}
	defer windows.CloseServiceHandle(manager)
	wanted, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	if verb == "create" {
		return create(manager, wanted, rest)
	}
	service, err := windows.OpenService(manager, wanted, windows.SERVICE_ALL_ACCESS)
	if err != nil {
		return err
	}
	defer windows.CloseServiceHandle(service)
	return onService(service, verb, name, rest)
}

func onService(service windows.Handle, verb, name string, rest []string) error {
	var status windows.SERVICE_STATUS
	switch verb {
	case "query":
		return query(service, name)
	case "config":
		return configure(service, rest)
	case "description":
		return describe(service, rest)
	case "failure", "failureflag":
		// Wine neither keeps nor carries out what is to happen after a failure: the call is recorded.
		return nil
	case "start":
		return windows.StartService(service, 0, nil)
	case "stop":
		return windows.ControlService(service, windows.SERVICE_CONTROL_STOP, &status)
	case "delete":
		return windows.DeleteService(service)
	}
	return syscall.Errno(invalidWords)
}

func exitCode(err error) int {
	var number syscall.Errno
	if err == nil {
		return 0
	}
	if errors.As(err, &number) {
		return int(number)
	}
	return unexpected
}

type settings struct {
	command, display, depend *uint16
	start                    uint32
}

// parse reads pairs: `start=` and `auto` are two arguments.
func parse(words []string) (settings, error) {
	parsed := settings{start: windows.SERVICE_NO_CHANGE}
	if len(words)%2 != 0 {
		return parsed, syscall.Errno(invalidWords)
	}
	for i := 0; i < len(words); i += 2 {
		value := words[i+1]
		text, err := windows.UTF16PtrFromString(value)
		if err != nil {
			return parsed, err
		}
		switch strings.ToLower(words[i]) {
		case "binpath=":
			parsed.command = text
		case "displayname=":
			parsed.display = text
		case "depend=":
			parsed.depend = block(value)
		case "start=":
			start, known := starts[value]
			if !known {
				return parsed, syscall.Errno(invalidWords)
			}
			parsed.start = start
		default:
			return parsed, syscall.Errno(invalidWords)
		}
	}
	return parsed, nil
}

// block makes of `a/b` what the manager takes: each name ends with a zero, and the list with one more.
func block(names string) *uint16 {
	var units []uint16
	for _, name := range strings.Split(names, "/") {
		if name != "" {
			units = append(units, windows.StringToUTF16(name)...)
		}
	}
	units = append(units, 0, 0)
	return &units[0]
}

func create(manager windows.Handle, name *uint16, words []string) error {
	with, err := parse(words)
	if err != nil {
		return err
	}
	if with.start == windows.SERVICE_NO_CHANGE {
		with.start = windows.SERVICE_DEMAND_START
	}
	service, err := windows.CreateService(manager, name, with.display, windows.SERVICE_ALL_ACCESS,
		windows.SERVICE_WIN32_OWN_PROCESS, with.start, windows.SERVICE_ERROR_NORMAL, with.command, nil, nil, with.depend, nil, nil)
	if err != nil {
		return err
	}
	return windows.CloseServiceHandle(service)
}

func configure(service windows.Handle, words []string) error {
	with, err := parse(words)
	if err != nil {
		return err
	}
	return windows.ChangeServiceConfig(service, windows.SERVICE_NO_CHANGE, with.start, windows.SERVICE_NO_CHANGE,
		with.command, nil, nil, with.depend, nil, nil, with.display)
}

func describe(service windows.Handle, words []string) error {
	text, err := windows.UTF16PtrFromString(strings.Join(words, " "))
	if err != nil {
		return err
	}
	description := windows.SERVICE_DESCRIPTION{Description: text}
	return windows.ChangeServiceConfig2(service, windows.SERVICE_CONFIG_DESCRIPTION, (*byte)(unsafe.Pointer(&description)))
}

var stateNames = []string{"", "STOPPED", "START_PENDING", "STOP_PENDING", "RUNNING", "CONTINUE_PENDING", "PAUSE_PENDING", "PAUSED"}

func query(service windows.Handle, name string) error {
	var status windows.SERVICE_STATUS
	if err := windows.QueryServiceStatus(service, &status); err != nil {
		return err
	}
	lines := []string{
		"",
		"SERVICE_NAME: " + name,
		fmt.Sprintf("        TYPE               : %x  WIN32_OWN_PROCESS", status.ServiceType),
		fmt.Sprintf("        STATE              : %d  %s", status.CurrentState, stateNames[status.CurrentState]),
		"                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)",
		fmt.Sprintf("        WIN32_EXIT_CODE    : %d  (0x%x)", status.Win32ExitCode, status.Win32ExitCode),
		fmt.Sprintf("        SERVICE_EXIT_CODE  : %d  (0x%x)", status.ServiceSpecificExitCode, status.ServiceSpecificExitCode),
		fmt.Sprintf("        CHECKPOINT         : 0x%x", status.CheckPoint),
		fmt.Sprintf("        WAIT_HINT          : 0x%x", status.WaitHint),
		"",
	}
	fmt.Print(strings.Join(lines, "\r\n"))
	return nil
}

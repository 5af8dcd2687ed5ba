package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	// How long the script that lends a pipe waits for its one connection.
	lendTime = 20 * time.Second
	memory   = 8 << 30
)

var regSaveKey = windows.NewLazySystemDLL("advapi32.dll").NewProc("RegSaveKeyW")

// powershell knows the scripts of edgeadm by the commands in them.
func powershell(words []string) int {
	script := scriptIn(words)
	switch {
	case strings.Contains(script, "SoftwareLicensingProduct"):
		fmt.Print(`{"states":[1]}`)
	case strings.Contains(script, "Remove-HnsNetwork"):
		fmt.Print(`{"done":true}`)
	case strings.Contains(script, "Get-HnsNetwork"):
		fmt.Print(`{"networks":[]}`)
	case strings.Contains(script, "Win32_ComputerSystem"):
		free, total := diskSpace()
		fmt.Printf(`{"cpus":%d,"memoryBytes":%d,"freeBytes":%d,"totalBytes":%d}`, runtime.NumCPU(), memory, free, total)
	case strings.Contains(script, "Win32_LogicalDisk"):
		free, _ := diskSpace()
		fmt.Printf(`{"drives":[{"name":"C:","freeBytes":%d}]}`, free)
	case strings.Contains(script, "Get-NetIPInterface"):
		// Go sees no interfaces under wine.
		network, err := os.ReadFile(filepath.Join(folder, "network.json"))
		if err != nil {
			return unexpected
		}
		os.Stdout.Write(network)
	case strings.Contains(script, ".Flush()"):
		return flush(script)
	case strings.Contains(script, "NamedPipeClientStream"):
		return lend(script)
	default:
		return unexpected
	}
	return 0
}

func scriptIn(words []string) string {
	bytes, err := base64.StdEncoding.DecodeString(words[len(words)-1])
	if err != nil {
		return ""
	}
	units := make([]uint16, len(bytes)/2)
	for i := range units {
		units[i] = uint16(bytes[2*i]) | uint16(bytes[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

func diskSpace() (free, total uint64) {
	root, _ := windows.UTF16PtrFromString(`C:\`)
	windows.GetDiskFreeSpaceEx(root, &free, &total, nil)
	return free, total
}

// flush writes what the bed takes for the registry after a power cut: wine answers for RegFlushKey without writing.
func flush(script string) int {
	for _, hive := range []string{"SYSTEM", "SOFTWARE"} {
		if !strings.Contains(script, "'"+hive+"'") {
			return unexpected
		}
	}
	if err := allowBackup(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	temporary, saved := filepath.Join(folder, "flushed.new"), filepath.Join(folder, "flushed.reg")
	os.Remove(temporary)
	name, _ := windows.UTF16PtrFromString(temporary)
	if code, _, _ := regSaveKey.Call(uintptr(windows.HKEY_LOCAL_MACHINE), uintptr(unsafe.Pointer(name)), 0); code != 0 {
		fmt.Fprintln(os.Stderr, syscall.Errno(code))
		return 1
	}
	if os.Rename(temporary, saved) != nil {
		return 1
	}
	fmt.Print(`{"done":true}`)
	return 0
}

func allowBackup() error {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, &token); err != nil {
		return err
	}
	defer token.Close()
	privileges := windows.Tokenprivileges{PrivilegeCount: 1}
	privileges.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	name, _ := windows.UTF16PtrFromString("SeBackupPrivilege")
	if err := windows.LookupPrivilegeValue(nil, name, &privileges.Privileges[0].Luid); err != nil {
		return err
	}
	return windows.AdjustTokenPrivileges(token, false, &privileges, 0, nil, nil)
}

// lend lets one connection to the loopback address speak to a pipe, if it begins with the secret that is printed.
func lend(script string) int {
	named := regexp.MustCompile(`NamedPipeClientStream' -ArgumentList @\('\.', '([^']+)'`).FindStringSubmatch(script)
	if named == nil {
		return unexpected
	}
	opened, err := connect(`\\.\pipe\` + named[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	raw := make([]byte, 16)
	rand.Read(raw)
	secret := []byte(hex.EncodeToString(raw))
	fmt.Printf("{\"port\":%d,\"secret\":\"%s\"}\r\n", listener.Addr().(*net.TCPAddr).Port, secret)
	listener.(*net.TCPListener).SetDeadline(time.Now().Add(lendTime))
	client, err := listener.Accept()
	if err != nil {
		return 1
	}
	said := make([]byte, len(secret))
	if _, err := io.ReadFull(client, said); err != nil || !bytes.Equal(said, secret) {
		return 1
	}
	ended := make(chan struct{}, 2)
	go func() { io.Copy(client, opened); ended <- struct{}{} }()
	go func() { io.Copy(opened, client); ended <- struct{}{} }()
	<-ended
	return 0
}

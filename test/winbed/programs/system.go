package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf16"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

const (
	firewallRules = `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules`
	private       = "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)"
	readable      = private + "(A;;0x1200a9;;;BU)"
	inherited     = "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1301bf;;;AU)"
	fileNotFound  = 2
)

// netsh keeps its rules where Windows does.
func netsh(words []string) int {
	value := func(name string) string {
		for _, word := range words {
			if strings.HasPrefix(word, name+"=") {
				return word[len(name)+1:]
			}
		}
		return ""
	}
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, firewallRules, registry.ALL_ACCESS)
	if err != nil {
		return unexpected
	}
	defer key.Close()
	named := fmt.Sprintf("|Name=%s|", value("name"))
	rules, _ := key.ReadValueNames(0)
	removed := 1
	for _, rule := range rules {
		data, _, _ := key.GetStringValue(rule)
		if has(words, "delete") && strings.Contains(data, named) && key.DeleteValue(rule) == nil {
			removed = 0
		}
	}
	if has(words, "delete") {
		return removed
	}
	protocol := map[string]int{"TCP": 6, "UDP": 17}[value("protocol")]
	data := fmt.Sprintf("v2.28|Action=Allow|Active=TRUE|Dir=In|Protocol=%d|LPort=%s%s", protocol, value("localport"), named)
	if key.SetStringValue(fmt.Sprintf("{%d-%s}", len(rules), value("name")), data) != nil {
		return unexpected
	}
	return 0
}

func has(words []string, wanted string) bool {
	for _, word := range words {
		if strings.EqualFold(word, wanted) {
			return true
		}
	}
	return false
}

// A list of access, which belongs to a file and not to its name: it goes with a file that is renamed.
type list struct {
	Path  string
	Index uint64
	Sddl  string
}

// icacls keeps what it is told beside the calls: wine takes lists of access and forgets them.
func icacls(words []string) int {
	if len(words) == 0 {
		return unexpected
	}
	path := words[0]
	index, err := indexOf(path)
	if err != nil {
		return fileNotFound
	}
	if has(words, "/grant:r") {
		sddl := private
		if strings.Contains(strings.Join(words, " "), "*S-1-5-32-545:") {
			sddl = readable
		}
		return keepList(list{strings.ToLower(path), index, sddl})
	}
	for i, word := range words[:len(words)-1] {
		if word == "/save" {
			return write(words[i+1], fmt.Sprintf("name\r\n%s\r\n", listOf(path, index)))
		}
	}
	return unexpected
}

func indexOf(path string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	handle, err := windows.CreateFile(name, 0, 7, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return 0, err
	}
	defer windows.CloseHandle(handle)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &info); err != nil {
		return 0, err
	}
	return uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow), nil
}

func keptAt(path string) string {
	name := base64.RawURLEncoding.EncodeToString([]byte(strings.ToLower(path)))
	return filepath.Join(folder, "acl", name)
}

func keepList(kept list) int {
	text, _ := json.Marshal(kept)
	if os.MkdirAll(filepath.Join(folder, "acl"), 0o700) != nil || os.WriteFile(keptAt(kept.Path), text, 0o600) != nil {
		return unexpected
	}
	return 0
}

func listOf(path string, index uint64) string {
	at := strings.LastIndex(path, `\`) + 1
	temporary := path[:at] + "." + path[at:] + ".edgeadm-tmp"
	for _, name := range []string{path, temporary} {
		var kept list
		text, err := os.ReadFile(keptAt(name))
		if err == nil && json.Unmarshal(text, &kept) == nil && kept.Index == index {
			return kept.Sddl
		}
	}
	return inherited
}

func write(path, text string) int {
	bytes := make([]byte, 0, 2*len(text))
	for _, unit := range utf16.Encode([]rune(text)) {
		bytes = append(bytes, byte(unit), byte(unit>>8))
	}
	if os.WriteFile(path, bytes, 0o600) != nil {
		return unexpected
	}
	return 0
}

// dism knows one feature, whose state is in a file. A reboot is somebody else's.
func dism(words []string) int {
	state := filepath.Join(folder, "dism.state")
	text, err := os.ReadFile(state)
	if err != nil {
		return unexpected
	}
	if has(words, "/Get-FeatureInfo") {
		fmt.Printf("Feature Name : Containers\r\nState : %s\r\n", strings.TrimSpace(string(text)))
		return 0
	}
	if !has(words, "/Enable-Feature") {
		return unexpected
	}
	if strings.TrimSpace(string(text)) == "Enabled" {
		return 0
	}
	if os.WriteFile(state, []byte("Enable Pending"), 0o600) != nil {
		return unexpected
	}
	return int(syscall.Errno(windows.ERROR_SUCCESS_REBOOT_REQUIRED))
}

// certutil knows -hashfile. The words around a sum are those of one language.
func certutil(words []string) int {
	if len(words) != 3 || words[0] != "-hashfile" || words[2] != "SHA256" {
		return unexpected
	}
	file, err := os.Open(words[1])
	if err != nil {
		return fileNotFound
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return unexpected
	}
	fmt.Printf("SHA256-Hash von %s:\r\n%x\r\nCertUtil: -hashfile-Befehl wurde erfolgreich ausgef\x81hrt.\r\n", words[1], hash.Sum(nil))
	return 0
}

// Package win_pdh stands for the package of this name in a kubelet: wine's pdh.dll knows no counters of processes,
// memory and network adapters, without which a kubelet ends. Here every counter exists, and has one value.
package win_pdh

import (
	"syscall"
	"unicode/utf16"
	"unsafe"
)

const (
	ERROR_SUCCESS = 0
	PDH_MORE_DATA = 0x800007D2
	instance      = "eth0"
	value         = 1 << 20
)

type (
	PDH_HQUERY                  uintptr
	PDH_HCOUNTER                uintptr
	PDH_FMT_COUNTERVALUE_DOUBLE struct {
		CStatus     uint32
		DoubleValue float64
	}
	PDH_FMT_COUNTERVALUE_ITEM_DOUBLE struct {
		SzName   *uint16
		FmtValue PDH_FMT_COUNTERVALUE_DOUBLE
	}
)

func PdhOpenQuery(_, _ uintptr, _ *PDH_HQUERY) uint32 { return ERROR_SUCCESS }

func PdhValidatePath(string) uint32 { return ERROR_SUCCESS }

func PdhAddEnglishCounter(PDH_HQUERY, string, uintptr, *PDH_HCOUNTER) uint32 { return ERROR_SUCCESS }

func PdhCollectQueryData(PDH_HQUERY) uint32 { return ERROR_SUCCESS }

// PdhGetFormattedCounterArrayDouble first says how much room it needs, as the one of Windows does.
func PdhGetFormattedCounterArrayDouble(_ PDH_HCOUNTER, size, count *uint32, items *PDH_FMT_COUNTERVALUE_ITEM_DOUBLE) uint32 {
	*count = 1
	needed := uint32(unsafe.Sizeof(PDH_FMT_COUNTERVALUE_ITEM_DOUBLE{}))
	if *size < needed {
		*size = needed
		return PDH_MORE_DATA
	}
	name, _ := syscall.UTF16PtrFromString(instance)
	*items = PDH_FMT_COUNTERVALUE_ITEM_DOUBLE{name, PDH_FMT_COUNTERVALUE_DOUBLE{DoubleValue: value}}
	return ERROR_SUCCESS
}

func UTF16PtrToString(text *uint16) string {
	var units []uint16
	for at := unsafe.Pointer(text); *(*uint16)(at) != 0; at = unsafe.Add(at, 2) {
		units = append(units, *(*uint16)(at))
	}
	return string(utf16.Decode(units))
}

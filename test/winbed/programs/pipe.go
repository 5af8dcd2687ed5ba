package main

import (
	"io"
	"net"

	"golang.org/x/sys/windows"
)

const (
	pipeSize  = 64 << 10
	instances = 255
)

// A pipe that can be read and written at the same time, which a synchronous one cannot.
type pipe struct {
	handle     windows.Handle
	read, sent windows.Overlapped
}

func (p *pipe) transfer(state *windows.Overlapped, start func(*uint32) error) (int, error) {
	var n uint32
	err := start(&n)
	if err == windows.ERROR_IO_PENDING {
		err = windows.GetOverlappedResult(p.handle, state, &n, true)
	}
	if err == windows.ERROR_BROKEN_PIPE {
		err = io.EOF
	}
	return int(n), err
}

func (p *pipe) Read(buffer []byte) (int, error) {
	return p.transfer(&p.read, func(n *uint32) error { return windows.ReadFile(p.handle, buffer, n, &p.read) })
}

func (p *pipe) Write(buffer []byte) (int, error) {
	return p.transfer(&p.sent, func(n *uint32) error { return windows.WriteFile(p.handle, buffer, n, &p.sent) })
}

// accept waits for the next client of a name.
func accept(name string) (*pipe, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	handle, err := windows.CreateNamedPipe(path, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED,
		windows.PIPE_TYPE_BYTE, instances, pipeSize, pipeSize, 0, nil)
	if err != nil {
		return nil, err
	}
	opened, err := pipeOf(handle)
	if err != nil {
		return nil, err
	}
	_, err = opened.transfer(&opened.read, func(*uint32) error { return windows.ConnectNamedPipe(handle, &opened.read) })
	if err != nil && err != windows.ERROR_PIPE_CONNECTED {
		windows.CloseHandle(handle)
		return nil, err
	}
	return opened, nil
}

func pipeOf(handle windows.Handle) (*pipe, error) {
	opened := &pipe{handle: handle}
	for _, state := range []*windows.Overlapped{&opened.read, &opened.sent} {
		var err error
		if state.HEvent, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// connect is the other side of a pipe.
func connect(name string) (*pipe, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	access := uint32(windows.GENERIC_READ | windows.GENERIC_WRITE)
	handle, err := windows.CreateFile(path, access, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		return nil, err
	}
	return pipeOf(handle)
}

// forward connects every client of a pipe with a port of this machine.
func forward(name, address string) error {
	for {
		client, err := accept(name)
		if err != nil {
			return err
		}
		go func() {
			defer windows.CloseHandle(client.handle)
			server, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			go func() {
				io.Copy(server, client)
				server.Close()
			}()
			io.Copy(client, server)
		}()
	}
}

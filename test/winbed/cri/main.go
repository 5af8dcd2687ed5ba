// A container runtime as a kubelet sees one: it answers as containerd does, and keeps pods and containers in memory. No
// program of a container ever runs.
package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
)

// Messages are the same in both versions of the interface.
var versions = []string{"v1", "v1alpha2"}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	server := grpc.NewServer()
	state := newRuntime()
	for _, version := range versions {
		register(server, version, "RuntimeService", append(state.sandboxMethods(), state.containerMethods()...))
		register(server, version, "ImageService", state.imageMethods())
	}
	fmt.Fprintln(os.Stderr, server.Serve(listener))
	os.Exit(1)
}

func register(server *grpc.Server, version, service string, methods []grpc.MethodDesc) {
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "runtime." + version + "." + service, Methods: methods}, nil)
}

// unary is one method; what has none is answered as gRPC answers for methods that a server does not know.
func unary[In, Out any](name string, answer func(*In) (*Out, error)) grpc.MethodDesc {
	handle := func(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		request := new(In)
		if err := decode(request); err != nil {
			return nil, err
		}
		return answer(request)
	}
	return grpc.MethodDesc{MethodName: name, Handler: handle}
}

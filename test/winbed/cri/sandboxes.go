package main

import (
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

type runtime struct {
	mutex      sync.Mutex
	made       int
	sandboxes  map[string]*cri.PodSandboxStatus
	containers map[string]*container
	images     map[string]bool
}

func newRuntime() *runtime {
	return &runtime{
		sandboxes:  map[string]*cri.PodSandboxStatus{},
		containers: map[string]*container{},
		images:     map[string]bool{},
	}
}

// id is shaped as those of containerd are.
func (r *runtime) id() string {
	r.made++
	return fmt.Sprintf("%064x", r.made)
}

func notFound(what, id string) error {
	return status.Errorf(codes.NotFound, "%s %q: not found", what, id)
}

func (r *runtime) sandboxMethods() []grpc.MethodDesc {
	return []grpc.MethodDesc{
		unary("Version", func(*cri.VersionRequest) (*cri.VersionResponse, error) {
			return &cri.VersionResponse{
				Version: "0.1.0", RuntimeName: "containerd", RuntimeVersion: "v1.7.24", RuntimeApiVersion: "v1",
			}, nil
		}),
		unary("Status", func(*cri.StatusRequest) (*cri.StatusResponse, error) {
			conditions := []*cri.RuntimeCondition{{Type: cri.RuntimeReady, Status: true}, {Type: cri.NetworkReady, Status: true}}
			return &cri.StatusResponse{Status: &cri.RuntimeStatus{Conditions: conditions}}, nil
		}),
		unary("UpdateRuntimeConfig", func(*cri.UpdateRuntimeConfigRequest) (*cri.UpdateRuntimeConfigResponse, error) {
			return &cri.UpdateRuntimeConfigResponse{}, nil
		}),
		unary("RunPodSandbox", r.runSandbox),
		unary("StopPodSandbox", r.stopSandbox),
		unary("RemovePodSandbox", r.removeSandbox),
		unary("PodSandboxStatus", r.sandboxStatus),
		unary("ListPodSandbox", r.listSandboxes),
	}
}

func (r *runtime) runSandbox(request *cri.RunPodSandboxRequest) (*cri.RunPodSandboxResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	id := r.id()
	config := request.Config
	r.sandboxes[id] = &cri.PodSandboxStatus{
		Id: id, Metadata: config.Metadata, State: cri.PodSandboxState_SANDBOX_READY, CreatedAt: time.Now().UnixNano(),
		Network: &cri.PodSandboxNetworkStatus{Ip: fmt.Sprintf("10.244.9.%d", r.made%250+2)},
		Labels:  config.Labels, Annotations: config.Annotations, RuntimeHandler: request.RuntimeHandler,
		// A kubelet starts a pod anew whose network is another than it asked for.
		Linux: &cri.LinuxPodSandboxStatus{Namespaces: &cri.Namespace{
			Options: config.GetLinux().GetSecurityContext().GetNamespaceOptions(),
		}},
	}
	return &cri.RunPodSandboxResponse{PodSandboxId: id}, nil
}

func (r *runtime) stopSandbox(request *cri.StopPodSandboxRequest) (*cri.StopPodSandboxResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, container := range r.containers {
		if container.sandbox == request.PodSandboxId {
			container.stop()
		}
	}
	if sandbox := r.sandboxes[request.PodSandboxId]; sandbox != nil {
		sandbox.State = cri.PodSandboxState_SANDBOX_NOTREADY
	}
	return &cri.StopPodSandboxResponse{}, nil
}

func (r *runtime) removeSandbox(request *cri.RemovePodSandboxRequest) (*cri.RemovePodSandboxResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for id, container := range r.containers {
		if container.sandbox == request.PodSandboxId {
			delete(r.containers, id)
		}
	}
	delete(r.sandboxes, request.PodSandboxId)
	return &cri.RemovePodSandboxResponse{}, nil
}

func (r *runtime) sandboxStatus(request *cri.PodSandboxStatusRequest) (*cri.PodSandboxStatusResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	sandbox := r.sandboxes[request.PodSandboxId]
	if sandbox == nil {
		return nil, notFound("pod sandbox", request.PodSandboxId)
	}
	copied := *sandbox
	return &cri.PodSandboxStatusResponse{Status: &copied}, nil
}

func (r *runtime) listSandboxes(request *cri.ListPodSandboxRequest) (*cri.ListPodSandboxResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	answer := &cri.ListPodSandboxResponse{}
	filter := request.GetFilter()
	for _, sandbox := range r.sandboxes {
		if wanted := filter.GetState(); wanted != nil && wanted.State != sandbox.State {
			continue
		}
		if !fits(filter.GetId(), sandbox.Id) || !has(sandbox.Labels, filter.GetLabelSelector()) {
			continue
		}
		answer.Items = append(answer.Items, &cri.PodSandbox{
			Id: sandbox.Id, Metadata: sandbox.Metadata, State: sandbox.State, CreatedAt: sandbox.CreatedAt,
			Labels: sandbox.Labels, Annotations: sandbox.Annotations, RuntimeHandler: sandbox.RuntimeHandler,
		})
	}
	return answer, nil
}

func fits(wanted, id string) bool { return wanted == "" || wanted == id }

func has(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return true
}

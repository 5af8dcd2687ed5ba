package main

import (
	"time"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

type container struct {
	status  cri.ContainerStatus
	sandbox string
}

func (c *container) stop() {
	if c.status.State == cri.ContainerState_CONTAINER_EXITED {
		return
	}
	c.status.State = cri.ContainerState_CONTAINER_EXITED
	c.status.FinishedAt = time.Now().UnixNano()
	c.status.Reason = "Completed"
}

func (r *runtime) containerMethods() []grpc.MethodDesc {
	return []grpc.MethodDesc{
		unary("CreateContainer", r.createContainer),
		unary("StartContainer", func(request *cri.StartContainerRequest) (*cri.StartContainerResponse, error) {
			return &cri.StartContainerResponse{}, r.change(request.ContainerId, func(c *container) {
				c.status.State = cri.ContainerState_CONTAINER_RUNNING
				c.status.StartedAt = time.Now().UnixNano()
			})
		}),
		unary("StopContainer", func(request *cri.StopContainerRequest) (*cri.StopContainerResponse, error) {
			return &cri.StopContainerResponse{}, r.change(request.ContainerId, (*container).stop)
		}),
		unary("RemoveContainer", func(request *cri.RemoveContainerRequest) (*cri.RemoveContainerResponse, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			delete(r.containers, request.ContainerId)
			return &cri.RemoveContainerResponse{}, nil
		}),
		unary("ContainerStatus", func(request *cri.ContainerStatusRequest) (*cri.ContainerStatusResponse, error) {
			answer := &cri.ContainerStatusResponse{}
			return answer, r.change(request.ContainerId, func(c *container) {
				copied := c.status
				answer.Status = &copied
			})
		}),
		unary("ListContainers", r.listContainers),
		unary("ListContainerStats", r.listStats),
	}
}

func (r *runtime) change(id string, how func(*container)) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	found := r.containers[id]
	if found == nil {
		return notFound("container", id)
	}
	how(found)
	return nil
}

func (r *runtime) createContainer(request *cri.CreateContainerRequest) (*cri.CreateContainerResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.sandboxes[request.PodSandboxId] == nil {
		return nil, notFound("pod sandbox", request.PodSandboxId)
	}
	id := r.id()
	config := request.Config
	r.containers[id] = &container{sandbox: request.PodSandboxId, status: cri.ContainerStatus{
		Id: id, Metadata: config.Metadata, State: cri.ContainerState_CONTAINER_CREATED, CreatedAt: time.Now().UnixNano(),
		Image: config.Image, ImageRef: config.Image.GetImage(), Labels: config.Labels, Annotations: config.Annotations,
		LogPath: config.LogPath,
	}}
	return &cri.CreateContainerResponse{ContainerId: id}, nil
}

func (r *runtime) listContainers(request *cri.ListContainersRequest) (*cri.ListContainersResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	answer := &cri.ListContainersResponse{}
	filter := request.GetFilter()
	for _, each := range r.containers {
		status := each.status
		if wanted := filter.GetState(); wanted != nil && wanted.State != status.State {
			continue
		}
		if !fits(filter.GetId(), status.Id) || !fits(filter.GetPodSandboxId(), each.sandbox) || !has(status.Labels, filter.GetLabelSelector()) {
			continue
		}
		answer.Containers = append(answer.Containers, &cri.Container{
			Id: status.Id, PodSandboxId: each.sandbox, Metadata: status.Metadata, Image: status.Image, ImageRef: status.ImageRef,
			State: status.State, CreatedAt: status.CreatedAt, Labels: status.Labels, Annotations: status.Annotations,
		})
	}
	return answer, nil
}

func (r *runtime) listStats(*cri.ListContainerStatsRequest) (*cri.ListContainerStatsResponse, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	answer := &cri.ListContainerStatsResponse{}
	now := time.Now().UnixNano()
	for id, each := range r.containers {
		answer.Stats = append(answer.Stats, &cri.ContainerStats{
			Attributes: &cri.ContainerAttributes{
				Id: id, Metadata: each.status.Metadata, Labels: each.status.Labels, Annotations: each.status.Annotations,
			},
			Cpu:    &cri.CpuUsage{Timestamp: now, UsageCoreNanoSeconds: &cri.UInt64Value{Value: 1e9}},
			Memory: &cri.MemoryUsage{Timestamp: now, WorkingSetBytes: &cri.UInt64Value{Value: 1 << 20}},
		})
	}
	return answer, nil
}

package main

import (
	"time"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	imageSize = 100 << 20
	// Where containerd keeps images on Windows.
	snapshots = `C:\ProgramData\containerd\root\io.containerd.snapshotter.v1.windows`
)

func imageNamed(name string) *cri.Image {
	return &cri.Image{Id: "sha256:" + name, RepoTags: []string{name}, Size_: imageSize}
}

// imageMethods know no registry: what is pulled is there.
func (r *runtime) imageMethods() []grpc.MethodDesc {
	return []grpc.MethodDesc{
		unary("ListImages", func(*cri.ListImagesRequest) (*cri.ListImagesResponse, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			answer := &cri.ListImagesResponse{}
			for name := range r.images {
				answer.Images = append(answer.Images, imageNamed(name))
			}
			return answer, nil
		}),
		unary("ImageStatus", func(request *cri.ImageStatusRequest) (*cri.ImageStatusResponse, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			name := request.GetImage().GetImage()
			if !r.images[name] {
				return &cri.ImageStatusResponse{}, nil
			}
			return &cri.ImageStatusResponse{Image: imageNamed(name)}, nil
		}),
		unary("PullImage", func(request *cri.PullImageRequest) (*cri.PullImageResponse, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			name := request.GetImage().GetImage()
			r.images[name] = true
			return &cri.PullImageResponse{ImageRef: name}, nil
		}),
		unary("RemoveImage", func(request *cri.RemoveImageRequest) (*cri.RemoveImageResponse, error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			delete(r.images, request.GetImage().GetImage())
			return &cri.RemoveImageResponse{}, nil
		}),
		unary("ImageFsInfo", func(*cri.ImageFsInfoRequest) (*cri.ImageFsInfoResponse, error) {
			return &cri.ImageFsInfoResponse{ImageFilesystems: []*cri.FilesystemUsage{{
				Timestamp: time.Now().UnixNano(), FsId: &cri.FilesystemIdentifier{Mountpoint: snapshots},
				UsedBytes: &cri.UInt64Value{Value: imageSize},
			}}}, nil
		}),
	}
}

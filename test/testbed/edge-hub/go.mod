module edgeadm/test/testbed/edge-hub

go 1.19

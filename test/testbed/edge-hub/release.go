package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// release is the yurthub that this program stands for, such as "1.7.0"; set when it is linked. Without one it takes the
// flags of all of them.
var release string

// is tells whether the stand-in stands for yurthub 1.MINOR or newer.
func is(minor int) bool {
	parts := strings.Split(release, ".")
	if len(parts) < 2 || parts[0] != "1" {
		return false
	}
	found, err := strconv.Atoi(parts[1])
	return err == nil && found >= minor
}

// flagLives says for which releases a flag exists: from the one up to, but not including, the other (read from the tags
// of openyurt: cmd/yurthub/app/options/options.go).
var flagLives = map[string][2]int{
	"access-server-through-hub":    {0, 5},
	"enable-pool-service-topology": {5, 99},
	"host-control-plane-address":   {6, 99},
	"pool-scope-resources":         {6, 99},
	"node-ip":                      {7, 99},
	"multiplexer-port":             {7, 99},
	"bootstrap-mode":               {4, 99},
	"namespace":                    {4, 99},
	"bootstrap-file":               {3, 99},
	"cert-mgr-mode":                {0, 3},
	"kubelet-ca-file":              {0, 3},
	"kubelet-client-certificate":   {0, 3},
}

func unknownFlag(args []string) error {
	if release == "" {
		return nil
	}
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		life, found := flagLives[name]
		if found && (!is(life[0]) || is(life[1])) {
			return usageError{fmt.Errorf("unknown flag: --%s", name)}
		}
	}
	return nil
}

// usageError is what cobra prints before a program does anything.
type usageError struct{ error }

// validateRelease refuses what the release itself refuses, in its words.
func (c *config) validateRelease() error {
	switch {
	case is(3) && c.bootstrapMode == "token" && c.bootstrapFile == "":
		return fmt.Errorf("validate options: bootstrap token and bootstrap file are empty, one of them must be set")
	case is(8) && c.bootstrapMode == "token" && c.caHash == "":
		return fmt.Errorf("validate options: set --discovery-token-unsafe-skip-ca-verification flag as true or pass CACertHashes to continue")
	case is(7) && c.poolName == "":
		return fmt.Errorf("validate options: node-pool-name is empty")
	}
	return nil
}

// die ends the program as klog.Fatalf or cobra do.
func die(err error) {
	if _, isUsage := err.(usageError); isUsage {
		fmt.Fprintf(os.Stderr, "Error: %v\n", err)
		os.Exit(1)
	}
	now := time.Now()
	fmt.Fprintf(os.Stderr, "F%s %7d start.go:75] %v\ngoroutine 1 [running]:\n", now.Format("0102 15:04:05.000000"), os.Getpid(), err)
	os.Exit(255)
}

// agents are the components whose answers are remembered.
var agents = []string{"kubelet", "kube-proxy", "flanneld", "coredns", "raven-agent-ds", "yurttunnel-agent", "yurthub", "leader-yurthub"}

const ownAgent = "yurthub/stand-in"

// syncing is what a hub of 1.6 or newer needs before it answers anybody else.
type syncing struct {
	mu     sync.Mutex
	waits  string // why nothing is answered yet; empty once all is there
	agents map[string]bool
}

func newSyncing() *syncing {
	s := &syncing{agents: map[string]bool{}}
	s.setAgents("")
	if is(6) {
		s.waits = "yurt-hub-cfg configmap is not synced"
	}
	return s
}

func (s *syncing) setAgents(more string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents = map[string]bool{}
	for _, name := range append(strings.Split(more, ","), agents...) {
		s.agents[strings.TrimSpace(name)] = true
	}
}

func (s *syncing) remembers(component string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return release == "" || s.agents["*"] || s.agents[component]
}

func (s *syncing) missing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits
}

func (s *syncing) wait(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits = reason
}

// sync reads the hub's ConfigMap and the node pools, from its cache while no API server answers.
func (h *hub) sync(ctx context.Context) {
	if !is(6) || !h.cfg.caching {
		h.syncing.wait("")
		return
	}
	selector := url.QueryEscape("openyurt.io/configmap-name in (yurt-hub-cfg, leader-hub-" + h.cfg.poolName + ")")
	pools := "/apis/apps.openyurt.io/v1beta1/nodepools"
	if is(7) {
		pools = "/apis/apps.openyurt.io/v1beta2/nodepools"
	}
	for ctx.Err() == nil {
		maps, found := h.ask("/api/v1/namespaces/kube-system/configmaps?labelSelector=" + selector)
		if !found {
			h.syncing.wait("yurt-hub-cfg configmap is not synced")
		} else if _, found = h.ask(pools); !found {
			h.syncing.wait("resources needed by filters are not synced")
		} else {
			h.syncing.setAgents(agentsIn(maps))
			h.syncing.wait("")
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func agentsIn(list []byte) string {
	var maps struct {
		Items []struct{ Data map[string]string }
	}
	_ = json.Unmarshal(list, &maps)
	for _, item := range maps.Items {
		return item.Data["cache_agents"]
	}
	return ""
}

// ask makes a request of the hub's own through itself, so that the answer is remembered as those of others are.
func (h *hub) ask(path string) ([]byte, bool) {
	request, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, false
	}
	request.Header.Set("User-Agent", ownAgent)
	request.Header.Set("Accept", "application/json")
	request.Body = http.NoBody
	answer := &recordedAnswer{header: http.Header{}}
	h.serve(answer, request)
	if answer.code != 0 && answer.code != http.StatusOK {
		log.Printf("%s: HTTP %d %s", path, answer.code, answer.body)
		return nil, false
	}
	return answer.body, true
}

type recordedAnswer struct {
	header http.Header
	code   int
	body   []byte
}

func (a *recordedAnswer) Header() http.Header  { return a.header }
func (a *recordedAnswer) WriteHeader(code int) { a.code = code }
func (a *recordedAnswer) Write(data []byte) (int, error) {
	a.body = append(a.body, data...)
	return len(data), nil
}

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const podsPath = "/api/v1/pods?fieldSelector=spec.nodeName%3Dedge-1&limit=500&resourceVersion=0"
const watchPath = "/api/v1/pods?allowWatchBookmarks=true&fieldSelector=spec.nodeName%3Dedge-1&resourceVersion=7&watch=true"
const protobuf = "application/vnd.kubernetes.protobuf, */*"

func TestProxiesAsTheNode(t *testing.T) {
	_, _, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		user := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			user = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, user, r.Header.Get("Authorization"), body)
	})
	if _, got := ask(t, "PUT", hub+"/api/v1/nodes/edge-1/status", "x"); got != "PUT system:node:edge-1  x" {
		t.Error(got)
	}
	if _, got := ask(t, "GET", hub+"/api/v1/services", "", "Authorization", "Bearer abc"); got != "GET nobody Bearer abc " {
		t.Errorf("a pod's own token must speak for it: %s", got)
	}
}

func TestAnswersFromTheCacheWhileTheServerIsAway(t *testing.T) {
	api, h, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Accept"))
		fmt.Fprintf(w, "answer for %s as %s", r.URL.Path, r.Header.Get("Accept"))
	})
	node := hub + "/api/v1/nodes/edge-1"
	_, list := ask(t, "GET", hub+podsPath, "", "Accept", protobuf)
	_, listJSON := ask(t, "GET", hub+podsPath, "", "Accept", "application/json")
	_, object := ask(t, "GET", node+"?resourceVersion=0", "", "Accept", protobuf)
	ask(t, "GET", hub+"/healthz", "")
	api.stop()
	defer api.start()

	for _, c := range []struct{ url, accept, want string }{
		{hub + podsPath, protobuf, list}, {hub + podsPath, "application/json", listJSON}, {node, protobuf, object},
	} {
		code, got, header := askFully(t, "GET", c.url, "", "Accept", c.accept)
		if code != 200 || got != c.want || header.Get("Content-Type") != c.accept {
			t.Errorf("%s: %d %q", c.url, code, got)
		}
	}
	for _, url := range []string{hub + "/api/v1/nodes/other", hub + "/healthz", hub + "/api/v1/pods?labelSelector=a%3Db"} {
		if code, got := ask(t, "GET", url, "", "Accept", protobuf); code != 503 || !strings.Contains(got, `"kind":"Status"`) {
			t.Errorf("%s was never kept, but the answer is %d %s", url, code, got)
		}
	}
	if _, err := os.Stat(filepath.Join(h.cfg.cachePath, "kubelet/api/v1/pods")); err != nil {
		t.Errorf("kept by the client's name: %v", err)
	}
	var text bytes.Buffer
	h.metrics.write(&text, h.servers.all)
	for _, line := range []string{
		`node_edge_hub_cached_answers_collector{client="kubelet",verb="list",resource="pods",subresources=""} 2`,
		`node_edge_hub_proxy_traffic_collector{client="kubelet",verb="get",resource="nodes",subresources=""} ` + fmt.Sprint(len(object)),
		`node_edge_hub_proxy_requests_collector{client="kubelet",verb="list",resource="pods",subresources=""} 5`,
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("metrics lack %s:\n%s", line, text.String())
		}
	}
}

func TestKeepsNothingThatIsNotAGoodAnswer(t *testing.T) {
	api, _, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "gone") {
			w.WriteHeader(404)
		} else {
			w.WriteHeader(500)
		}
	})
	ask(t, "GET", hub+"/api/v1/nodes/gone", "")
	ask(t, "GET", hub+"/api/v1/nodes/broken", "")
	api.stop()
	defer api.start()
	for _, name := range []string{"gone", "broken"} {
		if code, _ := ask(t, "GET", hub+"/api/v1/nodes/"+name, ""); code != 503 {
			t.Errorf("%s: %d", name, code)
		}
	}
}

func TestKeepsAKubeletCalmWhileTheServerIsAway(t *testing.T) {
	api, h, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the node as it was") })
	ask(t, "GET", hub+"/api/v1/nodes/edge-1?resourceVersion=0", "")
	api.stop()
	defer api.start()
	lease := "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge-1"
	for _, c := range []struct {
		name, method, path, body string
		code                     int
		want                     string
	}{
		{"a lease is taken as sent", "PUT", lease, "lease 8", 200, "lease 8"},
		{"the lease can be read again", "GET", lease, "", 200, "lease 8"},
		{"a node is registered", "POST", "/api/v1/nodes", "node", 201, "node"},
		{"a status is answered with the node", "PATCH", "/api/v1/nodes/edge-1/status", "{}", 200, "the node as it was"},
		{"an event is taken", "POST", "/api/v1/namespaces/default/events", "event", 201, "event"},
		{"a repeated event becomes a new one", "PATCH", "/api/v1/namespaces/default/events/x", "{}", 404, ""},
		{"a pod is not deleted", "DELETE", "/api/v1/namespaces/default/pods/x", "", 403, ""},
		{"nobody is given a token", "POST", "/api/v1/namespaces/default/serviceaccounts/x/token", "{}", 503, ""},
		{"nobody is let in", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "{}", 503, ""},
	} {
		code, got := ask(t, c.method, hub+c.path, c.body, "Content-Type", "application/vnd.kubernetes.protobuf")
		if code != c.code || (c.want != "" && got != c.want) {
			t.Errorf("%s: %d %s", c.name, code, got)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(h.cfg.cachePath, "kubelet/api/v1/namespaces/*/events*")); len(found) > 0 {
		t.Errorf("events were kept: %v", found)
	}
}

func TestKeepsWhatAnUpdateWasAnsweredWith(t *testing.T) {
	api, _, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "after the "+r.Method) })
	node := hub + "/api/v1/nodes/edge-1"
	ask(t, "GET", node, "")
	ask(t, "PATCH", node+"/status", "{}")
	api.stop()
	defer api.start()
	if _, got := ask(t, "GET", node, ""); got != "after the PATCH" {
		t.Error(got)
	}
}

func TestWatchesStreamAndKeepTheirListFresh(t *testing.T) {
	var version atomic.Int32
	events := make(chan string)
	_, h, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "" {
			fmt.Fprintf(w, "list %d", version.Load())
			return
		}
		w.(http.Flusher).Flush()
		for {
			select {
			case event := <-events:
				fmt.Fprintln(w, event)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	ask(t, "GET", hub+podsPath, "", "Accept", protobuf)
	response := openWatch(t, hub, "")
	version.Store(1)
	events <- "ADDED"
	if line, _ := bufio.NewReader(response.Body).ReadString('\n'); line != "ADDED\n" {
		t.Errorf("got %q", line)
	}
	waitUntil(t, "the kept list has the new pod", 2*time.Second, func() bool {
		request, _ := http.NewRequest("GET", hub+podsPath, nil)
		a, ok := h.store.get("kubelet", request.URL, protobuf)
		return ok && string(a.Body) == "list 1"
	})
}

func TestWatchStaysQuietUntilTheServerIsBack(t *testing.T) {
	api, h, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") != "" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	})
	online := openWatch(t, hub, "")
	api.stop()
	waitUntil(t, "a watch through the lost connection ends", 3*time.Second, func() bool { return ended(online, time.Second) })
	waitUntil(t, "the server is known to be away", 3*time.Second, func() bool { return h.servers.pick() == nil })

	offline := openWatch(t, hub, "")
	if got := offline.Header.Get("Content-Type"); got != "application/vnd.kubernetes.protobuf;stream=watch" {
		t.Error(got)
	}
	if ended(offline, 1500*time.Millisecond) {
		t.Error("the watch did not stay open")
	}
	api.start()
	back := time.Now()
	waitUntil(t, "the server is used again", 2*time.Second, func() bool { return h.servers.pick() != nil })
	t.Logf("back after %s", time.Since(back))
	waitUntil(t, "the quiet watch ends, so that the client watches the server", 2*time.Second, func() bool { return ended(offline, time.Second) })
	if code, _ := ask(t, "GET", hub+"/api/v1/nodes/edge-1", ""); code != 200 {
		t.Errorf("not proxied again: %d", code)
	}
}

// As released yurthubs do, up to 1.7.0: the client waits for a bookmark that never comes, and never falls back to a list.
func TestAWatchListHasNoBookmarkWhileTheServerIsAway(t *testing.T) {
	api, h, hub := newCluster(t, func(http.ResponseWriter, *http.Request) {})
	api.stop()
	waitUntil(t, "the server is known to be away", 3*time.Second, func() bool {
		_, _ = ask(t, "GET", hub+"/api/v1/nodes/edge-1", "")
		return h.servers.pick() == nil
	})
	offline := openWatch(t, hub, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
	if offline.StatusCode != http.StatusOK {
		t.Error(offline.Status)
	}
	read := make(chan int)
	go func() { n, _ := offline.Body.Read(make([]byte, 1)); read <- n }()
	select {
	case n := <-read:
		t.Errorf("the watch ended or said something (%d bytes)", n)
	case <-time.After(1500 * time.Millisecond):
	}
}

func TestPicksAServerThatIsThere(t *testing.T) {
	n := newNode(t, "edge-hub", testServer)
	id, err := loadIdentity(n.cfg, time.Now())
	must(t, err)
	n.cfg.servers, err = parseServers("https://a:6443,https://b:6443")
	must(t, err)
	s := newServers(n.cfg, id)
	if first, second := s.pick(), s.pick(); first == second {
		t.Error("both requests go to one server")
	}
	s.all[0].setHealthy(false, errAway)
	for i := 0; i < 3; i++ {
		if srv := s.pick(); srv != s.all[1] {
			t.Errorf("%d: %v", i, srv)
		}
	}
	s.all[1].setHealthy(false, errAway)
	if s.pick() != nil {
		t.Error("nobody is there")
	}
}

func TestComponents(t *testing.T) {
	for agent, want := range map[string]string{
		"kubelet/v1.20.2 (linux/amd64)": "kubelet", "": "unknown", "../../etc/x": "unknown", "a b/1": "a_b", "..": "unknown",
	} {
		if got := componentOf(agent); got != want {
			t.Errorf("%q: %q", agent, got)
		}
	}
}

func openWatch(t *testing.T, hub, query string) *http.Response {
	t.Helper()
	request, err := http.NewRequest("GET", hub+watchPath+query, nil)
	must(t, err)
	request.Header.Set("User-Agent", "kubelet/v1.20.2")
	request.Header.Set("Accept", protobuf)
	response, err := http.DefaultTransport.RoundTrip(request)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func ended(response *http.Response, within time.Duration) bool {
	done := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, response.Body); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}

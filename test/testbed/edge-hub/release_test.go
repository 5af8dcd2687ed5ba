package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func standFor(t *testing.T, version string) {
	release = version
	t.Cleanup(func() { release = "" })
}

func TestRefusesWhatTheReleaseRefuses(t *testing.T) {
	base := []string{"--node-name=edge-1", "--server-addr=https://127.0.0.1:6443", "--bootstrap-file=/x"}
	pool, hash := "--nodepool-name=hangzhou", "--discovery-token-ca-cert-hash=sha256:4f1c"
	for _, c := range []struct {
		release string
		more    []string
		want    string
	}{
		{"1.6.1", nil, ""},
		{"1.6.1", []string{"--node-ip=10.0.0.5"}, "unknown flag: --node-ip"},
		{"1.5.1", []string{"--pool-scope-resources=x"}, "unknown flag: --pool-scope-resources"},
		{"1.5.1", []string{"--access-server-through-hub=true"}, "unknown flag: --access-server-through-hub"},
		{"1.3.4", []string{"--bootstrap-mode=token"}, "unknown flag: --bootstrap-mode"},
		{"1.7.0", nil, "validate options: node-pool-name is empty"},
		{"1.7.0", []string{pool}, ""},
		{"1.8.0", []string{pool}, "pass CACertHashes to continue"},
		{"1.8.0", []string{pool, hash}, ""},
		{"1.8.0", []string{pool, "--bootstrap-mode=kubeletcertificate"}, ""},
	} {
		standFor(t, c.release)
		_, err := parseFlags("yurthub", append(append([]string{}, base...), c.more...), func(string) string { return "" })
		if (c.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %v: %v, not %q", c.release, c.more, err, c.want)
		}
	}
}

func TestUsesTheCertificateOfTheKubelet(t *testing.T) {
	n := newNode(t, "edge-hub", "https://127.0.0.1:6443")
	standFor(t, "1.7.0")
	n.cfg.bootstrapMode = "kubeletcertificate"
	pki := filepath.Join(n.root, "pki")
	n.cfg.kubeletPair, n.cfg.kubeletCA, n.cfg.kubeletConf = filepath.Join(pki, "kubelet-current.pem"), filepath.Join(pki, "ca.crt"), filepath.Join(n.root, "kubelet.conf")
	if _, err := loadIdentity(n.cfg, time.Now()); err == nil || !strings.Contains(err.Error(), "kubelet.conf file doesn't exist") {
		t.Errorf("without a kubeconfig of the kubelet: %v", err)
	}
	n.write("kubelet.conf", "", 0o600)
	cert, key := n.ca.issue(t, request{cn: "system:node:edge-1", org: []string{"system:nodes"}, usage: x509.ExtKeyUsageClientAuth})
	n.writePair("kubelet", cert, key)
	if _, err := loadIdentity(n.cfg, time.Now()); err != nil {
		t.Error(err)
	}
}

func TestAnswersNobodyUntilItsOwnResourcesAreRead(t *testing.T) {
	var pools atomic.Bool
	api, h, hub := newCluster(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/configmaps"):
			fmt.Fprint(w, `{"items":[{"data":{"cache_agents":"metrics, other"}}]}`)
		case strings.Contains(r.URL.Path, "/nodepools") && !pools.Load():
			http.Error(w, "not found", http.StatusNotFound)
		default:
			fmt.Fprint(w, "{}")
		}
	})
	standFor(t, "1.7.0")
	h.syncing = newSyncing()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go h.sync(ctx)
	node := hub + "/api/v1/nodes/edge-1"
	waitUntil(t, "the reason", 5*time.Second, func() bool {
		code, text := ask(t, "GET", node, "")
		return code == 503 && strings.Contains(text, "resources needed by filters are not synced")
	})
	pools.Store(true)
	waitUntil(t, "an answer", 5*time.Second, func() bool { code, _ := ask(t, "GET", node, ""); return code == 200 })
	for _, agent := range []string{"kubelet", "metrics", "unknown"} {
		ask(t, "GET", node, "", "User-Agent", agent+"/v1")
	}
	api.stop()
	defer api.start()
	for agent, want := range map[string]int{"kubelet": 200, "metrics": 200, "unknown": 400} {
		if code, _ := ask(t, "GET", node, "", "User-Agent", agent+"/v1"); code != want {
			t.Errorf("%s is answered %d while the server is away, not %d", agent, code, want)
		}
	}
	if code, _ := ask(t, "GET", node+"x", ""); code != 404 {
		t.Errorf("what was never asked for is answered %d, not 404", code)
	}
	if code, got := ask(t, "POST", hub+"/api/v1/namespaces/default/events", `{"kind":"Event"}`); code != 201 || got != `{"kind":"Event"}` {
		t.Errorf("a creation is answered %d %s, not as it was sent", code, got)
	}
	tokens := hub + "/api/v1/namespaces/default/serviceaccounts/default/token"
	if code, got := ask(t, "POST", tokens, `{"kind":"TokenRequest"}`); code != 201 || !strings.Contains(got, `"token":"eyJ`) {
		t.Errorf("a TokenRequest is answered %d %s, without a token", code, got)
	}
	envelope := append([]byte("k8s\x00"), append(field(1, []byte("x")), field(2, field(2, []byte("spec")))...)...)
	answer, err := withProtobufToken(envelope, "abc", time.Unix(1, 0))
	wanted := append(field(2, []byte("spec")), field(3, append(field(1, []byte("abc")), field(2, []byte{8, 1})...))...)
	if err != nil || !strings.HasSuffix(string(answer), string(field(2, wanted))) {
		t.Errorf("a TokenRequest in protobuf becomes %q (%v)", answer, err)
	}
	// After a restart without network.
	h.syncing = newSyncing()
	h.sync(ctx)
	if missing := h.syncing.missing(); missing != "" {
		t.Errorf("does not start from its cache: %s", missing)
	}
}

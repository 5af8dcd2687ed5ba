package main

import (
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testServer = "https://10.0.0.1:6443"

func TestStartsFromTheFilesOfEitherFlavour(t *testing.T) {
	for _, program := range []string{"edge-hub", "yurthub"} {
		n := newNode(t, program, testServer)
		if _, err := loadIdentity(n.cfg, time.Now()); err != nil {
			t.Errorf("%s: %v", program, err)
		}
	}
}

func TestRefusesToStartAndSaysWhy(t *testing.T) {
	client := request{cn: "system:node:edge-1", org: []string{"system:nodes"}, usage: x509.ExtKeyUsageClientAuth}
	serving := request{cn: "kube-apiserver-kubelet-client", usage: x509.ExtKeyUsageServerAuth, ips: loopback}
	current := "pki/yurthub-current.pem"
	with := func(r request, change func(*request)) request { change(&r); return r }
	issue := func(store string, r request) func(*node) {
		return func(n *node) { cert, key := n.ca.issue(n.t, r); n.writePair(store, cert, key) }
	}
	remove := func(name string) func(*node) {
		return func(n *node) { must(n.t, os.Remove(filepath.Join(n.root, name))) }
	}
	edit := func(old, new string) func(*node) {
		return func(n *node) {
			data, err := os.ReadFile(n.cfg.kubeconfig)
			must(n.t, err)
			n.write("yurthub.conf", strings.Replace(string(data), old, new, 1), 0o600)
		}
	}
	for _, c := range []struct {
		name, reason string
		spoil        func(*node)
	}{
		{"no CA", "ca.crt: no such file", remove("pki/ca.crt")},
		{"CA that is none", "holds no certificate", func(n *node) { n.write("pki/ca.crt", "-", 0o644) }},
		{"CA that others may write", "may be written by others", func(n *node) { n.write("pki/ca.crt", string(n.ca.pem), 0o666) }},
		{"no kubeconfig", "yurthub.conf: no such file", remove("yurthub.conf")},
		{"kubeconfig of another cluster", "certificate-authority-data is not", func(n *node) {
			n.ca = newAuthority(n.t)
			n.writeKubeconfig(testServer)
		}},
		{"kubeconfig for another server", "not among --server-addr", func(n *node) { n.writeKubeconfig("https://10.0.0.2:6443") }},
		{"kubeconfig with a token", "holds a token", edit("client-key:", "token: abc\n      client-key:")},
		{"kubeconfig with another certificate", "client-certificate is", edit(current, "pki/other.pem")},
		{"no client certificate", "yurthub-current.pem: lstat", remove(current)},
		{"client certificate without its file", "no such file", remove("pki/yurthub-2026-01-01-00-00-00.pem")},
		{"client certificate that cannot be renewed", "plain file", func(n *node) {
			cert, key := n.ca.issue(n.t, client)
			n.write(current, string(cert)+string(key), 0o600)
		}},
		{"key that others may read", "open to others (mode 0640)", func(n *node) {
			must(n.t, os.Chmod(filepath.Join(n.root, current), 0o640))
		}},
		{"key of another certificate", "private key does not match", func(n *node) {
			cert, _ := n.ca.issue(n.t, client)
			_, key := n.ca.issue(n.t, client)
			n.writePair("yurthub", cert, key)
		}},
		{"certificate without its key", "failed to find any PEM data|private key", func(n *node) {
			cert, _ := n.ca.issue(n.t, client)
			n.writePair("yurthub", cert, nil)
		}},
		{"another node's certificate", `is for "system:node:edge-2"`, issue("yurthub", with(client, func(r *request) { r.cn = "system:node:edge-2" }))},
		{"wrong organisation", "system:nodes is not among them", issue("yurthub", with(client, func(r *request) { r.org = []string{"system:masters"} }))},
		{"wrong usage", "incompatible key usage", issue("yurthub", with(client, func(r *request) { r.usage = x509.ExtKeyUsageServerAuth }))},
		{"expired", "expired", issue("yurthub", with(client, func(r *request) { r.expiry = time.Now().Add(-time.Minute) }))},
		{"certificate of another CA", "unknown authority", func(n *node) {
			cert, key := newAuthority(n.t).issue(n.t, client)
			n.writePair("yurthub", cert, key)
		}},
		{"no serving certificate", "yurthub-server-current.pem", remove("pki/yurthub-server-current.pem")},
		{"serving certificate for another name", "the hub would ask for another one", issue("yurthub-server", with(serving, func(r *request) { r.cn = "x" }))},
		{"serving certificate for other addresses", "not valid for the address 169.254.2.1", issue("yurthub-server", with(serving, func(r *request) { r.ips = []net.IP{loopback[0]} }))},
		{"serving certificate of a stranger", "signed neither by", func(n *node) {
			cert, key := newAuthority(n.t).issue(n.t, serving)
			n.writePair("yurthub-server", cert, key)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t, "yurthub", testServer)
			c.spoil(n)
			_, err := loadIdentity(n.cfg, time.Now())
			if err == nil {
				t.Fatal("it started")
			}
			for _, reason := range strings.Split(c.reason, "|") {
				if strings.Contains(err.Error(), reason) {
					return
				}
			}
			t.Errorf("%q does not say %q", err, c.reason)
		})
	}
}

func TestEdgeHubNeedsNoServingCertificate(t *testing.T) {
	n := newNode(t, "edge-hub", testServer)
	id, err := loadIdentity(n.cfg, time.Now())
	must(t, err)
	if id.serving != nil {
		t.Error("where does it come from?")
	}
}

func TestFlags(t *testing.T) {
	good := []string{"--node-name=edge-1", "--server-addr=https://a:6443,https://b:6443"}
	parse := func(program string, env map[string]string, args ...string) error {
		_, err := parseFlags(program, append(append([]string{}, good...), args...), func(key string) string { return env[key] })
		return err
	}
	yurthub := []string{
		"--v=2", "--bind-address=127.0.0.1", "--nodepool-name=p", "--working-mode=cloud", "--enable-dummy-if=false", "--enable-iptables=false",
		"--access-server-through-hub=true", "--kubelet-health-grace-period=40s", "--gc-frequency=120", "--disk-cache-path=/x", "--root-dir=/y",
	}
	for _, program := range []string{"edge-hub", "yurthub"} {
		if err := parse(program, map[string]string{"NODE_NAME": "edge-1"}, yurthub...); err != nil {
			t.Errorf("%s: %v", program, err)
		}
	}
	if err := parse("edge-hub", nil, "--kubeconfig=/k"); err != nil {
		t.Error(err)
	}
	for reason, c := range map[string]struct {
		program string
		env     map[string]string
		args    []string
	}{
		"not defined: -kubeconfig":             {"yurthub", nil, []string{"--kubeconfig=/k"}},
		"not defined: -hub-cert-organizations": {"yurthub", nil, []string{"--hub-cert-organizations=x"}},
		"must not be among them":               {"yurthub", nil, []string{"--join-token=abcdef.0123456789abcdef"}},
		"but NODE_NAME is edge-2":              {"yurthub", map[string]string{"NODE_NAME": "edge-2"}, nil},
		"was not expanded":                     {"yurthub", nil, []string{"--node-name=$(NODE_NAME)"}},
		"unexpected argument":                  {"yurthub", nil, []string{"x"}},
		"neither edge nor cloud":               {"yurthub", nil, []string{"--working-mode=local"}},
		"is not https":                         {"yurthub", nil, []string{"--server-addr=http://a"}},
		"not in 169.254.0.0/16":                {"yurthub", nil, []string{"--dummy-if-ip=10.0.0.1"}},
		"must be edge-hub or yurthub":          {"hub", nil, nil},
	} {
		err := parse(c.program, c.env, c.args...)
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v: got %v, want %q", c.args, err, reason)
		}
	}
}

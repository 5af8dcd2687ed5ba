package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority is a cluster CA for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubernetes"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return &authority{cert, key, pemOf("CERTIFICATE", der)}
}

type request struct {
	cn     string
	org    []string
	usage  x509.ExtKeyUsage
	ips    []net.IP
	expiry time.Time
	self   bool
}

// issue returns certificate and key as PEM.
func (a *authority) issue(t *testing.T, r request) (cert, key []byte) {
	own := newKey(t)
	if r.expiry.IsZero() {
		r.expiry = time.Now().Add(time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: r.cn, Organization: r.org},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: r.expiry, ExtKeyUsage: []x509.ExtKeyUsage{r.usage}, IPAddresses: r.ips,
	}
	parent, signer := a.cert, a.key
	if r.self {
		parent, signer = template, own
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, own.Public(), signer)
	must(t, err)
	keyDER, err := x509.MarshalECPrivateKey(own)
	must(t, err)
	return pemOf("CERTIFICATE", der), pemOf("EC PRIVATE KEY", keyDER)
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// node is a folder with the files edgeadm would write.
type node struct {
	t    *testing.T
	ca   *authority
	root string
	cfg  *config
}

var loopback = []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("169.254.2.1")}

func newNode(t *testing.T, program, serverURL string) *node {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "pki"), 0o700))
	n := &node{t: t, ca: newAuthority(t), root: root}
	cfg, err := parseFlags(program, []string{
		"--node-name=edge-1", "--server-addr=" + serverURL, "--root-dir=" + root, "--disk-cache-path=" + filepath.Join(root, "cache"),
		"--heartbeat-timeout-seconds=1",
	}, func(string) string { return "" })
	must(t, err)
	n.cfg = cfg
	n.write("pki/ca.crt", string(n.ca.pem), 0o644)
	cert, key := n.ca.issue(t, request{cn: "system:node:edge-1", org: []string{"system:nodes"}, usage: x509.ExtKeyUsageClientAuth})
	n.writePair(program, cert, key)
	if program == "yurthub" {
		cert, key = n.ca.issue(t, request{cn: "kube-apiserver-kubelet-client", usage: x509.ExtKeyUsageServerAuth, ips: loopback, self: true})
		n.writePair("yurthub-server", cert, key)
	}
	n.writeKubeconfig(serverURL)
	return n
}

func (n *node) write(name, content string, mode os.FileMode) {
	path := filepath.Join(n.root, name)
	_ = os.Remove(path)
	must(n.t, os.WriteFile(path, []byte(content), mode))
	must(n.t, os.Chmod(path, mode))
}

func (n *node) writePair(store string, cert, key []byte) {
	n.write("pki/"+store+"-2026-01-01-00-00-00.pem", string(cert)+string(key), 0o600)
	link := filepath.Join(n.root, "pki", store+"-current.pem")
	_ = os.Remove(link)
	must(n.t, os.Symlink(filepath.Join(n.root, "pki", store+"-2026-01-01-00-00-00.pem"), link))
}

func (n *node) writeKubeconfig(serverURL string) {
	pair := filepath.Join(n.root, "pki", n.cfg.program+"-current.pem")
	n.write(n.cfg.program+".conf", fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
  - name: default-cluster
    cluster:
      server: %s
      certificate-authority-data: %s
users:
  - name: default-auth
    user:
      client-certificate: %s
      client-key: %s
contexts:
  - name: default-context
    context:
      cluster: default-cluster
      user: default-auth
current-context: default-context
`, serverURL, base64.StdEncoding.EncodeToString(n.ca.pem), pair, pair), 0o600)
}

// apiServer is a stand-in for the API server that can go away and come back at the same address.
type apiServer struct {
	t       *testing.T
	address string
	tls     *tls.Config
	mu      sync.Mutex
	server  *httptest.Server
	handler http.HandlerFunc
}

func (a *apiServer) start() {
	listener, err := net.Listen("tcp", a.address)
	must(a.t, err)
	a.address = listener.Addr().String()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.handler(w, r) }))
	server.Listener = listener
	server.TLS = a.tls
	server.StartTLS()
	a.server = server
}

func (a *apiServer) stop() {
	a.server.CloseClientConnections()
	a.server.Close()
}

// newCluster starts an API server and a hub in front of it; the hub's own address is returned.
func newCluster(t *testing.T, handler http.HandlerFunc) (*apiServer, *hub, string) {
	api := &apiServer{t: t, address: "127.0.0.1:0", handler: handler}
	listener, err := net.Listen("tcp", api.address)
	must(t, err)
	api.address = listener.Addr().String()
	_ = listener.Close()
	n := newNode(t, "edge-hub", "https://"+api.address)
	cert, key := n.ca.issue(t, request{cn: "kube-apiserver", usage: x509.ExtKeyUsageServerAuth, ips: loopback})
	pair, err := tls.X509KeyPair(cert, key)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(n.ca.pem)
	api.tls = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}
	api.start()
	t.Cleanup(api.stop)

	id, err := loadIdentity(n.cfg, time.Now())
	must(t, err)
	store, err := newStore(n.cfg.cachePath)
	must(t, err)
	h := newHub(n.cfg, id, store)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go h.servers.watchOver(ctx)
	front := httptest.NewServer(h)
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	return api, h, front.URL
}

// ask sends a request as a kubelet would.
func ask(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	code, text, _ := askFully(t, method, url, body, headers...)
	return code, text
}

func askFully(t *testing.T, method, url, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	must(t, err)
	r.Header.Set("User-Agent", "kubelet/v1.20.2 (linux/amd64)")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(text), response.Header
}

func waitUntil(t *testing.T, what string, within time.Duration, done func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("not within %s: %s", within, what)
}

package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// identity is what edgeadm wrote: who the node is, and whom it trusts.
type identity struct {
	client  tls.Certificate
	serving *tls.Certificate
	roots   *x509.CertPool
}

// loadIdentity reads the files of the hub and refuses to start with any that a real hub could stumble over later.
func loadIdentity(cfg *config, now time.Time) (*identity, error) {
	pki := filepath.Join(cfg.rootDir, "pki")
	caPath, clientPath := filepath.Join(pki, "ca.crt"), filepath.Join(pki, cfg.program+"-current.pem")
	asKubelet := asKubeletCertificate(cfg)
	if asKubelet {
		caPath, clientPath = cfg.kubeletCA, cfg.kubeletPair
		if _, err := os.Stat(cfg.kubeletConf); err != nil {
			return nil, fmt.Errorf("%s file doesn't exist", cfg.kubeletConf)
		}
	}
	caPEM, err := readSafely(caPath)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(caPEM) {
		return nil, fmt.Errorf("%s holds no certificate", caPath)
	}
	if asKubelet {
		log.Printf("using the certificate of the kubelet")
	} else if err := checkKubeconfig(cfg, caPEM, clientPath); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.kubeconfig, err)
	}
	client, err := loadPair(clientPath)
	if err == nil {
		err = checkClient(client.Leaf, cfg.nodeName, roots, now)
	}
	if err == nil && is(0) && !asKubelet && !contains(client.Leaf.Subject.Organization, "openyurt:yurthub") {
		err = fmt.Errorf("has the organisations %q, openyurt:yurthub is not among them", client.Leaf.Subject.Organization)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clientPath, err)
	}
	id := &identity{client: *client, roots: roots}
	servingPath := filepath.Join(pki, cfg.program+"-server-current.pem")
	if _, err := os.Lstat(servingPath); os.IsNotExist(err) && cfg.program == "edge-hub" {
		log.Printf("no %s: port %s stays closed", servingPath, cfg.proxySecurePort)
		return id, nil
	}
	if id.serving, err = loadPair(servingPath); err == nil {
		err = checkServing(cfg, id.serving.Leaf, roots, now)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", servingPath, err)
	}
	return id, nil
}

// Files of Windows have lists of access, which their modes do not show; wine has hard links in place of symlinks.
const hasModes = runtime.GOOS != "windows"

func readSafely(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if hasModes && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s may be written by others (mode %04o)", path, info.Mode().Perm())
	}
	return os.ReadFile(path)
}

func loadPair(path string) (*tls.Certificate, error) {
	link, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if hasModes && link.Mode()&os.ModeSymlink == 0 {
		return nil, errors.New("is a plain file: client-go's certificate store renews a certificate only behind a symlink")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if hasModes && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("holds a key and is open to others (mode %04o)", info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN CERTIFICATE-----")) {
		return nil, errors.New("does not begin with a certificate")
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, err
	}
	pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	return &pair, err
}

func checkClient(leaf *x509.Certificate, nodeName string, roots *x509.CertPool, now time.Time) error {
	if want := "system:node:" + nodeName; leaf.Subject.CommonName != want {
		return fmt.Errorf("is for %q, not for %q", leaf.Subject.CommonName, want)
	}
	if !contains(leaf.Subject.Organization, "system:nodes") {
		return fmt.Errorf("has the organisations %q, system:nodes is not among them", leaf.Subject.Organization)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

func asKubeletCertificate(cfg *config) bool { return cfg.bootstrapMode == "kubeletcertificate" }

// checkServing accepts a self-signed certificate: edgeadm puts one in place until the real one is approved.
func checkServing(cfg *config, leaf *x509.Certificate, roots *x509.CertPool, now time.Time) error {
	want := "system:node:" + cfg.nodeName
	if cfg.program == "yurthub" && cfg.bootstrapFile == "" && !asKubeletCertificate(cfg) {
		want = "kube-apiserver-kubelet-client"
	}
	if leaf.Subject.CommonName != want {
		return fmt.Errorf("is for %q, not for %q: the hub would ask for another one at once", leaf.Subject.CommonName, want)
	}
	for _, address := range []string{cfg.bindAddress, cfg.dummyIfIP} {
		if !containsIP(leaf.IPAddresses, net.ParseIP(address)) {
			return fmt.Errorf("is not valid for the address %s", address)
		}
	}
	options := x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if _, err := leaf.Verify(options); err == nil {
		return nil
	}
	if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) != nil {
		return errors.New("is signed neither by ca.crt nor by itself")
	}
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Errorf("is valid from %s to %s only", leaf.NotBefore, leaf.NotAfter)
	}
	log.Printf("the serving certificate is self-signed: port %s will not be trusted", cfg.proxySecurePort)
	return nil
}

// checkKubeconfig reads the few lines that matter; a fixture without dependencies has no YAML parser.
func checkKubeconfig(cfg *config, caPEM []byte, clientPath string) error {
	data, err := readSafely(cfg.kubeconfig)
	if err != nil {
		return err
	}
	values := map[string][]string{}
	for _, line := range strings.Split(string(data), "\n") {
		key, value, found := strings.Cut(strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "- ")), ":")
		if found && strings.TrimSpace(value) != "" {
			values[key] = append(values[key], strings.Trim(strings.TrimSpace(value), `'"`))
		}
	}
	for _, secret := range []string{"token", "password", "client-key-data"} {
		if len(values[secret]) > 0 {
			return fmt.Errorf("holds a %s", secret)
		}
	}
	for key, want := range map[string]string{"kind": "Config", "client-certificate": clientPath, "client-key": clientPath} {
		if got := strings.Join(values[key], ","); got != want {
			return fmt.Errorf("%s is %q, not %q", key, got, want)
		}
	}
	server := strings.Join(values["server"], ",")
	known := false
	for _, s := range cfg.servers {
		known = known || s.String() == server
	}
	if !known {
		return fmt.Errorf("its server %q is not among --server-addr", server)
	}
	ca, err := base64.StdEncoding.DecodeString(strings.Join(values["certificate-authority-data"], ","))
	if err != nil || !bytes.Equal(bytes.TrimSpace(ca), bytes.TrimSpace(caPEM)) {
		return errors.New("its certificate-authority-data is not pki/ca.crt")
	}
	return nil
}

func contains(list []string, value string) bool {
	for _, item := range list {
		if item == value {
			return true
		}
	}
	return false
}

func containsIP(list []net.IP, value net.IP) bool {
	for _, item := range list {
		if item.Equal(value) {
			return true
		}
	}
	return false
}

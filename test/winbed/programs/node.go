package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	heartbeat = 5 * time.Second
	timeout   = 30 * time.Second
)

// attend registers a node with the certificate that its kubeconfig names, and says that it is Ready, again and again.
func attend(args []string) error {
	if reason, err := os.ReadFile(filepath.Join(folder, "kubelet-"+kubernetes()+".fails")); err == nil {
		return fmt.Errorf("%s", reason)
	}
	text, err := os.ReadFile(flag(args, "kubeconfig"))
	if err != nil {
		return err
	}
	client, err := clientOf(string(text))
	if err != nil {
		return err
	}
	server := setting(string(text), "server")
	path := server + "/api/v1/nodes/" + flag(args, "hostname-override")
	for {
		if err := report(client, server, path, args); err != nil {
			return err
		}
		time.Sleep(heartbeat)
	}
}

func flag(args []string, name string) string {
	for _, word := range args {
		if strings.HasPrefix(word, "--"+name+"=") {
			return word[len(name)+3:]
		}
	}
	return ""
}

// setting reads a key of a kubeconfig of one cluster and one user, as edgeadm writes it.
func setting(kubeconfig, key string) string {
	found := regexp.MustCompile(`(?m)^\s*(?:- )?` + key + `: *["']?([^"'\r\n]*)`).FindStringSubmatch(kubeconfig)
	if found == nil {
		return ""
	}
	return found[1]
}

// clientOf speaks plainly to an edge-hub, which needs no certificate.
func clientOf(kubeconfig string) (*http.Client, error) {
	if strings.HasPrefix(setting(kubeconfig, "server"), "http:") {
		return &http.Client{Timeout: timeout}, nil
	}
	ca, err := os.ReadFile(setting(kubeconfig, "certificate-authority"))
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(setting(kubeconfig, "client-certificate"), setting(kubeconfig, "client-key"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{TLSClientConfig: config}}, nil
}

type object map[string]any

func report(client *http.Client, server, path string, args []string) error {
	code, err := send(client, "GET", path, nil)
	if err != nil {
		return err
	}
	if code == http.StatusNotFound {
		if _, err := send(client, "POST", server+"/api/v1/nodes", nodeObject(args)); err != nil {
			return err
		}
	}
	_, err = send(client, "PATCH", path+"/status", object{"status": status()})
	return err
}

func nodeObject(args []string) object {
	labels := object{"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64"}
	for _, pair := range strings.Split(flag(args, "node-labels"), ",") {
		if at := strings.Index(pair, "="); at > 0 {
			labels[pair[:at]] = pair[at+1:]
		}
	}
	return object{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata":   object{"name": flag(args, "hostname-override"), "labels": labels},
		"spec":       object{"taints": taintsOf(flag(args, "register-with-taints"))},
	}
}

func taintsOf(text string) []object {
	taints := []object{}
	for _, taint := range strings.Split(text, ",") {
		words := regexp.MustCompile(`^([^=:]+)=?([^:]*):(.+)$`).FindStringSubmatch(taint)
		if words != nil {
			taints = append(taints, object{"key": words[1], "value": words[2], "effect": words[3]})
		}
	}
	return taints
}

func status() object {
	now := time.Now().UTC().Format(time.RFC3339)
	host, _ := os.Hostname()
	ready := object{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now, "lastTransitionTime": now}
	info := object{"machineID": host, "kubeletVersion": kubernetes(), "operatingSystem": "windows", "architecture": "amd64"}
	return object{"conditions": []object{ready}, "nodeInfo": info}
}

func send(client *http.Client, method, url string, body object) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", map[string]string{"PATCH": "application/strategic-merge-patch+json"}[method])
	if method == "POST" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 2000))
	if answer.StatusCode >= 300 && !(method == "GET" && answer.StatusCode == http.StatusNotFound) {
		return answer.StatusCode, fmt.Errorf("%s %s: %d %s", method, url, answer.StatusCode, said)
	}
	return answer.StatusCode, nil
}

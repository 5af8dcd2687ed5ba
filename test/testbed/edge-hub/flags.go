package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

type config struct {
	program         string // edge-hub or yurthub: the name it is started under
	nodeName        string
	servers         []*url.URL
	bindAddress     string
	proxyPort       string
	servePort       string
	proxySecurePort string
	rootDir         string
	kubeconfig      string
	bootstrapFile   string // given to yurthub 1.3 and newer, which may find nothing there
	cachePath       string
	dummyIfIP       string
	enableDummyIf   bool
	profiling       bool
	caching         bool
	lbMode          string
	probeTimeout    time.Duration
	failedRetry     int
	healthyAfter    int
	poolName        string
	caHash          string
	bootstrapMode   string
	nodeIP          string
	multiplexerPort string
	kubeletPair     string // certificate and key of the kubelet, its CA and its kubeconfig: what the mode kubeletcertificate reads
	kubeletCA       string
	kubeletConf     string
}

// parseFlags knows the flags that edgeadm gives to yurthub 0.5.0 to 1.7.0, and one more when it is started as edge-hub. It returns no config and
// no error for --version.
func parseFlags(program string, args []string, env func(string) string) (*config, error) {
	if program != "edge-hub" && program != "yurthub" {
		return nil, fmt.Errorf("started as %q: the command must be edge-hub or yurthub", program)
	}
	cfg := &config{
		program: program, kubeletPair: "/var/lib/kubelet/pki/kubelet-client-current.pem",
		kubeletCA: "/etc/kubernetes/pki/ca.crt", kubeletConf: "/etc/kubernetes/kubelet.conf",
	}
	fs := flag.NewFlagSet(program, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&cfg.bindAddress, "bind-address", "127.0.0.1", "")
	fs.StringVar(&cfg.servePort, "serve-port", "10267", "")
	fs.StringVar(&cfg.proxyPort, "proxy-port", "10261", "")
	fs.StringVar(&cfg.proxySecurePort, "proxy-secure-port", "10268", "")
	fs.StringVar(&cfg.nodeName, "node-name", "", "")
	fs.StringVar(&cfg.lbMode, "lb-mode", "rr", "")
	fs.IntVar(&cfg.failedRetry, "heartbeat-failed-retry", 3, "")
	fs.IntVar(&cfg.healthyAfter, "heartbeat-healthy-threshold", 2, "")
	timeout := fs.Int("heartbeat-timeout-seconds", 2, "")
	fs.StringVar(&cfg.rootDir, "root-dir", "/var/lib/"+program, "")
	fs.BoolVar(&cfg.profiling, "profiling", true, "")
	fs.BoolVar(&cfg.enableDummyIf, "enable-dummy-if", true, "")
	fs.StringVar(&cfg.dummyIfIP, "dummy-if-ip", "169.254.2.1", "")
	fs.StringVar(&cfg.cachePath, "disk-cache-path", "/etc/kubernetes/cache/", "")
	fs.StringVar(&cfg.bootstrapFile, "bootstrap-file", "", "")
	fs.StringVar(&cfg.bootstrapMode, "bootstrap-mode", "token", "")
	fs.StringVar(&cfg.poolName, "nodepool-name", "", "")
	fs.StringVar(&cfg.caHash, "discovery-token-ca-cert-hash", "", "")
	fs.StringVar(&cfg.nodeIP, "node-ip", "", "")
	fs.StringVar(&cfg.multiplexerPort, "multiplexer-port", "10269", "")
	serverAddr := fs.String("server-addr", "", "")
	workingMode := fs.String("working-mode", "edge", "")
	certMgrMode := fs.String("cert-mgr-mode", "hubself", "")
	joinToken := fs.String("join-token", "", "")
	version := fs.Bool("version", false, "")
	acceptUnused(fs)
	if program == "edge-hub" {
		fs.StringVar(&cfg.kubeconfig, "kubeconfig", "", "")
	}

	for _, arg := range args {
		if !strings.HasPrefix(arg, "--") {
			return nil, fmt.Errorf("unexpected argument %q: flags are --name=value", arg)
		}
	}
	if err := unknownFlag(args); err != nil {
		return nil, err
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if *version {
		fmt.Printf("%s: stand-in.Info{GitVersion:%q}\n%s\n", program, "v"+release, banner)
		return nil, nil
	}
	if err := cfg.validateRelease(); err != nil {
		return nil, err
	}
	if cfg.kubeconfig == "" {
		cfg.kubeconfig = filepath.Join(cfg.rootDir, program+".conf")
	}
	cfg.probeTimeout = time.Duration(*timeout) * time.Second
	cfg.caching = *workingMode == "edge"
	if *joinToken != "" {
		return nil, errors.New("--join-token is given: a static pod's arguments are published, a token must not be among them")
	}
	if *certMgrMode != "hubself" {
		return nil, fmt.Errorf("--cert-mgr-mode=%s: only hubself", *certMgrMode)
	}
	if *workingMode != "edge" && *workingMode != "cloud" {
		return nil, fmt.Errorf("--working-mode=%s is neither edge nor cloud", *workingMode)
	}
	var err error
	if cfg.servers, err = parseServers(*serverAddr); err != nil {
		return nil, err
	}
	return cfg, cfg.validate(env)
}

// acceptUnused takes the flags of yurthub (and of its logging) that change nothing here.
func acceptUnused(fs *flag.FlagSet) {
	for name, value := range map[string]string{
		"kubelet-ca-file": "", "kubelet-client-certificate": "", "dummy-if-name": "",
		"disabled-resource-filters": "", "namespace": "", "log_backtrace_at": "", "log_dir": "", "log_file": "", "vmodule": "", "stderrthreshold": "",
	} {
		fs.String(name, value, "")
	}
	for _, name := range []string{"gc-frequency", "max-requests-in-flight", "log_file_max_size", "v"} {
		fs.Int(name, 0, "")
	}
	for _, name := range []string{
		"enable-iptables", "access-server-through-hub", "enable-resource-filter", "add_dir_header", "alsologtostderr",
		"logtostderr", "skip_headers", "skip_log_headers",
	} {
		fs.Bool(name, true, "")
	}
	fs.Duration("kubelet-health-grace-period", 40*time.Second, "")
}

func parseServers(list string) ([]*url.URL, error) {
	if list == "" {
		return nil, errors.New("--server-addr is empty")
	}
	var servers []*url.URL
	for _, text := range strings.Split(list, ",") {
		server, err := url.Parse(text)
		if err != nil || server.Scheme != "https" || server.Host == "" || server.Path != "" {
			return nil, fmt.Errorf("--server-addr: %q is not https://HOST:PORT", text)
		}
		servers = append(servers, server)
	}
	return servers, nil
}

func (c *config) validate(env func(string) string) error {
	switch {
	case c.nodeName == "":
		return errors.New("--node-name is empty")
	case strings.Contains(c.nodeName, "$("):
		return fmt.Errorf("--node-name=%s was not expanded: is the variable among the container's env?", c.nodeName)
	case env("NODE_NAME") != "" && env("NODE_NAME") != c.nodeName:
		return fmt.Errorf("--node-name=%s, but NODE_NAME is %s", c.nodeName, env("NODE_NAME"))
	case c.lbMode != "rr" && c.lbMode != "priority":
		return fmt.Errorf("--lb-mode=%s is neither rr nor priority", c.lbMode)
	}
	_, linkLocal, _ := net.ParseCIDR("169.254.0.0/16")
	if ip := net.ParseIP(c.dummyIfIP); ip == nil || !linkLocal.Contains(ip) {
		return fmt.Errorf("--dummy-if-ip=%s is not in %s", c.dummyIfIP, linkLocal)
	}
	return nil
}

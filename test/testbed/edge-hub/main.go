// The edge-hub stand-in of edgeadm's test bed: a test fixture, not a product. See README.md.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const banner = "edge-hub stand-in: a TEST FIXTURE of edgeadm's test bed, neither the vendor's edge-hub nor OpenYurt's yurthub"

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	log.Println(banner)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx, strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), os.Args[1:], os.Getenv)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		if release != "" {
			die(err)
		}
		reason := fmt.Sprintf("edge-hub stand-in cannot start: %v\n", err)
		log.Print(reason)
		// Where the kubelet looks for the reason of a container's end; absent outside a container.
		if f, openErr := os.OpenFile("/dev/termination-log", os.O_WRONLY|os.O_APPEND, 0); openErr == nil {
			_, _ = f.WriteString(reason)
			_ = f.Close()
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, program string, args []string, env func(string) string) error {
	cfg, err := parseFlags(program, args, env)
	if err != nil || cfg == nil {
		return err
	}
	id, err := loadIdentity(cfg, time.Now())
	if err != nil {
		return err
	}
	store, err := newStore(cfg.cachePath)
	if err != nil {
		return err
	}
	hub := newHub(cfg, id, store)
	listeners, err := hub.listen()
	if err != nil {
		return err
	}
	go hub.servers.watchOver(ctx)
	go hub.sync(ctx)
	return serve(ctx, listeners)
}

type service struct {
	listener net.Listener
	handler  http.Handler
}

// listen opens every port. Only the dummy address may be missing: not every kernel has such a link type.
func (h *hub) listen() ([]service, error) {
	cfg := h.cfg
	var secure *tls.Config
	if h.id.serving != nil {
		secure = &tls.Config{Certificates: []tls.Certificate{*h.id.serving}, MinVersion: tls.VersionTLS12}
	}
	type port struct {
		address string
		handler http.Handler
		tls     *tls.Config
		may     bool
	}
	ports := []port{
		{net.JoinHostPort(cfg.bindAddress, cfg.servePort), h.hubHandler(), nil, false},
		{net.JoinHostPort(cfg.bindAddress, cfg.proxyPort), h, nil, false},
	}
	if cfg.enableDummyIf {
		ports = append(ports, port{net.JoinHostPort(cfg.dummyIfIP, cfg.proxyPort), h, nil, true})
	}
	if secure != nil {
		ports = append(ports, port{net.JoinHostPort(cfg.bindAddress, cfg.proxySecurePort), h, secure, false})
		if cfg.enableDummyIf {
			ports = append(ports, port{net.JoinHostPort(cfg.dummyIfIP, cfg.proxySecurePort), h, secure, true})
		}
	}
	if secure != nil && is(7) && cfg.nodeIP != "" {
		ports = append(ports, port{net.JoinHostPort(cfg.nodeIP, cfg.multiplexerPort), h, secure, false})
	}
	var services []service
	for _, p := range ports {
		listener, err := net.Listen("tcp", p.address)
		if err != nil {
			if p.may {
				log.Printf("%s cannot be bound, going on without it: %v", p.address, err)
				continue
			}
			return nil, err
		}
		if p.tls != nil {
			listener = tls.NewListener(listener, p.tls)
		}
		log.Printf("listening on %s", p.address)
		services = append(services, service{listener, p.handler})
	}
	return services, nil
}

func serve(ctx context.Context, services []service) error {
	failed := make(chan error, len(services))
	for _, s := range services {
		server := &http.Server{Handler: s.handler}
		go func(s service) { failed <- server.Serve(s.listener) }(s)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// hubHandler answers what is asked of the hub itself.
func (h *hub) hubHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OK") })
	mux.HandleFunc("/v1/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if missing := h.syncing.missing(); missing != "" {
			http.Error(w, missing, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "OK")
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		h.metrics.write(w, h.servers.all)
	})
	if h.cfg.profiling {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	}
	return mux
}

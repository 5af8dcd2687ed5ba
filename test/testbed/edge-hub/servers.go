package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	probeEvery        = time.Second
	probeOfflineEvery = 500 * time.Millisecond
)

// server is one API server, with the connections to it: they are cut when it is given up, so that no watch hangs on
// a connection that will never speak again.
type server struct {
	url     *url.URL
	healthy atomic.Bool
	suspect chan struct{}
	asNode  http.RoundTripper // with the client certificate
	asIs    http.RoundTripper // for requests that carry a bearer token of their own
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	changed chan struct{} // closed at every change of health, then replaced
}

type servers struct {
	cfg  *config
	all  []*server
	next atomic.Uint32
}

func newServers(cfg *config, id *identity) *servers {
	s := &servers{cfg: cfg}
	for _, u := range cfg.servers {
		srv := &server{url: u, suspect: make(chan struct{}, 1), conns: map[net.Conn]struct{}{}, changed: make(chan struct{})}
		srv.healthy.Store(true)
		srv.asNode = srv.transport(cfg, &tls.Config{RootCAs: id.roots, Certificates: []tls.Certificate{id.client}})
		srv.asIs = srv.transport(cfg, &tls.Config{RootCAs: id.roots})
		s.all = append(s.all, srv)
	}
	return s
}

// transport speaks HTTP/1.1 only: one connection for each watch, to be cut each by itself.
func (s *server) transport(cfg *config, tlsConfig *tls.Config) http.RoundTripper {
	dialer := &net.Dialer{Timeout: cfg.probeTimeout, KeepAlive: 10 * time.Second}
	return &http.Transport{
		TLSClientConfig:     tlsConfig,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		TLSHandshakeTimeout: 2 * cfg.probeTimeout,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			tracked := &trackedConn{Conn: conn, server: s}
			s.mu.Lock()
			s.conns[tracked] = struct{}{}
			s.mu.Unlock()
			return tracked, nil
		},
	}
}

type trackedConn struct {
	net.Conn
	server *server
}

func (c *trackedConn) Close() error {
	c.server.mu.Lock()
	delete(c.server.conns, c)
	c.server.mu.Unlock()
	return c.Conn.Close()
}

// pick gives a healthy server, or none.
func (s *servers) pick() *server {
	start := 0
	if s.cfg.lbMode == "rr" {
		start = int(s.next.Add(1))
	}
	for i := range s.all {
		if srv := s.all[(start+i)%len(s.all)]; srv.healthy.Load() {
			return srv
		}
	}
	return nil
}

// waitForAny returns when a server is healthy again (true) or the context ends.
func (s *servers) waitForAny(ctx context.Context) bool {
	for {
		if s.pick() != nil {
			return true
		}
		waits := make(chan struct{}, len(s.all))
		waitCtx, cancel := context.WithCancel(ctx)
		for _, srv := range s.all {
			srv.mu.Lock()
			changed := srv.changed
			srv.mu.Unlock()
			go func() {
				select {
				case <-changed:
				case <-waitCtx.Done():
				}
				waits <- struct{}{}
			}()
		}
		if s.pick() == nil {
			<-waits
		}
		cancel()
		if ctx.Err() != nil {
			return false
		}
	}
}

// doubt asks for a probe now: a request just failed.
func (s *server) doubt() {
	select {
	case s.suspect <- struct{}{}:
	default:
	}
}

func (s *server) setHealthy(healthy bool, reason error) {
	if s.healthy.Swap(healthy) == healthy {
		return
	}
	s.mu.Lock()
	close(s.changed)
	s.changed = make(chan struct{})
	var conns []net.Conn
	if !healthy {
		for conn := range s.conns {
			conns = append(conns, conn)
		}
	}
	s.mu.Unlock()
	if healthy {
		log.Printf("%s is back", s.url)
		return
	}
	log.Printf("%s is away (%v): answering from the cache, %d connections cut", s.url, reason, len(conns))
	for _, conn := range conns {
		_ = conn.Close()
	}
}

// watchOver probes every server until the context ends, as a lease would be renewed.
func (s *servers) watchOver(ctx context.Context) {
	for _, srv := range s.all {
		go s.probeForever(ctx, srv)
	}
	<-ctx.Done()
}

func (s *servers) probeForever(ctx context.Context, srv *server) {
	failures, successes := 0, 0
	for ctx.Err() == nil {
		err := s.probe(ctx, srv)
		pause := probeEvery
		if err != nil {
			failures, successes = failures+1, 0
			if failures >= s.cfg.failedRetry {
				srv.setHealthy(false, err)
			}
			pause = probeOfflineEvery
		} else {
			failures, successes = 0, successes+1
			if successes >= s.cfg.healthyAfter {
				srv.setHealthy(true, nil)
			} else if !srv.healthy.Load() {
				pause = probeOfflineEvery / 5
			}
		}
		if failures > 0 && failures < s.cfg.failedRetry {
			pause = probeOfflineEvery / 5
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-srv.suspect:
		}
	}
}

// probe asks for the node's lease: any answer but a server's own failure shows that the API is there.
func (s *servers) probe(ctx context.Context, srv *server) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.probeTimeout)
	defer cancel()
	target := srv.url.String() + "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/" + url.PathEscape(s.cfg.nodeName)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", s.cfg.program+"/heartbeat")
	response, err := srv.asNode.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUnauthorized {
		log.Printf("%s does not accept the node's certificate (401)", srv.url)
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("heartbeat: %s", response.Status)
	}
	return nil
}

var errAway = errors.New("no API server can be reached")

package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	maxBody      = 32 << 20
	refreshAfter = 100 * time.Millisecond
)

type hub struct {
	cfg        *config
	id         *identity
	servers    *servers
	store      *store
	metrics    *metrics
	syncing    *syncing
	mu         sync.Mutex
	refreshing map[string]bool
}

func newHub(cfg *config, id *identity, store *store) *hub {
	return &hub{
		cfg: cfg, id: id, store: store, servers: newServers(cfg, id), metrics: newMetrics(cfg.program), syncing: newSyncing(), refreshing: map[string]bool{},
	}
}

// ServeHTTP refuses everybody until the hub has what it needs itself.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if missing := h.syncing.missing(); missing != "" {
		writeStatus(w, http.StatusServiceUnavailable, "ServiceUnavailable", missing)
		return
	}
	h.serve(w, r)
}

// serve proxies to an API server, or answers for it while none can be reached.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	info := parseRequest(r)
	h.metrics.add("proxy_requests_collector", info, 1)
	if r.Header.Get("Upgrade") != "" {
		http.Error(w, "the stand-in does not upgrade connections", http.StatusNotImplemented)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	srv := h.servers.pick()
	if srv != nil {
		response, err := h.forward(r.Context(), srv, r, body)
		if err == nil {
			defer response.Body.Close()
			h.relay(w, r, info, response)
			return
		}
		if r.Context().Err() != nil {
			return
		}
		log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
		srv.doubt()
	}
	h.answerLocally(w, r, info, body)
}

func (h *hub) forward(ctx context.Context, srv *server, r *http.Request, body []byte) (*http.Response, error) {
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host, out.Host = srv.url.Scheme, srv.url.Host, srv.url.Host
	out.RequestURI = ""
	out.Body, out.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	// Identity encoding: what is kept must be readable to every later client.
	for _, name := range []string{"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Accept-Encoding"} {
		out.Header.Del(name)
	}
	if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		return srv.asIs.RoundTrip(out)
	}
	return srv.asNode.RoundTrip(out)
}

// relay passes an answer on as it comes, keeps it if that is requested, and has lists refreshed that a watch tells
// have changed.
func (h *hub) relay(w http.ResponseWriter, r *http.Request, info requestInfo, response *http.Response) {
	for name, values := range response.Header {
		if name != "Connection" && name != "Keep-Alive" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(response.StatusCode)
	if info.verb == "watch" {
		flush(w) // the client waits for the header, events may come much later
	}
	object := info.object(r.URL)
	keep := h.cfg.caching && h.syncing.remembers(info.component) && (info.cacheable(r) || object != nil)
	var kept bytes.Buffer
	buffer := make([]byte, 32<<10)
	for {
		n, err := response.Body.Read(buffer)
		if n > 0 {
			h.metrics.add("proxy_traffic_collector", info, float64(n))
			if _, writeErr := w.Write(buffer[:n]); writeErr != nil {
				return
			}
			if info.verb == "watch" || response.ContentLength < 0 {
				flush(w)
			}
			if keep = keep && kept.Len()+n <= maxBody; keep {
				kept.Write(buffer[:n])
			}
			if info.verb == "watch" && h.cfg.caching {
				h.refreshLists(info.component, r.URL)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			if info.verb == "watch" {
				return // the client watches again, and meets the cache
			}
			// The answer was cut short: the client must see that too.
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case keep && object != nil && response.StatusCode == http.StatusOK:
		h.put(info.component, object, r, response.Header.Get("Content-Type"), kept.Bytes())
	case keep && object == nil:
		h.keep(r, info, response, kept.Bytes())
	}
}

func (h *hub) keep(r *http.Request, info requestInfo, response *http.Response, body []byte) {
	switch response.StatusCode {
	case http.StatusOK:
		h.put(info.component, r.URL, r, response.Header.Get("Content-Type"), body)
	case http.StatusNotFound:
		h.store.drop(info.component, r.URL, r.Header.Get("Accept"))
	}
}

func (h *hub) put(component string, u *url.URL, r *http.Request, contentType string, body []byte) {
	a := answer{URI: u.RequestURI(), Accept: r.Header.Get("Accept"), UserAgent: r.UserAgent(), ContentType: contentType, Body: body}
	if err := h.store.put(component, u, a); err != nil {
		log.Printf("cannot keep %s: %v", u.Path, err)
	}
}

// refreshLists asks again for the lists that a watch belongs to. The events themselves are not read: they come in
// several encodings, and a list that was just requested is right in all of them.
func (h *hub) refreshLists(component string, watch *url.URL) {
	key := component + " " + watch.Path + "?" + selection(watch.Query())
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refreshing[key] {
		return
	}
	h.refreshing[key] = true
	target := *watch
	time.AfterFunc(refreshAfter, func() {
		h.mu.Lock()
		delete(h.refreshing, key)
		h.mu.Unlock()
		for _, list := range h.store.listsLike(component, &target) {
			h.refresh(component, list)
		}
	})
}

func (h *hub) refresh(component string, list answer) {
	srv := h.servers.pick()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, list.URI, nil)
	if err != nil || srv == nil {
		return
	}
	request.Header.Set("Accept", list.Accept)
	request.Header.Set("User-Agent", list.UserAgent)
	response, err := h.forward(ctx, srv, request, nil)
	if err != nil {
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err == nil {
		h.keep(request, requestInfo{component: component}, response, body)
	}
}

func flush(w http.ResponseWriter) {
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
}

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answerLocally speaks for the API server while it is away.
func (h *hub) answerLocally(w http.ResponseWriter, r *http.Request, info requestInfo, body []byte) {
	switch info.verb {
	case "watch":
		h.quietWatch(w, r)
	case "create":
		switch {
		case release != "" && info.resource == "serviceaccounts" && info.subresource == "token":
			answerToken(w, r, info, body)
			return
		case release != "":
			echo(w, r, body)
			return
		}
		h.acceptObject(w, r, info, body, http.StatusCreated)
	case "update":
		h.acceptObject(w, r, info, body, http.StatusOK)
	case "patch":
		h.acceptPatch(w, r, info)
	case "delete", "deletecollection":
		writeStatus(w, http.StatusForbidden, "Forbidden", "nothing is deleted while the API server is away")
	default:
		h.fromCache(w, r, info, r.URL)
	}
}

func (h *hub) fromCache(w http.ResponseWriter, r *http.Request, info requestInfo, u *url.URL) {
	a, found := h.store.get(info.component, u, r.Header.Get("Accept"))
	switch {
	case release != "" && !h.syncing.remembers(info.component):
		writeStatus(w, http.StatusBadRequest, "BadRequest", "can not cache for "+info.component)
		return
	case release != "" && !found:
		writeStatus(w, http.StatusNotFound, "NotFound", info.resource+" \""+info.name+"\" not found")
		return
	}
	if !found || !h.cfg.caching {
		writeStatus(w, http.StatusServiceUnavailable, "ServiceUnavailable", errAway.Error()+", and this was never asked before")
		return
	}
	h.metrics.add("cached_answers_collector", info, 1)
	w.Header().Set("Content-Type", a.ContentType)
	_, _ = w.Write(a.Body)
}

// quietWatch stays open and silent until the API server is back; then it ends, and the client watches the real one.
func (h *hub) quietWatch(w http.ResponseWriter, r *http.Request) {
	contentType := "application/json"
	if strings.Contains(r.Header.Get("Accept"), "application/vnd.kubernetes.protobuf") {
		contentType = "application/vnd.kubernetes.protobuf;stream=watch"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(http.StatusOK)
	flush(w)
	ctx := r.Context()
	if seconds, err := strconv.Atoi(r.URL.Query().Get("timeoutSeconds")); err == nil && seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer cancel()
	}
	// A server that just failed may not be known to be away yet; ending at once would make the client come back hotly.
	select {
	case <-ctx.Done():
		return
	case <-time.After(time.Second):
	}
	h.servers.waitForAny(ctx)
}

// echo answers a creation with what was sent, as released yurthubs do.
func echo(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(body)
}

func (h *hub) acceptObject(w http.ResponseWriter, r *http.Request, info requestInfo, body []byte, code int) {
	if !accepted[info.resource] || (info.subresource != "" && info.subresource != "status") {
		writeStatus(w, http.StatusServiceUnavailable, "ServiceUnavailable", errAway.Error())
		return
	}
	if object := info.object(r.URL); object != nil && h.cfg.caching {
		h.put(info.component, object, r, r.Header.Get("Content-Type"), body)
	}
	h.metrics.add("cached_answers_collector", info, 1)
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

// acceptPatch answers with the object as last seen.
func (h *hub) acceptPatch(w http.ResponseWriter, r *http.Request, info requestInfo) {
	if info.resource == "events" {
		// client-go then creates the event, which is taken.
		writeStatus(w, http.StatusNotFound, "NotFound", "events are not kept while the API server is away")
		return
	}
	if object := info.object(r.URL); object != nil {
		h.fromCache(w, r, info, object)
		return
	}
	writeStatus(w, http.StatusServiceUnavailable, "ServiceUnavailable", errAway.Error())
}

func writeStatus(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"reason": reason, "message": "edge-hub: " + message, "code": code,
	})
}

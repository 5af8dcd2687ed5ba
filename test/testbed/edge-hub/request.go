package main

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// requestInfo is what the API server would read from a request.
type requestInfo struct {
	component   string // first part of the User-Agent
	verb        string
	group       string
	namespace   string
	resource    string // empty for /version, /healthz, discovery
	name        string
	subresource string
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9._-]`)

func parseRequest(r *http.Request) requestInfo {
	info := requestInfo{component: componentOf(r.UserAgent()), verb: strings.ToLower(r.Method)}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		info.group = parts[1]
		parts = parts[3:]
	default:
		return info
	}
	if parts[0] == "namespaces" && len(parts) > 2 && parts[2] != "status" && parts[2] != "finalize" {
		info.namespace = parts[1]
		parts = parts[2:]
	}
	info.resource = parts[0]
	if len(parts) > 1 {
		info.name = parts[1]
	}
	if len(parts) > 2 {
		info.subresource = strings.Join(parts[2:], "/")
	}
	info.verb = verbOf(r.Method, info.name, r.URL.Query())
	return info
}

func componentOf(userAgent string) string {
	component, _, _ := strings.Cut(userAgent, "/")
	component = unsafeName.ReplaceAllString(strings.TrimSpace(component), "_")
	if strings.Trim(component, ".") == "" {
		return "unknown"
	}
	return component
}

func verbOf(method, name string, query url.Values) string {
	switch method {
	case http.MethodGet:
		if watch := query.Get("watch"); watch == "true" || watch == "1" {
			return "watch"
		}
		if name == "" {
			return "list"
		}
		return "get"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodDelete:
		if name == "" {
			return "deletecollection"
		}
	}
	return strings.ToLower(method)
}

// cacheable: lists and single objects, discovery and the version; never /healthz and its like.
func (i requestInfo) cacheable(r *http.Request) bool {
	lasting := i.resource != "" || strings.HasPrefix(r.URL.Path, "/api") || r.URL.Path == "/version"
	return lasting && r.Method == http.MethodGet && i.verb != "watch" && i.subresource == "" && !r.URL.Query().Has("continue")
}

// What a kubelet keeps sending, and is calm when it is taken: it is sent again when the API server is back, but for
// events, which are lost.
var accepted = map[string]bool{"events": true, "leases": true, "nodes": true, "pods": true}

// object is where the object that an update or a patch sends is read again, or nil.
func (i requestInfo) object(u *url.URL) *url.URL {
	if i.verb != "update" && i.verb != "patch" || !accepted[i.resource] || i.resource == "events" {
		return nil
	}
	switch i.subresource {
	case "":
		return &url.URL{Path: u.Path}
	case "status":
		return &url.URL{Path: path.Dir(u.Path)}
	}
	return nil
}

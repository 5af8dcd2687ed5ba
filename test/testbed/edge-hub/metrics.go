package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
)

// metrics counts, and writes the counts as Prometheus text.
type metrics struct {
	prefix string
	mu     sync.Mutex
	counts map[string]map[string]float64 // name -> labels -> value
}

// Names after those of the hubs themselves, for example node_edge_hub_proxy_traffic_collector.
func newMetrics(program string) *metrics {
	prefix := "node_" + strings.ReplaceAll(program, "-", "_") + "_"
	return &metrics{prefix: prefix, counts: map[string]map[string]float64{
		"proxy_traffic_collector":  {},
		"proxy_requests_collector": {},
		"cached_answers_collector": {},
	}}
}

func (m *metrics) add(name string, info requestInfo, value float64) {
	labels := fmt.Sprintf(`client=%q,verb=%q,resource=%q,subresources=%q`, info.component, info.verb, info.resource, info.subresource)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name][labels] += value
}

func (m *metrics) write(w io.Writer, all []*server) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.counts))
	for name := range m.counts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(w, "# TYPE %s%s counter\n", m.prefix, name)
		lines := make([]string, 0, len(m.counts[name]))
		for labels, value := range m.counts[name] {
			lines = append(lines, fmt.Sprintf("%s%s{%s} %g", m.prefix, name, labels, value))
		}
		sort.Strings(lines)
		for _, line := range lines {
			fmt.Fprintln(w, line)
		}
	}
	fmt.Fprintf(w, "# TYPE %sserver_healthy_collector gauge\n", m.prefix)
	for _, srv := range all {
		healthy := 0
		if srv.healthy.Load() {
			healthy = 1
		}
		fmt.Fprintf(w, "%sserver_healthy_collector{server=%q} %d\n", m.prefix, srv.url.Host, healthy)
	}
}

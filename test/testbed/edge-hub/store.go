package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// answer is what the API server said last, with the request that made it say so.
type answer struct {
	URI         string // path and query
	Accept      string
	UserAgent   string
	ContentType string
	Body        []byte `json:"-"`
}

// store keeps answers on disk: PATH/COMPONENT/URL-PATH/@HASH, one line of JSON and then the body as it came.
type store struct{ dir string }

func newStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	probe := filepath.Join(dir, ".writable")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return nil, fmt.Errorf("the cache path cannot be written: %w", err)
	}
	return &store{dir}, os.Remove(probe)
}

// folder of a request. url.URL has no relative parts here: path.Clean keeps it below the component.
func (s *store) folder(component, urlPath string) string {
	return filepath.Join(s.dir, component, filepath.FromSlash(path.Clean("/"+urlPath)))
}

// selection is the part of a query that says which objects are meant: a watch has the same as its list.
func selection(query url.Values) string {
	kept := url.Values{}
	for _, key := range []string{"fieldSelector", "labelSelector"} {
		if value := query.Get(key); value != "" {
			kept.Set(key, value)
		}
	}
	return kept.Encode()
}

func (s *store) file(component string, u *url.URL, accept string) string {
	sum := sha256.Sum256([]byte(selection(u.Query()) + "\n" + accept))
	return filepath.Join(s.folder(component, u.Path), "@"+hex.EncodeToString(sum[:6]))
}

func (s *store) put(component string, u *url.URL, a answer) error {
	file := s.file(component, u, a.Accept)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	header, err := json.Marshal(a)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".tmp-")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(append(header, '\n'), a.Body...))
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}

func (s *store) get(component string, u *url.URL, accept string) (*answer, bool) {
	return readAnswer(s.file(component, u, accept))
}

func readAnswer(file string) (*answer, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, false
	}
	header, body, found := bytes.Cut(data, []byte("\n"))
	a := &answer{Body: body}
	if !found || json.Unmarshal(header, a) != nil {
		return nil, false
	}
	return a, true
}

// drop forgets an object that is gone.
func (s *store) drop(component string, u *url.URL, accept string) {
	_ = os.Remove(s.file(component, u, accept))
}

// listsLike finds the lists that a watch keeps up to date.
func (s *store) listsLike(component string, watch *url.URL) []answer {
	folder := s.folder(component, watch.Path)
	entries, _ := os.ReadDir(folder)
	var lists []answer
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "@") {
			continue
		}
		a, ok := readAnswer(filepath.Join(folder, entry.Name()))
		if !ok {
			continue
		}
		if u, err := url.ParseRequestURI(a.URI); err == nil && selection(u.Query()) == selection(watch.Query()) {
			lists = append(lists, *a)
		}
	}
	return lists
}

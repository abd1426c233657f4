// SPDX-License-Identifier: Apache-2.0

// Package compose judges Berth's reading of compose files by compose-go: for every case both must give the same
// canonical model, or both must refuse it.
package compose

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// stack is one case: files by their name, and what else a model depends on.
type stack struct {
	name    string
	title   string
	files   map[string]string
	options options
	waived  string // why the two may differ; then they must
}

type options struct {
	ComposeFiles []string          `json:"compose_files"`
	Env          map[string]string `json:"env"`
	Profiles     []string          `json:"profiles"`
	Project      string            `json:"project"`
}

// readStack takes a case apart: a sentence, then `-- name --` before each file. `options` (JSON), `waived`, `want` and
// `objects` are no files of the stack.
func readStack(t testing.TB, path string) stack {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	made := stack{name: strings.TrimSuffix(filepath.Base(path), ".txt"), files: map[string]string{}}
	sections := map[string]*strings.Builder{}
	into := &strings.Builder{}
	title := into
	for _, line := range strings.SplitAfter(string(text), "\n") {
		trimmed := strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(trimmed, "-- ") && strings.HasSuffix(trimmed, " --") {
			into = &strings.Builder{}
			sections[trimmed[3:len(trimmed)-3]] = into
			continue
		}
		into.WriteString(line)
	}
	made.title = strings.TrimSpace(title.String())
	for name, section := range sections {
		switch name {
		case "options":
			if err := json.Unmarshal([]byte(section.String()), &made.options); err != nil {
				t.Fatalf("%s: options: %v", path, err)
			}
		case "waived":
			made.waived = strings.TrimSpace(section.String())
		case "want", "objects":
		default:
			made.files[name] = section.String()
		}
	}
	return made.completed()
}

func (s stack) completed() stack {
	if s.options.ComposeFiles == nil {
		s.options.ComposeFiles = []string{"compose.yaml"}
	}
	if s.options.Env == nil {
		s.options.Env = map[string]string{}
	}
	if s.options.Profiles == nil {
		s.options.Profiles = []string{}
	}
	return s
}

// place writes the files of a stack into an empty folder.
func (s stack) place(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range s.files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func (s stack) text() string {
	names := make([]string, 0, len(s.files))
	for name := range s.files {
		names = append(names, name)
	}
	sort.Strings(names)
	var made strings.Builder
	for _, name := range names {
		fmt.Fprintf(&made, "-- %s --\n%s", name, s.files[name])
	}
	return made.String()
}

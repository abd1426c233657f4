// SPDX-License-Identifier: Apache-2.0
package compose

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

const home = "/home/somebody"

// verdict is a model, or why there is none.
type verdict struct {
	model   any
	refusal string
}

// theirs is compose-go's verdict, as `docker compose config --format json` would have it.
func theirs(s stack, folder string) (made verdict) {
	// A library that panics has refused.
	defer func() {
		if cause := recover(); cause != nil {
			made = verdict{refusal: fmt.Sprint("panic: ", cause)}
		}
	}()
	env := types.Mapping(s.options.Env).Clone()
	if own := filepath.Join(folder, ".env"); s.files[".env"] != "" {
		read, err := dotenv.GetEnvFromFile(env, []string{own})
		if err != nil {
			return verdict{refusal: err.Error()}
		}
		env.Merge(read)
	}
	details := types.ConfigDetails{WorkingDir: folder, Environment: env}
	for _, file := range s.options.ComposeFiles {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(folder, file)})
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) {
		o.SetProjectName(s.options.Project, s.options.Project != "")
		o.Profiles = s.options.Profiles
	})
	if err != nil {
		return verdict{refusal: err.Error()}
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return verdict{refusal: err.Error()}
	}
	if err := json.Unmarshal(text, &made.model); err != nil {
		return verdict{refusal: err.Error()}
	}
	return made
}

// tool is a running compose_model.
type tool struct {
	t      testing.TB
	input  io.WriteCloser
	output *bufio.Scanner
}

func start(t testing.TB) *tool {
	t.Helper()
	path := os.Getenv("BERTH_COMPOSE_MODEL")
	if path == "" {
		t.Fatal("BERTH_COMPOSE_MODEL names no program")
	}
	command := exec.Command(path)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 64<<20)
	t.Cleanup(func() {
		input.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &tool{t, input, lines}
}

func (c *tool) ours(s stack, folder string) verdict {
	c.t.Helper()
	request, err := json.Marshal(map[string]any{
		"working_dir": folder, "home": home, "files": s.files, "compose_files": s.options.ComposeFiles,
		"env": s.options.Env, "profiles": s.options.Profiles, "project": s.options.Project,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.input.Write(append(request, '\n')); err != nil {
		c.t.Fatal(err)
	}
	if !c.output.Scan() {
		c.t.Fatalf("compose_model ended at %s\n%s", s.name, s.text())
	}
	var answer struct {
		Model any
		Error *string
	}
	if err := json.Unmarshal(c.output.Bytes(), &answer); err != nil {
		c.t.Fatalf("%s: %v", s.name, err)
	}
	if answer.Error != nil {
		return verdict{refusal: *answer.Error}
	}
	return verdict{model: answer.Model}
}

// difference is empty where both have the same model, or both refuse.
func difference(got, wanted verdict) string {
	switch {
	case got.refusal != "" && wanted.refusal != "":
		return ""
	case got.refusal != "":
		return "refused by us alone: " + got.refusal
	case wanted.refusal != "":
		return "refused by compose-go alone: " + wanted.refusal
	}
	return strings.Join(differences("", got.model, wanted.model), "\n")
}

func differences(path string, got, wanted any) []string {
	mine, isMap := got.(map[string]any)
	other, isOtherMap := wanted.(map[string]any)
	if !isMap || !isOtherMap {
		if reflect.DeepEqual(got, wanted) {
			return nil
		}
		return []string{fmt.Sprintf("%s: got %s, want %s", path, shown(got), shown(wanted))}
	}
	var found []string
	for key := range union(mine, other) {
		a, has := mine[key]
		b, should := other[key]
		if has != should {
			found = append(found, fmt.Sprintf("%s.%s: got %s (%v), want %s (%v)", path, key, shown(a), has, shown(b), should))
		} else {
			found = append(found, differences(path+"."+key, a, b)...)
		}
	}
	sort.Strings(found)
	return found
}

func union(a, b map[string]any) map[string]bool {
	made := map[string]bool{}
	for key := range a {
		made[key] = true
	}
	for key := range b {
		made[key] = true
	}
	return made
}

func shown(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// tally is the parity table.
type tally struct{ cases, models, refusals, waived int }

func (n *tally) check(t *testing.T, c *tool, s stack) {
	t.Helper()
	folder := s.place(t)
	t.Chdir(folder) // compose-go looks for some files of an include from here
	mine, other := c.ours(s, folder), theirs(s, folder)
	different := difference(mine, other)
	n.cases++
	switch {
	case different != "" && s.waived == "":
		t.Errorf("%s (%s)\n%s\n%s", s.name, s.title, different, s.text())
	case different != "":
		n.waived++
		t.Logf("waived: %s: %s", s.name, s.waived)
	case s.waived != "":
		t.Errorf("%s: nothing to waive any more", s.name)
	case mine.refusal != "":
		n.refusals++
		t.Logf("refused: %s; by compose-go: %s", mine.refusal, other.refusal)
	default:
		n.models++
	}
}

func (n *tally) print(t *testing.T, what string) {
	t.Logf("parity: %-10s %4d cases, %4d equal models, %4d equal refusals, %d waived", what, n.cases, n.models, n.refusals, n.waived)
}

func quiet(t *testing.T) {
	t.Setenv("HOME", home)
	logrus.SetOutput(io.Discard)
}

func TestComposePicked(t *testing.T) {
	quiet(t)
	pattern := os.Getenv("BERTH_COMPOSE_CASES")
	if pattern == "" {
		t.Fatal("BERTH_COMPOSE_CASES names no files")
	}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) < 100 {
		t.Fatalf("%d cases at %s: %v", len(paths), pattern, err)
	}
	c, count := start(t), &tally{}
	for _, path := range paths {
		s := readStack(t, path)
		t.Run(s.name, func(t *testing.T) { count.check(t, c, s) })
	}
	count.print(t, "picked")
}

func TestComposeGenerated(t *testing.T) {
	quiet(t)
	c, count := start(t), &tally{}
	rounds := 500
	if text := os.Getenv("BERTH_ROUNDS"); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	for round := range rounds {
		s := generate(rand.New(rand.NewSource(int64(round))))
		s.name = fmt.Sprint("seed ", round)
		t.Run(strconv.Itoa(round), func(t *testing.T) { count.check(t, c, s) })
	}
	count.print(t, "generated")
	if count.models*2 < count.cases {
		t.Errorf("only %d of %d generated stacks are good ones", count.models, count.cases)
	}
}

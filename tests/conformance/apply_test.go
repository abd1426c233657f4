// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// applied is a kind whose sequences are played: what a manager may declare of it, and what is compared.
type applied struct {
	path    string
	oracle  func() *fieldManager
	declare func(random *rand.Rand) object // without apiVersion, kind and name
	kind    string
	version string
	compare []string
	// What of metadata is compared.
	metadata []string
}

func pick(random *rand.Rand, words ...string) string { return words[random.Intn(len(words))] }

// some gives keys a value by chance, one at least: upstream's Go types know no empty map, the library does.
func some(random *rand.Rand, keys ...string) object {
	made := object{pick(random, keys...): pick(random, "x", "y", "z")}
	for _, key := range keys {
		if random.Intn(2) == 0 {
			made[key] = pick(random, "x", "y", "z")
		}
	}
	return made
}

func declareMetadata(random *rand.Rand) object {
	metadata := object{}
	if random.Intn(2) == 0 {
		metadata["labels"] = some(random, "a", "b", "c")
	}
	if random.Intn(3) == 0 {
		metadata["annotations"] = some(random, "a", "b")
	}
	if random.Intn(3) == 0 {
		finalizers := []any{}
		for _, name := range []string{"example.dev/a", "example.dev/b", "example.dev/c"} {
			if random.Intn(2) == 0 {
				finalizers = append(finalizers, name)
			}
		}
		if len(finalizers) > 0 {
			metadata["finalizers"] = finalizers
		}
	}
	return metadata
}

func declareConfigMap(random *rand.Rand) object {
	made := object{"metadata": declareMetadata(random)}
	if random.Intn(5) > 0 {
		made["data"] = some(random, "one", "two", "three", "four")
	}
	return made
}

// Without finalizers: the server adds its own, for which the library has no word.
func declareContainer(random *rand.Rand) object {
	spec := object{"host": "local", "image": pick(random, "web:1", "web:1", "web:2"), "suspend": true}
	maybe := func(key string, value any) {
		if random.Intn(3) == 0 {
			spec[key] = value
		}
	}
	env := []any{}
	for _, name := range random.Perm(4) {
		if random.Intn(2) == 0 {
			env = append(env, object{"name": string(rune('A' + name)), "value": pick(random, "1", "2")})
		}
	}
	maybe("env", env)
	maybe("command", []any{pick(random, "a", "b"), "c"})
	maybe("expose", []any{pick(random, "80", "81"), "82"})
	maybe("ports", []any{object{"containerPort": 80 + random.Intn(2)}})
	maybe("labels", some(random, "one", "two"))
	maybe("user", pick(random, "1", "2"))
	maybe("resources", object{"memory": pick(random, "64Mi", "128Mi")})
	maybe("files", []any{object{"path": "/etc/" + pick(random, "a", "b"), "content": "x"}})
	metadata := declareMetadata(random)
	delete(metadata, "finalizers")
	return object{"metadata": metadata, "spec": spec}
}

var times = regexp.MustCompile(` at \d{4}-[0-9T:-]+Z`)

// sequence plays random requests of several managers against the server and the library.
func (c applied) sequence(s *server, random *rand.Rand, steps int) {
	s.t.Helper()
	oracle, name := c.oracle(), fresh("apply")
	path := c.path + "/" + name
	history := ""
	for step := 0; step < steps; step++ {
		manager := pick(random, "m1", "m2", "m3")
		value := c.declare(random)
		value["apiVersion"], value["kind"] = c.version, c.kind
		value["metadata"].(object)["name"] = name
		value["metadata"].(object)["namespace"] = "default"
		exists := oracle.live.GetName() != ""
		var got answer
		var wanted error
		switch action := random.Intn(10); {
		case action < 6:
			force := random.Intn(3) == 0
			got = s.do(http.MethodPatch, fmt.Sprintf("%s?fieldManager=%s&force=%v", path, manager, force), applyPatch, encode(s.t, value))
			history += fmt.Sprintf("\napply %s force=%v %s", manager, force, encode(s.t, value))
			wanted = oracle.apply(value, manager, force)
		case !exists:
			got = s.do(http.MethodPost, c.path+"?fieldManager="+manager, jsonBody, encode(s.t, value))
			history += fmt.Sprintf("\ncreate %s %s", manager, encode(s.t, value))
			wanted = oracle.update(value, manager)
		case action < 9:
			whole := clone(s.t, oracle.live.Object)
			for _, key := range append(c.compare, "labels", "annotations") {
				if key == "labels" || key == "annotations" {
					// An empty map is none in upstream's Go types, and none here.
					delete(whole["metadata"].(object), key)
					if given := empty(at(value, "metadata", key)); given != nil {
						whole["metadata"].(object)[key] = given
					}
				} else if value[key] != nil {
					whole[key] = value[key]
				}
			}
			got = s.do(http.MethodPut, path+"?fieldManager="+manager, jsonBody, encode(s.t, whole))
			history += fmt.Sprintf("\nupdate %s %s", manager, encode(s.t, whole))
			wanted = oracle.update(whole, manager)
		default:
			patch := object{"metadata": object{"labels": object{pick(random, "a", "b", "c"): pick(random, "p", "q")}}}
			got = s.do(http.MethodPatch, path+"?fieldManager="+manager, mergePatch, encode(s.t, patch))
			history += fmt.Sprintf("\nmerge %s %s", manager, encode(s.t, patch))
			whole := clone(s.t, oracle.live.Object)
			labels, _ := at(whole, "metadata", "labels").(object)
			if labels == nil {
				labels = object{}
				whole["metadata"].(object)["labels"] = labels
			}
			for key, value := range at(patch, "metadata", "labels").(object) {
				labels[key] = value
			}
			wanted = oracle.update(whole, manager)
		}
		c.agree(s, got, wanted, oracle, history)
	}
	s.do(http.MethodPatch, path, mergePatch, []byte(`{"metadata":{"finalizers":null}}`))
	s.do(http.MethodDelete, path, "", nil)
}

// agree holds the server's answer against the library's.
func (c applied) agree(s *server, got answer, wanted error, oracle *fieldManager, history string) {
	s.t.Helper()
	if wanted != nil {
		var refusal apierrors.APIStatus
		if !errors.As(wanted, &refusal) {
			s.t.Fatalf("the library: %v, the server: %d %s%s", wanted, got.code, got.body, history)
		}
		want, have := refusal.Status(), got.status(s.t)
		if int(want.Code) != got.code || times.ReplaceAllString(want.Message, "") != times.ReplaceAllString(have.Message, "") ||
			!sameCauses(want, have) {
			s.t.Fatalf("want %d %s\nhave %d %s%s", want.Code, encode(s.t, want), got.code, got.body, history)
		}
		return
	}
	if got.code >= 300 {
		s.t.Fatalf("refused: %d %s%s", got.code, got.body, history)
	}
	for _, key := range c.compare {
		if want, have := empty(oracle.live.Object[key]), empty(got.object[key]); !reflect.DeepEqual(normal(s.t, want), normal(s.t, have)) {
			s.t.Fatalf("%s: want %s\nhave %s%s", key, encode(s.t, want), encode(s.t, have), history)
		}
	}
	for _, key := range c.metadata {
		want, have := empty(at(oracle.live.Object, "metadata", key)), empty(at(got.object, "metadata", key))
		if !reflect.DeepEqual(normal(s.t, want), normal(s.t, have)) {
			s.t.Fatalf("metadata.%s: want %s\nhave %s%s", key, encode(s.t, want), encode(s.t, have), history)
		}
	}
	if want, have := owners(s.t, oracle.live.Object), owners(s.t, got.object); !reflect.DeepEqual(want, have) {
		s.t.Fatalf("managedFields: want %s\nhave %s%s", encode(s.t, want), encode(s.t, have), history)
	}
	// What a server gives an object: an update must carry it.
	for _, key := range []string{"uid", "resourceVersion", "creationTimestamp", "finalizers"} {
		if given := at(got.object, "metadata", key); given != nil {
			oracle.live.Object["metadata"].(object)[key] = given
		}
	}
}

// sameCauses in any order: the library walks a Go map.
func sameCauses(want, have metav1.Status) bool {
	list := func(status metav1.Status) []metav1.StatusCause {
		if status.Details == nil {
			return nil
		}
		made := append([]metav1.StatusCause{}, status.Details.Causes...)
		for i := range made {
			made[i].Message = times.ReplaceAllString(made[i].Message, "")
		}
		slices.SortFunc(made, func(a, b metav1.StatusCause) int { return strings.Compare(a.Field+a.Message, b.Field+b.Message) })
		return made
	}
	return reflect.DeepEqual(list(want), list(have))
}

// empty takes an empty map or list for none: which of the two is kept is not told apart on the wire.
func empty(value any) any {
	switch read := value.(type) {
	case object:
		if len(read) == 0 {
			return nil
		}
	case []any:
		if len(read) == 0 {
			return nil
		}
	}
	return value
}

// normal makes numbers alike and leaves out nulls: the library leaves one where it removed the last member of a map.
func normal(t testing.TB, value any) any {
	return withoutNulls(decode(t, encode(t, object{"v": value}))["v"])
}

func withoutNulls(value any) any {
	switch read := value.(type) {
	case object:
		for key, inner := range read {
			if read[key] = withoutNulls(inner); inner == nil {
				delete(read, key)
			}
		}
	case []any:
		for i := range read {
			read[i] = withoutNulls(read[i])
		}
	}
	return value
}

func TestApplySequencesOfConfigMapsLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	c := applied{configMaps, func() *fieldManager { return configMapManager(t) }, declareConfigMap, "ConfigMap", "v1", []string{"data"},
		[]string{"labels", "annotations", "finalizers"}}
	for round := 0; round < rounds(t, 1000); round++ {
		c.sequence(s, random, 6)
	}
}

func TestApplySequencesOfContainersLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	template := containerManager(t, s)
	kind := template.live.GroupVersionKind()
	c := applied{containers, func() *fieldManager {
		made := *template
		return made.reset(kind)
	}, declareContainer, "Container", "berth.dev/v1", []string{"spec"}, []string{"labels", "annotations"}}
	for round := 0; round < rounds(t, 1000); round++ {
		c.sequence(s, random, 6)
	}
}

func TestStatusHasOwnersOfItsOwn(t *testing.T) {
	s := connect(t)
	oracle, name := containerManager(t, s), fresh("status")
	spec := object{"apiVersion": "berth.dev/v1", "kind": "Container", "metadata": object{"name": name, "namespace": "default"},
		"spec": object{"host": "local", "image": "web:1", "suspend": true}}
	c := applied{containers, nil, nil, "Container", "berth.dev/v1", []string{"spec"}, nil}
	path := containers + "/" + name
	apply := func(value object, manager string, force bool) {
		t.Helper()
		got := s.do(http.MethodPatch, fmt.Sprintf("%s?fieldManager=%s&force=%v", path, url.QueryEscape(manager), force), applyPatch, encode(t, value))
		c.agree(s, got, oracle.apply(value, manager, force), oracle, "")
	}
	applyStatus := func(value object, manager string, force bool) {
		t.Helper()
		got := s.do(http.MethodPatch, fmt.Sprintf("%s/status?fieldManager=%s&force=%v", path, manager, force), applyPatch, encode(t, value))
		c.agree(s, got, oracle.applyStatus(value, manager, force), oracle, "")
	}
	status := func(message string) object {
		made := clone(t, spec)
		delete(made, "spec")
		made["status"] = object{"observedGeneration": 1, "conditions": []any{object{"type": "Ready", "status": "False", "reason": "Testing",
			"message": message, "lastTransitionTime": "2026-01-02T03:04:05Z"}}}
		return made
	}
	apply(spec, "owner", false)
	applyStatus(status("one"), "controller", false)
	applyStatus(status("two"), "other", false) // a conflict
	applyStatus(status("two"), "other", true)
	apply(spec, "owner", false)
	s.remove(path)
}

func TestAnApplyThatChangesNothingMovesNothing(t *testing.T) {
	s := connect(t)
	name := fresh("noop")
	value := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": name}, "data": object{"a": "1"}}
	path := configMaps + "/" + name
	first := s.must(http.MethodPatch, path+"?fieldManager=m", applyPatch, value)
	for range 3 {
		again := s.must(http.MethodPatch, path+"?fieldManager=m", applyPatch, value)
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%s\nthen %s", encode(t, first), encode(t, again))
		}
	}
	s.remove(path)
}

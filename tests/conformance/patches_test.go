// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"math/rand"
	"net/http"
	"reflect"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

const configMaps = "/api/v1/namespaces/default/configmaps"
const containers = "/apis/berth.dev/v1/namespaces/default/containers"

// patched is an object of a case: what the client may change of it.
type patched struct {
	kind    string
	path    string
	initial object
	// What the server keeps of an object, so that both sides are compared alike.
	compare []string
}

func configMap() patched {
	return patched{"ConfigMap", configMaps, object{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": object{"labels": object{"a": "1", "b": "2"}, "annotations": object{"n/o": "x"}},
		"data":     object{"one": "1", "two": "2"},
	}, []string{"data"}}
}

func suspendedContainer() patched {
	return patched{"Container", containers, object{
		"apiVersion": "berth.dev/v1", "kind": "Container",
		"metadata": object{"labels": object{"a": "1", "b": "2"}},
		"spec": object{
			"host": "local", "image": "web:1", "suspend": true, "command": []any{"a", "b", "c"},
			"env":   []any{object{"name": "A", "value": "1"}, object{"name": "B", "value": "2"}},
			"ports": []any{object{"containerPort": 80, "hostPort": 8080}},
		},
	}, []string{"spec"}}
}

func (c patched) create(s *server) (string, object) {
	made := clone(s.t, c.initial)
	name := fresh("patch")
	made["metadata"].(object)["name"] = name
	live := s.must(http.MethodPost, c.path, jsonBody, made)
	return c.path + "/" + name, live
}

// kept is what both sides must agree on.
func (c patched) kept(value object) object {
	made := object{"labels": at(value, "metadata", "labels"), "annotations": at(value, "metadata", "annotations")}
	for _, key := range c.compare {
		made[key] = value[key]
	}
	for key, value := range made {
		if level, ok := value.(object); ok && len(level) == 0 {
			made[key] = nil
		}
	}
	return made
}

// check sends a patch to the server and compares with what the library made of the live object. A refusal by the
// library must be one by the server; what the library makes may still be invalid for the kind.
func (c patched) check(s *server, path, contentType string, patch []byte, live object, wanted []byte, refused error) object {
	s.t.Helper()
	got := s.do(http.MethodPatch, path, contentType, patch)
	switch {
	case got.code >= 500:
		s.t.Fatalf("%s %s: %d %s", contentType, patch, got.code, got.body)
	case refused != nil:
		if got.code != 422 && got.code != 400 {
			s.t.Fatalf("%s %s: the library says %q, the server %d\nof %s", contentType, patch, refused, got.code, encode(s.t, live))
		}
		return live
	case got.code >= 400:
		if valid(wanted) {
			s.t.Fatalf("%s %s: refused: %d %s\nof %s", contentType, patch, got.code, got.body, encode(s.t, live))
		}
		return live
	}
	if c.kind == "ConfigMap" {
		wanted = typedConfigMap(s.t, wanted)
	}
	if want, have := c.kept(decode(s.t, wanted)), c.kept(got.object); !reflect.DeepEqual(want, have) {
		s.t.Fatalf("%s %s\nof   %s\nwant %s\nhave %s", contentType, patch, encode(s.t, live), encode(s.t, want), encode(s.t, have))
	}
	return got.object
}

// valid says whether a ConfigMap would be admitted: the random patches below can break it in these ways alone.
func valid(text []byte) bool {
	var made corev1.ConfigMap
	return strictDecode(text, &made) == nil
}

func TestJSONPatchLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	for round := 0; round < rounds(t, 200); round++ {
		c := configMap()
		path, live := c.create(s)
		for step := 0; step < 4; step++ {
			patch := encode(t, randomOperations(random))
			var wanted []byte
			operations, err := jsonpatch.DecodePatch(patch)
			if err == nil {
				wanted, err = operations.Apply(encode(t, live))
			}
			live = c.check(s, path, jsonPatch, patch, live, wanted, err)
		}
		s.remove(path)
	}
}

func randomOperations(random *rand.Rand) []any {
	paths := []string{"/data/one", "/data/two", "/data/three", "/data/a~0b", "/data/a~1b", "/metadata/labels/a",
		"/metadata/labels/c", "/metadata/annotations/n~1o", "/metadata/annotations", "/data", "/data/one/two",
		"/nowhere/at/all", "/metadata/labels"}
	pick := func() string { return paths[random.Intn(len(paths))] }
	value := func(path string) any {
		if strings.Count(path, "/") == 1 || strings.HasSuffix(path, "labels") || strings.HasSuffix(path, "annotations") {
			return object{"k" + fmt.Sprint(random.Intn(3)): "v"}
		}
		return fmt.Sprint(random.Intn(4))
	}
	operations := []any{}
	for count := 1 + random.Intn(3); count > 0; count-- {
		path := pick()
		operation := object{"op": []string{"add", "add", "replace", "remove", "test", "move", "copy"}[random.Intn(7)], "path": path}
		switch operation["op"] {
		case "add", "replace", "test":
			operation["value"] = value(path)
		case "move", "copy":
			operation["from"] = pick()
		}
		operations = append(operations, operation)
	}
	return operations
}

func TestMergePatchLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	for round := 0; round < rounds(t, 200); round++ {
		c := configMap()
		path, live := c.create(s)
		for step := 0; step < 4; step++ {
			patch := encode(t, randomMerge(random))
			wanted, err := jsonpatch.MergePatch(encode(t, live), patch)
			live = c.check(s, path, mergePatch, patch, live, wanted, err)
		}
		s.remove(path)
	}
}

func randomMerge(random *rand.Rand) object {
	leaves := func(keys ...string) any {
		if random.Intn(12) == 0 {
			return nil
		}
		made := object{}
		for _, key := range keys {
			switch random.Intn(4) {
			case 0:
				made[key] = nil
			case 1:
				made[key] = fmt.Sprint(random.Intn(4))
			}
		}
		return made
	}
	made := object{}
	if random.Intn(3) > 0 {
		made["data"] = leaves("one", "two", "three")
	}
	if random.Intn(2) == 0 {
		made["metadata"] = object{"labels": leaves("a", "b", "c"), "annotations": leaves("n/o", "p")}
	}
	return made
}

func TestMergePatchOfListsReplacesThem(t *testing.T) {
	s := connect(t)
	c := suspendedContainer()
	for _, text := range []string{
		`{"spec":{"env":[{"name":"C","value":"3"}]}}`, `{"spec":{"env":null}}`, `{"spec":{"command":["x"]}}`,
		`{"spec":{"ports":[{"containerPort":81}],"env":[]}}`, `{"metadata":{"labels":{"a":null,"z":"1"}}}`,
	} {
		path, live := c.create(s)
		wanted, err := jsonpatch.MergePatch(encode(t, live), []byte(text))
		got := s.do(http.MethodPatch, path, mergePatch, []byte(text))
		if err != nil || got.code != 200 {
			t.Fatalf("%s: %v, %d %s", text, err, got.code, got.body)
		}
		// Both sides carry the defaults of what was there; what the patch brought is defaulted by the server.
		for _, key := range []string{"command", "suspend", "image"} {
			if want, have := at(decode(t, wanted), "spec", key), at(got.object, "spec", key); !reflect.DeepEqual(want, have) {
				t.Errorf("%s: %s: want %v, have %v", text, key, want, have)
			}
		}
		if want, have := count(at(decode(t, wanted), "spec", "env")), count(at(got.object, "spec", "env")); want != have {
			t.Errorf("%s: want %d env, have %d", text, want, have)
		}
		s.remove(path)
	}
}

func count(value any) int {
	list, _ := value.([]any)
	return len(list)
}

func TestStrategicMergePatchLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	for round := 0; round < rounds(t, 200); round++ {
		c := configMap()
		path, live := c.create(s)
		for step := 0; step < 4; step++ {
			patch := encode(t, randomStrategic(random))
			wanted, err := strategicpatch.StrategicMergePatch(encode(t, live), patch, corev1.ConfigMap{})
			live = c.check(s, path, strategicPatch, patch, live, wanted, err)
		}
		s.remove(path)
	}
}

func randomStrategic(random *rand.Rand) object {
	made := randomMerge(random)
	metadata, _ := made["metadata"].(object)
	if metadata == nil {
		metadata = object{}
		made["metadata"] = metadata
	}
	for _, list := range []string{"labels", "annotations"} {
		if level, ok := metadata[list].(object); ok && random.Intn(4) == 0 {
			level["$patch"] = []string{"replace", "merge", "delete"}[random.Intn(3)]
		}
	}
	if level, ok := made["data"].(object); ok {
		switch random.Intn(8) {
		case 0:
			level["$patch"] = "replace"
		case 1:
			level["$retainKeys"] = []any{"one", "two", "three"}
		}
	}
	finalizers := []any{"a.example/x", "a.example/y", "a.example/z"}
	switch random.Intn(8) {
	case 0:
		metadata["finalizers"] = finalizers[:1+random.Intn(3)]
	case 1:
		metadata["$deleteFromPrimitiveList/finalizers"] = finalizers[random.Intn(3):]
	case 2:
		metadata["$setElementOrder/finalizers"] = finalizers
		metadata["finalizers"] = finalizers[2:]
	}
	owner := func(uid string) object {
		return object{"apiVersion": "v1", "kind": "ConfigMap", "name": "n" + fmt.Sprint(random.Intn(3)), "uid": uid}
	}
	switch random.Intn(8) {
	case 0:
		metadata["ownerReferences"] = []any{owner("u1"), owner("u2")}
	case 1:
		metadata["ownerReferences"] = []any{object{"$patch": "delete", "uid": "u1"}}
	case 2:
		metadata["ownerReferences"] = []any{object{"$patch": "replace"}, owner("u3")}
	}
	return made
}

func TestStrategicMergePatchIsRefusedForOurKinds(t *testing.T) {
	s := connect(t)
	c := suspendedContainer()
	path, _ := c.create(s)
	got := s.do(http.MethodPatch, path, strategicPatch, []byte(`{"metadata":{"labels":{"a":"2"}}}`))
	if status := got.status(t); got.code != 415 || status.Reason != "UnsupportedMediaType" {
		t.Errorf("%d %s", got.code, got.body)
	}
	s.remove(path)
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"math/rand"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// whole is a Container with a value of every sort of field.
func whole(name string) object {
	return object{
		"apiVersion": "berth.dev/v1", "kind": "Container", "metadata": object{"name": name},
		"spec": object{
			"host": "local", "image": "web:1", "suspend": true, "imagePullPolicy": "Always",
			"command": []any{"a", "b"}, "user": "1",
			"env":         []any{object{"name": "A", "value": "1"}, object{"name": "B", "value": "2"}},
			"ports":       []any{object{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}, object{"containerPort": 81}},
			"files":       []any{object{"path": "/etc/a", "content": "x"}},
			"labels":      object{"one": "1"},
			"resources":   object{"memory": "64Mi"},
			"healthcheck": object{"test": []any{"CMD", "true"}, "interval": "10s"},
		},
	}
}

// spot is a place in an object: a map and its key, or a list and its index.
type spot struct {
	path  string
	level any
	key   any
}

func spots(path string, value any, found []spot) []spot {
	switch read := value.(type) {
	case object:
		keys := []string{}
		for key := range read {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			found = append(found, spot{path + "." + key, read, key})
			found = spots(path+"."+key, read[key], found)
		}
	case []any:
		for i := range read {
			found = append(found, spot{fmt.Sprintf("%s[%d]", path, i), read, i})
			found = spots(fmt.Sprintf("%s[%d]", path, i), read[i], found)
		}
	}
	return found
}

func (s spot) set(value any) {
	if level, ok := s.level.(object); ok {
		level[s.key.(string)] = value
	} else {
		s.level.([]any)[s.key.(int)] = value
	}
}

// spoil puts a value of some type in some place of the spec, or takes a member away.
func spoil(random *rand.Rand, spec object) {
	all := spots("spec", spec, nil)
	chosen := all[random.Intn(len(all))]
	values := []any{int64(70000), int64(-1), 1.5, "word", true, object{}, object{"x": "y"}, []any{}, []any{"x"}, []any{int64(1)}}
	if level, ok := chosen.level.(object); ok && random.Intn(4) == 0 {
		delete(level, chosen.key.(string))
		return
	}
	chosen.set(values[random.Intn(len(values))])
}

func TestSchemaValidationLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	_, props := structuralOf(t, s, "containers.berth.dev")
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		t.Fatal(err)
	}
	for round := 0; round < rounds(t, 500); round++ {
		value := whole(fresh("valid"))
		for count := random.Intn(3); count > 0; count-- {
			spoil(random, value["spec"].(object))
		}
		sent := encode(t, value)
		got := s.do(http.MethodPost, containers+"?dryRun=All&fieldValidation=Ignore", jsonBody, sent)
		have := []string{}
		if got.code == http.StatusUnprocessableEntity {
			for _, cause := range got.status(t).Details.Causes {
				have = append(have, cause.Field)
			}
		} else if got.code != http.StatusCreated {
			t.Fatalf("%s: %d %s", sent, got.code, got.body)
		}
		for _, problem := range validation.ValidateCustomResource(nil, numbers(value), validator) {
			if !slices.Contains(have, pathOf(problem)) {
				t.Errorf("%s\nthe library: %v\nthe server: %d %v", sent, problem, got.code, have)
			}
		}
	}
}

var inPath = regexp.MustCompile(` in ([a-z]\S+)$`)

// pathOf is the field that a problem is about. The library forgets it for a number with a fraction.
func pathOf(problem *field.Error) string {
	if found := inPath.FindStringSubmatch(problem.Detail); problem.Field == "<nil>" && found != nil {
		return found[1]
	}
	return problem.Field
}

func TestDefaultsAndPruningLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	structural, props := structuralOf(t, s, "containers.berth.dev")
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		t.Fatal(err)
	}
	for round := 0; round < rounds(t, 300); round++ {
		value := whole(fresh("pruned"))
		spec := value["spec"].(object)
		for count := random.Intn(4); count > 0; count-- {
			all := spots("spec", spec, nil)
			chosen := all[random.Intn(len(all))]
			if level, ok := chosen.level.(object); ok {
				if random.Intn(2) == 0 {
					level["unknown"] = object{"x": []any{int64(1)}}
				} else if key := chosen.key.(string); key != "host" && key != "image" && key != "suspend" {
					delete(level, key)
				}
			}
		}
		wanted := clone(t, value)
		wanted["spec"] = numbers(value)["spec"]
		if problems := validation.ValidateCustomResource(nil, numbers(value), validator); len(problems) > 0 {
			continue
		}
		pruneAndDefault(wanted, structural)
		got := s.do(http.MethodPost, containers+"?dryRun=All&fieldValidation=Ignore", jsonBody, encode(t, value))
		if got.code != http.StatusCreated {
			continue // refused by a rule that a schema cannot say
		}
		if want, have := normal(t, wanted["spec"]), normal(t, got.object["spec"]); !reflect.DeepEqual(want, have) {
			t.Errorf("%s\nwant %s\nhave %s", encode(t, value), encode(t, want), encode(t, have))
		}
	}
}

func pruneAndDefault(value object, structural *structuralschema.Structural) {
	pruning.Prune(value, structural, true)
	defaulting.PruneNonNullableNullsWithoutDefaults(value, structural)
	defaulting.Default(value, structural)
}

// numbers gives whole numbers as upstream's decoder does: int64.
func numbers(value object) object { return whole64(value).(object) }

func whole64(value any) any {
	switch read := value.(type) {
	case object:
		made := object{}
		for key, inner := range read {
			made[key] = whole64(inner)
		}
		return made
	case []any:
		made := make([]any, len(read))
		for i, inner := range read {
			made[i] = whole64(inner)
		}
		return made
	case int:
		return int64(read)
	case float64:
		if read == float64(int64(read)) {
			return int64(read)
		}
	}
	return value
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// admission is what upstream's server for custom resources does to an object of a definition before it is stored.
type admission struct {
	t          testing.TB
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
}

func admissionOf(t testing.TB, s *server, definition string) admission {
	t.Helper()
	structural, props := structuralOf(t, s, definition)
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		t.Fatal(err)
	}
	return admission{t, structural, validator}
}

// decode reads, prunes and completes a body.
func (a admission) decode(sent []byte) object {
	a.t.Helper()
	var value object
	if err := utiljson.Unmarshal(sent, &value); err != nil {
		a.t.Fatalf("%v: %s", err, sent)
	}
	pruning.Prune(value, a.structural, true)
	defaulting.PruneNonNullableNullsWithoutDefaults(value, a.structural)
	defaulting.Default(value, a.structural)
	return value
}

// validate gives the fields that the schema refuses, each with the reasons of its causes.
func (a admission) validate(value object) map[string][]string {
	found := map[string][]string{}
	problems := validation.ValidateCustomResource(nil, value, a.validator)
	for _, problem := range append(problems, listtype.ValidateListSetsAndMaps(nil, a.structural, value)...) {
		found[pathOf(problem)] = append(found[pathOf(problem)], string(problem.Type))
	}
	return found
}

var inPath = regexp.MustCompile(` in ([a-z]\S+)$`)

// pathOf is the field that a problem is about. The library forgets it for a number with a fraction.
func pathOf(problem *field.Error) string {
	if found := inPath.FindStringSubmatch(problem.Detail); problem.Field == "<nil>" && found != nil {
		return found[1]
	}
	return problem.Field
}

// causesOf is why the server refuses; nothing when it takes what was sent.
func causesOf(t testing.TB, sent []byte, got answer) []metav1.StatusCause {
	t.Helper()
	if got.code == http.StatusUnprocessableEntity {
		return got.status(t).Details.Causes
	}
	if got.code >= 300 {
		t.Fatalf("%s: %d %s", sent, got.code, got.body)
	}
	return nil
}

// judge compares what both refuse, field by field, and why. What the server says beyond the library has to be a rule of
// its own.
func (a admission) judge(sent []byte, value object, causes []metav1.StatusCause) {
	a.t.Helper()
	want, have := a.validate(value), map[string][]string{}
	for _, cause := range causes {
		reason := string(cause.Type)
		have[cause.Field] = append(have[cause.Field], reason)
		if !slices.Contains(want[cause.Field], reason) && ruleOf(cause) == nil {
			a.t.Errorf("%s\n%s: the library says %v, the server %s: %s", sent, cause.Field, want[cause.Field], reason, cause.Message)
		}
	}
	for path, reasons := range want {
		if !slices.ContainsFunc(have[path], func(reason string) bool { return slices.Contains(reasons, reason) }) {
			a.t.Errorf("%s\n%s: the library says %v, the server %v: %v", sent, path, reasons, have[path], causes)
		}
	}
}

func TestSchemaValidationLikeUpstream(t *testing.T) {
	s := connect(t)
	for name, kind := range ourKinds(t, s) {
		t.Run(name, func(t *testing.T) {
			s, random := &server{t, s.base, s.client}, dice(t)
			admission := admissionOf(t, s, kind.definition)
			refused := 0
			for round := 0; round < rounds(t, 300); round++ {
				value := kind.object(t, fresh("valid"))
				spec := admission.structural.Properties["spec"]
				for count := random.Intn(3); count > 0; count-- {
					grow(random, value["spec"], &spec)
				}
				for count := random.Intn(3); count > 0; count-- {
					spoil(random, "spec", value["spec"].(object))
				}
				sent := encode(t, value)
				causes := causesOf(t, sent, s.do(http.MethodPost, kind.collection+"?dryRun=All&fieldValidation=Ignore", jsonBody, sent))
				admission.judge(sent, admission.decode(sent), causes)
				refused += min(1, len(causes))
			}
			t.Logf("%d of %d were refused", refused, rounds(t, 300))
		})
	}
}

func TestSchemaValidationOfStatusLikeUpstream(t *testing.T) {
	s := connect(t)
	for name, kind := range ourKinds(t, s) {
		t.Run(name, func(t *testing.T) {
			s, random := &server{t, s.base, s.client}, dice(t)
			admission := admissionOf(t, s, kind.definition)
			made := s.must(http.MethodPost, kind.collection, jsonBody, kind.object(t, fresh("status")))
			path := kind.collection + "/" + at(made, "metadata", "name").(string)
			defer s.remove(path)
			schema := admission.structural.Properties["status"]
			for round := 0; round < rounds(t, 100); round++ {
				value := clone(t, made)
				value["status"] = grownObject(random, &schema)
				for count := random.Intn(2); count > 0; count-- {
					spoil(random, "status", value["status"].(object))
				}
				sent := encode(t, value)
				causes := causesOf(t, sent, s.do(http.MethodPut, path+"/status?dryRun=All&fieldValidation=Ignore", jsonBody, sent))
				admission.judge(sent, admission.decode(sent), causes)
			}
		})
	}
}

func TestDefaultsAndPruningLikeUpstream(t *testing.T) {
	s := connect(t)
	for name, kind := range ourKinds(t, s) {
		t.Run(name, func(t *testing.T) {
			s, random := &server{t, s.base, s.client}, dice(t)
			admission := admissionOf(t, s, kind.definition)
			spec, taken := admission.structural.Properties["spec"], 0
			for round := 0; round < rounds(t, 200); round++ {
				value := kind.object(t, fresh("pruned"))
				for count := random.Intn(4); count > 0; count-- {
					all := spots("spec", value["spec"], nil)
					if level, ok := all[random.Intn(len(all))].level.(object); ok {
						level["unknown"] = object{"x": []any{1}}
					}
				}
				if random.Intn(2) == 0 {
					grow(random, value["spec"], &spec)
				} else {
					spoil(random, "spec", value["spec"].(object))
				}
				sent := encode(t, value)
				got := s.do(http.MethodPost, kind.collection+"?dryRun=All&fieldValidation=Ignore", jsonBody, sent)
				if got.code != http.StatusCreated {
					continue // judged by the case above
				}
				taken++
				wanted := admission.decode(sent)["spec"].(object)
				if kind.kind == "ComposeStack" && wanted["project"] == nil {
					wanted["project"] = at(got.object, "spec", "project") // the server's own default
				}
				if want, have := normal(t, wanted), normal(t, got.object["spec"]); !reflect.DeepEqual(want, have) {
					t.Errorf("%s\nwant %s\nhave %s", sent, encode(t, want), encode(t, have))
				}
			}
			if taken < rounds(t, 200)/4 {
				t.Errorf("only %d were taken", taken)
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// fieldManager is upstream's field manager with the object that it has made so far.
type fieldManager struct {
	t        testing.TB
	manager  *managedfields.FieldManager
	status   *managedfields.FieldManager // of the /status subresource; nil where there is none
	defaults func(object)
	complete func(object) // what the server does to a configuration, and upstream's does not
	stored   func(object) object // what is left of an object when it has been stored and read again
	live     *unstructured.Unstructured
}

// There is one version, so nothing is converted.
type sameVersion struct{}

func (sameVersion) Convert(in, out, context any) error { return fmt.Errorf("not asked for") }
func (sameVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}
func (sameVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

type emptyObjects struct{}

func (emptyObjects) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	made := &unstructured.Unstructured{}
	made.SetGroupVersionKind(kind)
	return made, nil
}

type defaulter func(object)

func (d defaulter) Default(in runtime.Object) {
	if made, ok := in.(*unstructured.Unstructured); ok && d != nil {
		d(made.Object)
	}
}

func configMapManager(t testing.TB) *fieldManager {
	t.Helper()
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	made, err := managedfields.NewDefaultFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme), sameVersion{},
		defaulter(nil), emptyObjects{}, kind, kind.GroupVersion(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	stored := func(value object) object { return decode(t, typedConfigMap(t, encode(t, value))) }
	return (&fieldManager{t: t, manager: made, defaults: func(object) {}, complete: func(object) {}, stored: stored}).reset(kind)
}

// containerManager takes types and defaults from what the server itself says of its kind.
func containerManager(t testing.TB, s *server) *fieldManager {
	t.Helper()
	kind := schema.GroupVersionKind{Group: "berth.dev", Version: "v1", Kind: "Container"}
	converter, defaults := typesOf(t, s, kind), defaultsOf(t, s, "containers.berth.dev")
	version := fieldpath.APIVersion(kind.GroupVersion().String())
	without := func(paths ...string) map[fieldpath.APIVersion]fieldpath.Filter {
		set := fieldpath.NewSet()
		for _, path := range paths {
			set.Insert(fieldpath.MakePathOrDie(path))
		}
		return map[fieldpath.APIVersion]fieldpath.Filter{version: fieldpath.NewExcludeSetFilter(set)}
	}
	manager := func(subresource string, reset map[fieldpath.APIVersion]fieldpath.Filter) *managedfields.FieldManager {
		made, err := managedfields.NewDefaultCRDFieldManager(converter, sameVersion{}, defaulter(defaults), emptyObjects{},
			kind, kind.GroupVersion(), subresource, reset)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	made := &fieldManager{t: t, manager: manager("", without("status")), defaults: defaults, stored: storedOf(t, s, "containers.berth.dev"),
		complete: completionOf(t, s, "containers.berth.dev"),
		status: manager("status", without("apiVersion", "kind", "metadata", "spec"))}
	return made.reset(kind)
}

func typesOf(t testing.TB, s *server, kind schema.GroupVersionKind) managedfields.TypeConverter {
	t.Helper()
	got := s.do(http.MethodGet, "/openapi/v3/apis/"+kind.Group+"/"+kind.Version, "", nil)
	if got.code != http.StatusOK {
		t.Fatalf("/openapi/v3: %d %s", got.code, got.body)
	}
	var document struct {
		Components struct {
			Schemas map[string]*spec.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(got.body, &document); err != nil {
		t.Fatal(err)
	}
	converter, err := managedfields.NewTypeConverter(document.Components.Schemas, false)
	if err != nil {
		t.Fatal(err)
	}
	return converter
}

// structuralOf reads the kind's definition as the server publishes it.
func structuralOf(t testing.TB, s *server, name string) (*structuralschema.Structural, *apiextensions.JSONSchemaProps) {
	t.Helper()
	got := s.do(http.MethodGet, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+name, "", nil)
	if got.code != http.StatusOK {
		t.Fatalf("%s: %d %s", name, got.code, got.body)
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := json.Unmarshal(got.body, &definition); err != nil {
		t.Fatal(err)
	}
	var props apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema, &props, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := structuralschema.NewStructural(&props)
	if err != nil {
		t.Fatalf("%s is not structural: %v", name, err)
	}
	return made, &props
}

func defaultsOf(t testing.TB, s *server, name string) func(object) {
	made, _ := structuralOf(t, s, name)
	return func(value object) { defaulting.Default(value, made) }
}

// completionOf is the wanted difference of docs/apply.md: defaults inside of lists and maps that are merged whole.
func completionOf(t testing.TB, s *server, name string) func(object) {
	made, _ := structuralOf(t, s, name)
	return func(value object) { completeAtomic(value, made) }
}

func completeAtomic(value any, s *structuralschema.Structural) {
	switch typed := value.(type) {
	case []any:
		if s.XListType == nil || *s.XListType == "atomic" {
			defaulting.Default(value, s)
			return
		}
		for _, item := range typed {
			completeAtomic(item, s.Items)
		}
	case object:
		if s.XMapType != nil && *s.XMapType == "atomic" {
			defaulting.Default(value, s)
			return
		}
		for key, item := range typed {
			if property, known := s.Properties[key]; known {
				completeAtomic(item, &property)
			} else if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
				completeAtomic(item, s.AdditionalProperties.Structural)
			}
		}
	}
}

func storedOf(t testing.TB, s *server, name string) func(object) object {
	made, _ := structuralOf(t, s, name)
	return func(value object) object {
		defaulting.PruneNonNullableNullsWithoutDefaults(value, made)
		return withoutNulls(value).(object) // metadata has a Go type
	}
}

func (f *fieldManager) reset(kind schema.GroupVersionKind) *fieldManager {
	f.live = &unstructured.Unstructured{Object: object{}}
	f.live.SetGroupVersionKind(kind)
	return f
}

func (f *fieldManager) apply(config object, manager string, force bool) error {
	given := clone(f.t, config)
	f.complete(given)
	made, err := f.manager.Apply(f.live.DeepCopy(), &unstructured.Unstructured{Object: given}, manager, force)
	return f.take(made, err)
}

func (f *fieldManager) applyStatus(config object, manager string, force bool) error {
	made, err := f.status.Apply(f.live.DeepCopy(), &unstructured.Unstructured{Object: clone(f.t, config)}, manager, force)
	return f.take(made, err)
}

// update takes a whole object, as the server hands it on: decoded and defaulted.
func (f *fieldManager) update(value object, manager string) error {
	given := clone(f.t, value)
	f.defaults(given)
	made, err := f.manager.Update(f.live.DeepCopy(), &unstructured.Unstructured{Object: given}, manager)
	return f.take(made, err)
}

func (f *fieldManager) updateStatus(value object, manager string) error {
	given := clone(f.t, f.live.Object)
	given["status"] = clone(f.t, value)["status"]
	made, err := f.status.Update(f.live.DeepCopy(), &unstructured.Unstructured{Object: given}, manager)
	return f.take(made, err)
}

func (f *fieldManager) take(made runtime.Object, err error) error {
	if err == nil && made != nil {
		f.live = &unstructured.Unstructured{Object: f.stored(made.(*unstructured.Unstructured).Object)}
	}
	return err
}

// owners is managedFields as a map, without times: "manager operation version subresource" to the set.
func owners(t testing.TB, value object) map[string]any {
	t.Helper()
	entries, _ := at(value, "metadata", "managedFields").([]any)
	made := map[string]any{}
	for _, entry := range entries {
		var read metav1.ManagedFieldsEntry
		if err := json.Unmarshal(encode(t, entry), &read); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("%s %s %s %q %s", read.Manager, read.Operation, read.APIVersion, read.Subresource, read.FieldsType)
		if _, twice := made[key]; twice {
			t.Fatalf("two entries of %s in %s", key, encode(t, entries))
		}
		made[key] = at(clone(t, entry.(object)), "fieldsV1")
	}
	return made
}

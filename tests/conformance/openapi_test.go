// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"compress/gzip"
	"io"
	"net/http"
	"reflect"
	"sort"
	"strings"
	"testing"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	yaml "go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/openapi3"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/spec3"
	openapi "k8s.io/kube-openapi/pkg/util/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

const (
	protobufV2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
	protobufV3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
)

// fetch reads a document in a form, zipped and plain, which must be the same.
func fetch(t *testing.T, path, form string) []byte {
	t.Helper()
	server := connect(t)
	read := func(coding string) []byte {
		request, err := http.NewRequest("GET", server.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", form)
		request.Header.Set("Accept-Encoding", coding)
		response, err := server.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, response.Status)
		}
		body := io.Reader(response.Body)
		if coding == "gzip" {
			if body, err = gzip.NewReader(response.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	plain, zipped := read("identity"), read("gzip")
	if string(plain) != string(zipped) {
		t.Fatalf("%s: zipped and plain differ", path)
	}
	return plain
}

// values makes two parsed documents comparable: protobuf has no maps, and texts of any values may differ in form.
func values(t *testing.T, node *yaml.Node) any {
	t.Helper()
	text, err := yaml.Marshal(node)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestOpenAPIV2ProtobufIsTheJSON(t *testing.T) {
	wanted, err := openapi_v2.ParseDocument(fetch(t, "/openapi/v2", "application/json"))
	if err != nil {
		t.Fatal(err)
	}
	var got openapi_v2.Document
	if err := proto.Unmarshal(fetch(t, "/openapi/v2", protobufV2), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(values(t, got.ToRawInfo()), values(t, wanted.ToRawInfo())) {
		t.Error("the protobuf document is not the JSON one")
	}
	if len(got.Paths.Path) < 10 || len(got.Definitions.AdditionalProperties) < 10 {
		t.Error("the document is nearly empty")
	}
}

// What kubectl and Argo CD build from the document.
func TestOpenAPIV2HasEveryKind(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	document, err := client.OpenAPISchema()
	if err != nil {
		t.Fatal(err)
	}
	models, err := openapi.NewOpenAPIData(document)
	if err != nil {
		t.Fatal(err)
	}
	// What Argo CD compares and applies by.
	if _, err := schemaconv.ToSchema(models); err != nil {
		t.Error(err)
	}
	seen := map[schema.GroupVersionKind]bool{}
	for _, name := range models.ListModels() {
		marks, _ := models.LookupModel(name).GetExtensions()["x-kubernetes-group-version-kind"].([]any)
		for _, mark := range marks {
			words := map[string]string{}
			for key, word := range mark.(map[any]any) {
				words[key.(string)] = word.(string)
			}
			seen[schema.GroupVersionKind{Group: words["group"], Version: words["version"], Kind: words["kind"]}] = true
		}
	}
	for kind := range servedKinds(t, client) {
		if !seen[kind] {
			t.Errorf("no model of %v", kind)
		}
	}
}

// servedKinds are the kinds that discovery names, with the group and version that names them: a subresource may take
// another group's kind.
func servedKinds(t *testing.T, client *discovery.DiscoveryClient) map[schema.GroupVersionKind]schema.GroupVersion {
	t.Helper()
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[schema.GroupVersionKind]schema.GroupVersion{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			kind := schema.FromAPIVersionAndKind(list.GroupVersion, resource.Kind)
			if resource.Group != "" || resource.Version != "" {
				kind.Group, kind.Version = resource.Group, resource.Version
			}
			kinds[kind] = schema.FromAPIVersionAndKind(list.GroupVersion, "").GroupVersion()
		}
	}
	if len(kinds) < 6 {
		t.Fatalf("only %d kinds", len(kinds))
	}
	return kinds
}

func TestOpenAPIV3ServesEveryGroupVersion(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	root := openapi3.NewRoot(client.OpenAPIV3())
	versions, err := root.GroupVersions()
	if err != nil {
		t.Fatal(err)
	}
	documents := map[schema.GroupVersion]*spec3.OpenAPI{}
	models := map[string]*spec.Schema{}
	for _, version := range versions {
		document, err := root.GVSpec(version)
		if err != nil {
			t.Fatal(err)
		}
		documents[version] = document
		for name, model := range document.Components.Schemas {
			models[name] = model
		}
	}
	for kind, version := range servedKinds(t, client) {
		document := documents[version]
		if document == nil {
			t.Errorf("no document of %v", version)
			continue
		}
		found := false
		for _, model := range document.Components.Schemas {
			var marks []metav1.GroupVersionKind
			if model.Extensions.GetObject("x-kubernetes-group-version-kind", &marks) != nil {
				continue
			}
			for _, mark := range marks {
				found = found || mark == metav1.GroupVersionKind(kind)
			}
		}
		if !found {
			t.Errorf("no model of %v", kind)
		}
	}
	// What the server-side apply of every upstream server is built on.
	if _, err := managedfields.NewTypeConverter(models, false); err != nil {
		t.Error(err)
	}
}

func TestOpenAPIV3ProtobufIsTheJSON(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	paths, err := client.OpenAPIV3().Paths()
	if err != nil {
		t.Fatal(err)
	}
	for path := range paths {
		wanted, err := openapi_v3.ParseDocument(fetch(t, "/openapi/v3/"+path, "application/json"))
		if err != nil {
			t.Fatal(err)
		}
		var got openapi_v3.Document
		if err := proto.Unmarshal(fetch(t, "/openapi/v3/"+path, protobufV3), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(values(t, got.ToRawInfo()), values(t, wanted.ToRawInfo())) {
			t.Errorf("%s: the protobuf document is not the JSON one", path)
		}
	}
}

// Both forms of discovery must say the same.
func TestAggregatedDiscoveryIsTheOldOne(t *testing.T) {
	flatten := func(client *discovery.DiscoveryClient) map[string]metav1.APIResource {
		_, lists, err := client.ServerGroupsAndResources()
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]metav1.APIResource{}
		for _, list := range lists {
			for _, resource := range list.APIResources {
				// The old form leaves out what the list says already.
				version := schema.FromAPIVersionAndKind(list.GroupVersion, "")
				if resource.Group == "" && resource.Version == "" {
					resource.Group, resource.Version = version.Group, version.Version
				}
				if strings.Contains(resource.Name, "/") {
					// The client fills in the resource's own.
					resource.SingularName = ""
				}
				sort.Strings(resource.Verbs)
				all[list.GroupVersion+" "+resource.Name] = resource
			}
		}
		return all
	}
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	old := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	old.UseLegacyDiscovery = true
	if got, wanted := flatten(client), flatten(old); !reflect.DeepEqual(got, wanted) {
		t.Errorf("aggregated: %v\nold: %v", got, wanted)
	}
	groups, resources, failed, err := client.GroupsAndMaybeResources()
	if err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	if resources == nil || len(resources) < len(groups.Groups) {
		t.Error("no answer was an aggregated one")
	}
}

// notServed is an alpha field, which upstream's servers drop by default too.
const notServed = "io.k8s.api.authentication.v1.TokenRequest.spec.attestations"

// The built-in kinds are upstream's: the same fields, of the same types, with the same patch strategies.
func TestOpenAPIBuiltInsAreUpstreamsTypes(t *testing.T) {
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	if err := apiextensions.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	root := openapi3.NewRoot(client.OpenAPIV3())
	compared := 0
	for kind, version := range servedKinds(t, client) {
		if !types.Recognizes(kind) {
			continue
		}
		document, err := root.GVSpec(version)
		if err != nil {
			t.Fatal(err)
		}
		for name, model := range document.Components.Schemas {
			var marks []metav1.GroupVersionKind
			_ = model.Extensions.GetObject("x-kubernetes-group-version-kind", &marks)
			if len(marks) == 1 && marks[0] == metav1.GroupVersionKind(kind) {
				made, err := types.New(kind)
				if err != nil {
					t.Fatal(err)
				}
				compared++
				compareType(t, name, document, model, reflect.TypeOf(made).Elem())
			}
		}
	}
	if compared < 6 {
		t.Errorf("only %d kinds were compared", compared)
	}
}

func resolve(document *spec3.OpenAPI, model *spec.Schema) *spec.Schema {
	if len(model.AllOf) == 1 {
		resolved := *resolve(document, &model.AllOf[0])
		return &resolved
	}
	if ref := model.Ref.String(); ref != "" {
		return document.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
	}
	return model
}

func compareType(t *testing.T, path string, document *spec3.OpenAPI, model *spec.Schema, wanted reflect.Type) {
	t.Helper()
	model = resolve(document, model)
	for wanted.Kind() == reflect.Pointer {
		wanted = wanted.Elem()
	}
	if free, _ := model.Extensions.GetBool("x-kubernetes-preserve-unknown-fields"); free {
		return
	}
	kind := ""
	switch {
	case wanted == reflect.TypeFor[metav1.Time]() || wanted == reflect.TypeFor[metav1.MicroTime]():
		kind = "string"
	case wanted.Kind() == reflect.Slice && wanted.Elem().Kind() == reflect.Uint8:
		kind = "string"
	case wanted.Kind() == reflect.Slice:
		kind = "array"
		if model.Items != nil {
			compareType(t, path+"[]", document, model.Items.Schema, wanted.Elem())
		}
	case wanted.Kind() == reflect.Map:
		kind = "object"
		if model.AdditionalProperties == nil {
			t.Errorf("%s: is no map", path)
		} else {
			compareType(t, path+"{}", document, model.AdditionalProperties.Schema, wanted.Elem())
		}
	case wanted.Kind() == reflect.Struct:
		kind = "object"
		compareFields(t, path, document, model, wanted)
	case wanted.Kind() == reflect.String:
		kind = "string"
	case wanted.Kind() == reflect.Bool:
		kind = "boolean"
	case wanted.Kind() == reflect.Int32 || wanted.Kind() == reflect.Int64:
		kind = "integer"
	}
	if !model.Type.Contains(kind) {
		t.Errorf("%s: is %v, upstream %s", path, model.Type, kind)
	}
}

func compareFields(t *testing.T, path string, document *spec3.OpenAPI, model *spec.Schema, wanted reflect.Type) {
	t.Helper()
	known := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(structure reflect.Type) {
		for i := range structure.NumField() {
			field := structure.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" && field.Anonymous {
				walk(field.Type)
				continue
			}
			known[name] = true
			ours, found := model.Properties[name]
			if !found {
				if path+"."+name != notServed {
					t.Errorf("%s: no field %s", path, name)
				}
				continue
			}
			for mark, tag := range map[string]string{
				"x-kubernetes-patch-strategy": "patchStrategy", "x-kubernetes-patch-merge-key": "patchMergeKey"} {
				if got, _ := ours.Extensions.GetString(mark); got != field.Tag.Get(tag) {
					t.Errorf("%s.%s: %s is %q, upstream %q", path, name, mark, got, field.Tag.Get(tag))
				}
			}
			compareType(t, path+"."+name, document, &ours, field.Type)
		}
	}
	walk(wanted)
	for name := range model.Properties {
		if !known[name] {
			t.Errorf("%s: upstream has no field %s", path, name)
		}
	}
}

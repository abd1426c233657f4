// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// builtIn is an object of a kind that upstream has a Go type for, and changes of it.
type builtIn struct {
	collection string
	kind       schema.GroupVersionKind
	value      string
	merges     []string // merge patches, one after the other
}

func builtIns() []builtIn {
	core := func(kind string) schema.GroupVersionKind { return schema.GroupVersionKind{Version: "v1", Kind: kind} }
	rbac := func(kind string) schema.GroupVersionKind {
		return schema.GroupVersionKind{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: kind}
	}
	const roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
	const events = "/api/v1/namespaces/default/events"
	return []builtIn{
		{configMaps, core("ConfigMap"), `{"metadata":{"labels":{"a":"1"},"annotations":{"b":"2"}},"data":{"c":"3"}}`,
			[]string{`{"metadata":{"labels":{"a":null}}}`, `{"metadata":{"annotations":{"b":null}},"data":{"c":null}}`, `{"data":{"c":"4"}}`}},
		{configMaps, core("ConfigMap"), `{"metadata":{"labels":{},"finalizers":[],"ownerReferences":[]},"data":{},"binaryData":{},"immutable":false}`, nil},
		{"/api/v1/namespaces/default/secrets", core("Secret"), `{"type":"Opaque","data":{"c":"Mw=="}}`, []string{`{"data":{"c":null}}`}},
		{"/api/v1/namespaces/default/serviceaccounts", core("ServiceAccount"), `{"secrets":[{"name":"s"}],"imagePullSecrets":[]}`,
			[]string{`{"secrets":[]}`, `{"imagePullSecrets":[{"name":"p"}]}`, `{"imagePullSecrets":null}`}},
		{"/apis/coordination.k8s.io/v1/namespaces/default/leases",
			schema.GroupVersionKind{Group: "coordination.k8s.io", Version: "v1", Kind: "Lease"},
			`{"spec":{"holderIdentity":"me","leaseDurationSeconds":15,"leaseTransitions":0}}`,
			[]string{`{"spec":{"holderIdentity":"you"}}`, `{"spec":{"holderIdentity":null}}`}},
		{events, core("Event"), `{"involvedObject":{"kind":"Container","namespace":"default","name":"web"},"reason":"Testing","message":"one",
			"type":"Normal","source":{"component":"test"},"firstTimestamp":"2026-01-02T03:04:05Z","lastTimestamp":"2026-01-02T03:04:05Z","count":1}`,
			[]string{`{"count":2,"message":"two"}`}},
		{events, core("Event"), `{"involvedObject":{"kind":"Container","namespace":"default","name":"web"},"reason":"Testing","action":"Try",
			"type":"Normal","eventTime":"2026-01-02T03:04:05.000001Z","reportingComponent":"test","reportingInstance":"test-1",
			"series":{"count":2,"lastObservedTime":"2026-01-02T03:04:06.000001Z"}}`, []string{`{"series":{"count":3}}`}},
		{roles, rbac("Role"), `{"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"],"resourceNames":[]}]}`,
			[]string{`{"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["list"]}]}`}},
		{roles[:strings.LastIndex(roles, "/")] + "/rolebindings", rbac("RoleBinding"),
			`{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},
			"subjects":[{"kind":"User","name":"u","apiGroup":"rbac.authorization.k8s.io"}]}`, []string{`{"subjects":[]}`}},
		{"/apis/rbac.authorization.k8s.io/v1/clusterroles", rbac("ClusterRole"),
			`{"rules":[{"nonResourceURLs":["/x"],"verbs":["get"]}],"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}`,
			[]string{`{"aggregationRule":null}`}},
	}
}

// typedManager is upstream's field manager over Go types, with the object that it has made so far.
type typedManager struct {
	t       testing.TB
	manager *managedfields.FieldManager
	live    runtime.Object
}

func newTypedManager(t testing.TB, kind schema.GroupVersionKind) *typedManager {
	t.Helper()
	made, err := managedfields.NewDefaultFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme), sameVersion{},
		defaulter(nil), scheme.Scheme, kind, kind.GroupVersion(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	live, err := scheme.Scheme.New(kind)
	if err != nil {
		t.Fatal(err)
	}
	live.GetObjectKind().SetGroupVersionKind(kind)
	return &typedManager{t, made, live}
}

// update takes what the server shows, without the server's own word on its owners.
func (m *typedManager) update(shown object, manager string) {
	m.t.Helper()
	given := clone(m.t, shown)
	delete(given["metadata"].(object), "managedFields")
	next, err := scheme.Scheme.New(m.live.GetObjectKind().GroupVersionKind())
	if err != nil {
		m.t.Fatal(err)
	}
	decodeInto(m.t, encode(m.t, given), next)
	before, err := meta.Accessor(m.live)
	if err != nil {
		m.t.Fatal(err)
	}
	after, err := meta.Accessor(next)
	if err != nil {
		m.t.Fatal(err)
	}
	after.SetManagedFields(before.GetManagedFields())
	if m.live, err = m.manager.Update(m.live, next, manager); err != nil {
		m.t.Fatal(err)
	}
}

// emptied lists where an object has an empty map or list that upstream's Go type leaves out when it is written.
func emptied(t testing.TB, kind schema.GroupVersionKind, shown object) []string {
	t.Helper()
	typed, err := scheme.Scheme.New(kind)
	if err != nil {
		t.Fatal(err)
	}
	decodeInto(t, encode(t, shown), typed)
	written := decode(t, encode(t, typed))
	var found []string
	var walk func(path string, have, want any)
	walk = func(path string, have, want any) {
		switch read := have.(type) {
		case object:
			other, _ := want.(object)
			if len(read) == 0 && other == nil {
				found = append(found, path)
			}
			for key, inner := range read {
				walk(path+"."+key, inner, other[key])
			}
		case []any:
			other, _ := want.([]any)
			if len(read) == 0 && want == nil {
				found = append(found, path)
			}
			for i := range min(len(read), len(other)) {
				walk(path+"[]", read[i], other[i])
			}
		}
	}
	walk("", shown, written)
	return found
}

func TestBuiltInKindsAreWrittenAndOwnedAsUpstreamsGoTypes(t *testing.T) {
	s := connect(t)
	for _, c := range builtIns() {
		t.Run(c.kind.Kind, func(t *testing.T) {
			s := &server{t, s.base, s.client}
			oracle, name := newTypedManager(t, c.kind), fresh("built-in")
			value := decode(t, []byte(c.value))
			if value["metadata"] == nil {
				value["metadata"] = object{}
			}
			value["apiVersion"], value["kind"] = c.kind.GroupVersion().String(), c.kind.Kind
			value["metadata"].(object)["name"] = name
			agree := func(sent string, shown object) {
				t.Helper()
				oracle.update(shown, "m")
				if found := emptied(t, c.kind, shown); found != nil {
					t.Errorf("%s\nempty %v in %s", sent, found, encode(t, shown))
				}
				want := decode(t, encode(t, oracle.live))
				if want, have := owners(t, want), owners(t, shown); !reflect.DeepEqual(want, have) {
					t.Errorf("%s\nwant %s\nhave %s", sent, encode(t, want), encode(t, have))
				}
			}
			agree(c.value, s.must(http.MethodPost, c.collection+"?fieldManager=m", jsonBody, value))
			for _, patch := range c.merges {
				agree(patch, s.must(http.MethodPatch, c.collection+"/"+name+"?fieldManager=m", mergePatch, json.RawMessage(patch)))
			}
			s.remove(c.collection + "/" + name)
		})
	}
}

// goNames are the types of upstream that Berth, which has none, calls by what they are made of.
var goNames = strings.NewReplacer("v1.SecretType", "string", "v1.ManagedFieldsOperationType", "string")

// ownDecoding is what Berth refuses in Go's words and Go reads.
var ownDecoding = []struct{ says, why string }{
	{`cannot unmarshal array into .* of type \[\]uint8$`, "bytes are base64 in JSON; that Go reads a list of numbers, too, is no part of the API"},
}

// What a Go type cannot be read from is 400 in the words of upstream's decoder, what it can is none.
func TestBuiltInKindsAreDecodedAsUpstreamsGoTypes(t *testing.T) {
	s, used := connect(t), make([]int, len(ownDecoding))
	decoder := scheme.Codecs.UniversalDeserializer()
	for _, c := range builtIns() {
		t.Run(c.kind.Kind, func(t *testing.T) {
			s, random, refused := &server{t, s.base, s.client}, dice(t), 0
			for round := 0; round < rounds(t, 200); round++ {
				value := decode(t, []byte(c.value))
				if value["metadata"] == nil {
					value["metadata"] = object{}
				}
				maps.Copy(value["metadata"].(object), object{"name": fresh("decoded"), "labels": object{"a": "b"},
					"finalizers": []any{"a/b"}, "creationTimestamp": nil, "generation": 1})
				spoil(random, "", value)
				value["apiVersion"], value["kind"] = c.kind.GroupVersion().String(), c.kind.Kind
				sent, want, have := encode(t, value), "", ""
				got := s.do(http.MethodPost, c.collection+"?dryRun=All&fieldValidation=Ignore", jsonBody, sent)
				if got.code == http.StatusBadRequest {
					have = got.status(t).Message
				}
				if _, _, err := decoder.Decode(sent, nil, nil); err != nil {
					want = fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", c.kind.Kind, c.kind.Version, c.kind.Kind, err)
					refused++
				}
				own := slices.IndexFunc(ownDecoding, func(row struct{ says, why string }) bool { return expression(row.says).MatchString(have) })
				if own >= 0 {
					used[own]++
				} else if goNames.Replace(want) != have {
					t.Errorf("%s\nwant %s\nhave %d %s", sent, want, got.code, got.body)
				}
			}
			if refused < rounds(t, 200)/10 {
				t.Errorf("only %d were refused", refused)
			}
		})
	}
	for i, row := range ownDecoding {
		if used[i] == 0 {
			t.Errorf("no case shows that %s", row.why)
		}
	}
}

// Base64 in a manifest may be a block of lines.
func TestBuiltInKindsTakeBytesInLines(t *testing.T) {
	s := connect(t)
	sent := []byte(`{"metadata":{"name":"` + fresh("lines") + `"},"data":{"a":"aGk\n=\r\n"}}`)
	var want corev1.Secret
	decodeInto(t, sent, &want)
	got := s.must(http.MethodPost, "/api/v1/namespaces/default/secrets?dryRun=All", jsonBody, json.RawMessage(sent))
	if have := at(got, "data"); !reflect.DeepEqual(have, decode(t, encode(t, want))["data"]) {
		t.Errorf("%s became %s", sent, encode(t, have))
	}
}

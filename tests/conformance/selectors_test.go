// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"math/rand"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// labelled makes ConfigMaps with labels of every sort and says which labels each has.
func labelled(s *server) (group string, have map[string]labels.Set) {
	s.t.Helper()
	group, have = fresh("group"), map[string]labels.Set{}
	for i, set := range []labels.Set{{}, {"a": "1"}, {"a": "2"}, {"a": "1", "b": "1"}, {"b": ""}, {"a": "3", "x.dev/c": "1"}, {"n": "10"}, {"n": "9"}} {
		name := fmt.Sprintf("%s-%d", group, i)
		set["group"] = group
		s.must(http.MethodPost, configMaps, jsonBody, object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": name, "labels": set}})
		have[name] = set
	}
	return group, have
}

func (s *server) namesOf(query string) (int, []string, string) {
	s.t.Helper()
	got := s.do(http.MethodGet, configMaps+"?"+query, "", nil)
	found := []string{}
	items, _ := got.object["items"].([]any)
	for _, item := range items {
		found = append(found, at(item, "metadata", "name").(string))
	}
	sort.Strings(found)
	return got.code, found, string(got.body)
}

func randomSelector(random *rand.Rand) string {
	terms := []string{}
	for count := 1 + random.Intn(3); count > 0; count-- {
		key := pick(random, "a", "b", "n", "x.dev/c", "absent", "-bad", "")
		value := pick(random, "1", "2", "9", "", "b@d", "x y")
		terms = append(terms, pick(random, key, "!"+key, key+"="+value, key+"=="+value, key+"!="+value, key+" in ("+value+",1)",
			key+" notin ("+value+")", key+" in ()", key+">9", key+"<10", key+" > "+value, key+" in (1", "("+key+")", key+" = "+value))
	}
	return strings.Join(terms, pick(random, ",", " , ", ",,"))
}

func TestLabelSelectorsLikeUpstream(t *testing.T) {
	s, random := connect(t), dice(t)
	group, have := labelled(s)
	for round := 0; round < rounds(t, 500); round++ {
		text := randomSelector(random)
		parsed, err := labels.Parse(text)
		code, found, body := s.namesOf("labelSelector=" + url.QueryEscape(text+",group="+group))
		if _, whole := labels.Parse(text + ",group=" + group); whole != nil || err != nil {
			if whole == nil {
				continue // half a selector that the rest completes
			}
			if code != http.StatusBadRequest {
				t.Errorf("%q: want %q, have %d %s", text, whole, code, body)
			}
			continue
		}
		want := []string{}
		for name, set := range have {
			if parsed.Matches(set) {
				want = append(want, name)
			}
		}
		sort.Strings(want)
		if code != http.StatusOK || fmt.Sprint(want) != fmt.Sprint(found) {
			t.Errorf("%q: want %v, have %d %v", text, want, code, found)
		}
	}
	for name := range have {
		s.remove(configMaps + "/" + name)
	}
}

func TestBadLabelSelectorsAreRefusedInUpstreamsWords(t *testing.T) {
	s := connect(t)
	for _, text := range []string{"a in", "a in (1", "=", "a=b=c", "!", "a,,b", "-a", "a=b@d", "a>x", "(a)", "a in ()", strings.Repeat("a", 64) + "=1"} {
		_, err := labels.Parse(text)
		got := s.do(http.MethodGet, configMaps+"?labelSelector="+url.QueryEscape(text), "", nil)
		if err == nil {
			if got.code != http.StatusOK {
				t.Errorf("%q: the library takes it, the server: %d %s", text, got.code, got.body)
			}
			continue
		}
		if status := got.status(t); got.code != http.StatusBadRequest || status.Message != err.Error() &&
			!strings.HasSuffix(status.Message, err.Error()) {
			t.Errorf("%q: want %q\nhave %d %q", text, err, got.code, status.Message)
		}
	}
}

func TestFieldSelectorsLikeUpstream(t *testing.T) {
	s := connect(t)
	group, have := labelled(s)
	for _, text := range []string{"metadata.name=" + group + "-1", "metadata.name==" + group + "-2", "metadata.name!=" + group + "-0",
		"metadata.namespace=default", "metadata.namespace!=default", "metadata.name=" + group + "-1,metadata.namespace=default",
		"metadata.name=nobody", "", `metadata.name=a\,b`} {
		parsed, err := fields.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{}
		for name := range have {
			if parsed.Matches(fields.Set{"metadata.name": name, "metadata.namespace": "default"}) {
				want = append(want, name)
			}
		}
		sort.Strings(want)
		code, found, body := s.namesOf("labelSelector=group%3D" + group + "&fieldSelector=" + url.QueryEscape(text))
		if code != http.StatusOK || fmt.Sprint(want) != fmt.Sprint(found) {
			t.Errorf("%q: want %v, have %d %v %s", text, want, code, found, body[:min(len(body), 200)])
		}
	}
	for _, text := range []string{"metadata.nowhere=1", "spec.x=y", "metadata.name", "metadata.name>1", `metadata.name=\q`} {
		if got := s.do(http.MethodGet, configMaps+"?fieldSelector="+url.QueryEscape(text), "", nil); got.code != http.StatusBadRequest {
			t.Errorf("%q: %d %s", text, got.code, got.body)
		}
	}
	for name := range have {
		s.remove(configMaps + "/" + name)
	}
}

// selectableOf is what upstream's strategy of Events lets be selected, by core's names. That strategy is in
// k8s.io/kubernetes, which is no library.
func selectableOf(event corev1.Event) fields.Set {
	source := event.Source.Component
	if source == "" {
		source = event.ReportingController
	}
	of := event.InvolvedObject
	return fields.Set{"metadata.name": event.Name, "metadata.namespace": event.Namespace, "involvedObject.kind": of.Kind,
		"involvedObject.namespace": of.Namespace, "involvedObject.name": of.Name, "involvedObject.uid": string(of.UID),
		"involvedObject.apiVersion": of.APIVersion, "involvedObject.resourceVersion": of.ResourceVersion,
		"involvedObject.fieldPath": of.FieldPath, "reason": event.Reason, "reportingComponent": event.ReportingController,
		"source": source, "type": event.Type}
}

// viewOfEvents gives the names that events.k8s.io has for the same; it has none for a source.
func viewOfEvents(text string) string {
	return strings.NewReplacer("involvedObject.", "regarding.", "reportingComponent", "reportingController").Replace(text)
}

func TestFieldSelectorsOfEventsLikeUpstream(t *testing.T) {
	s := connect(t)
	const core, view = "/api/v1/namespaces/default/events", "/apis/events.k8s.io/v1/namespaces/default/events"
	group := fresh("selected")
	var paths []string
	for i, text := range []string{
		`{"involvedObject":{"kind":"Container","namespace":"default","name":"web","uid":"u","apiVersion":"berth.dev/v1","resourceVersion":"5",
			"fieldPath":"spec.image"},"reason":"Pulled","type":"Normal","source":{"component":"a"}}`,
		`{"involvedObject":{"kind":"Container","namespace":"default","name":"db"},"reason":"Pulled","type":"Warning","source":{"component":"b"},
			"reportingComponent":"c"}`,
		`{"involvedObject":{"kind":"Host","namespace":"default"},"reason":"Lost","type":"Warning","action":"Dial","reportingComponent":"a",
			"reportingInstance":"a-1","eventTime":"2026-01-02T03:04:05.000001Z"}`,
		`{"involvedObject":{"namespace":"default"}}`,
	} {
		value := decode(t, []byte(text))
		value["metadata"] = object{"name": fmt.Sprintf("%s-%d", group, i), "labels": object{"group": group}}
		s.must(http.MethodPost, core, jsonBody, value)
		paths = append(paths, fmt.Sprintf("%s/%s-%d", core, group, i))
	}
	agree := func() {
		t.Helper()
		var list corev1.EventList
		decodeInto(t, s.do(http.MethodGet, core+"?labelSelector=group%3D"+group, "", nil).body, &list)
		if len(list.Items) != len(paths) {
			t.Fatalf("%d of %d are there", len(list.Items), len(paths))
		}
		for key := range selectableOf(list.Items[0]) {
			for _, item := range list.Items {
				for _, operator := range []string{"=", "!="} {
					text := key + operator + fields.EscapeValue(selectableOf(item)[key])
					s.agreeOnEvents(core, group, text, text, list.Items)
					if key != "source" {
						s.agreeOnEvents(view, group, viewOfEvents(text), text, list.Items)
					}
				}
			}
		}
	}
	agree()
	s.must(http.MethodPatch, paths[0], mergePatch, object{"type": "Warning", "reason": "Lost", "source": nil})
	s.must(http.MethodPatch, paths[1], mergePatch, object{"involvedObject": object{"name": "web"}, "source": object{"component": "a"}})
	agree()
	for _, text := range []string{"involvedObject=x", "message=x", "regarding.name=web", "count=1"} {
		if got := s.do(http.MethodGet, core+"?fieldSelector="+url.QueryEscape(text), "", nil); got.code != http.StatusBadRequest {
			t.Errorf("%q: %d %s", text, got.code, got.body)
		}
	}
	for _, path := range paths {
		s.remove(path)
	}
}

func (s *server) agreeOnEvents(path, group, sent, meant string, all []corev1.Event) {
	s.t.Helper()
	selector, want, have := fields.ParseSelectorOrDie(meant), []string{}, []string{}
	for _, item := range all {
		if selector.Matches(selectableOf(item)) {
			want = append(want, item.Name)
		}
	}
	got := s.do(http.MethodGet, path+"?labelSelector=group%3D"+group+"&fieldSelector="+url.QueryEscape(sent), "", nil)
	items, _ := got.object["items"].([]any)
	for _, item := range items {
		have = append(have, at(item, "metadata", "name").(string))
	}
	if got.code != http.StatusOK || !slices.Equal(want, have) {
		s.t.Errorf("%s of %s: want %v, have %d %v", sent, path, want, got.code, have)
	}
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"math/rand"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"

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

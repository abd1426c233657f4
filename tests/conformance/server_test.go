// SPDX-License-Identifier: Apache-2.0

// Package conformance judges berthd by upstream's own libraries: the same case goes to the server over HTTP and to
// the library, and the results must be equal. It runs against the server that BERTH_KUBECONFIG names.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	jsonBody       = "application/json"
	jsonPatch      = "application/json-patch+json"
	mergePatch     = "application/merge-patch+json"
	strategicPatch = "application/strategic-merge-patch+json"
	applyPatch     = "application/apply-patch+yaml"
)

type object = map[string]any

// config is the administrator's way in.
func config(t testing.TB) *rest.Config {
	t.Helper()
	path := os.Getenv("BERTH_KUBECONFIG")
	if path == "" {
		t.Fatal("BERTH_KUBECONFIG names no kubeconfig")
	}
	made, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	made.QPS = -1
	return made
}

// server sends plain requests, as one identity.
type server struct {
	t      testing.TB
	base   string
	client *http.Client
}

func connect(t testing.TB) *server {
	t.Helper()
	made := config(t)
	client, err := rest.HTTPClientFor(made)
	if err != nil {
		t.Fatal(err)
	}
	return &server{t, made.Host, client}
}

// anonymous is a client without credentials.
func anonymous(t testing.TB, made *rest.Config) *http.Client {
	t.Helper()
	client, err := rest.HTTPClientFor(rest.AnonymousClientConfig(made))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// answer is what came back; object is nil unless the body is a JSON object.
type answer struct {
	code   int
	header http.Header
	body   []byte
	object object
}

func (s *server) do(method, path, contentType string, body []byte) answer {
	s.t.Helper()
	request, err := http.NewRequest(method, s.base+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	got := answer{code: response.StatusCode, header: response.Header, body: read}
	_ = json.Unmarshal(read, &got.object)
	return got
}

// must sends an object and takes no refusal.
func (s *server) must(method, path, contentType string, body any) object {
	s.t.Helper()
	got := s.do(method, path, contentType, encode(s.t, body))
	if got.code >= 300 {
		s.t.Fatalf("%s %s: %d %s\nbody: %s", method, path, got.code, got.body, encode(s.t, body))
	}
	return got.object
}

// remove deletes what a case made. An object with finalizers stays, marked.
func (s *server) remove(path string) {
	s.t.Helper()
	if got := s.do(http.MethodDelete, path, "", nil); got.code >= 300 {
		s.t.Fatalf("DELETE %s: %d %s", path, got.code, got.body)
	}
}

// status reads an answer as metav1.Status.
func (a answer) status(t testing.TB) metav1.Status {
	t.Helper()
	var made metav1.Status
	if err := json.Unmarshal(a.body, &made); err != nil || made.Kind != "Status" {
		t.Fatalf("%d is no Status: %s", a.code, a.body)
	}
	return made
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	made, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func decode(t testing.TB, text []byte) object {
	t.Helper()
	var made object
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return made
}

func decodeInto(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

func clone(t testing.TB, value object) object { return decode(t, encode(t, value)) }

// at reads through objects; nil when something on the way is missing.
func at(value any, path ...string) any {
	for _, key := range path {
		level, ok := value.(object)
		if !ok {
			return nil
		}
		value = level[key]
	}
	return value
}

// rounds is how many random cases a test runs: BERTH_ROUNDS, or few.
func rounds(t testing.TB, few int) int {
	t.Helper()
	text := os.Getenv("BERTH_ROUNDS")
	if text == "" {
		return few
	}
	wanted, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("BERTH_ROUNDS: %v", err)
	}
	return wanted
}

// dice gives every run of a test the same cases, unless BERTH_SEED says otherwise; the seed is named when it fails.
func dice(t testing.TB) *rand.Rand {
	t.Helper()
	seed := int64(1)
	if text := os.Getenv("BERTH_SEED"); text != "" {
		parsed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("BERTH_SEED: %v", err)
		}
		seed = parsed
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("BERTH_SEED=%d", seed)
		}
	})
	return rand.New(rand.NewSource(seed))
}

var names atomic.Int64

// fresh is a name that no other case has.
func fresh(prefix string) string { return fmt.Sprintf("%s-%d-%d", prefix, os.Getpid(), names.Add(1)) }

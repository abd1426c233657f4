// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// ourKind is a kind of berth.dev that clients write, and a spec of it that nothing is wrong with.
type ourKind struct {
	kind       string
	definition string
	collection string
	spec       object
}

// ourKinds is all of them, by kind: one that is published and missing here fails the cases.
func ourKinds(t testing.TB, s *server) map[string]ourKind {
	t.Helper()
	found, specs := map[string]ourKind{}, specsOfOurKinds()
	got := s.must("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "", nil)
	for _, item := range got["items"].([]any) {
		kind, plural := at(item, "spec", "names", "kind").(string), at(item, "spec", "names", "plural").(string)
		if at(item, "spec", "group") != "berth.dev" {
			t.Fatalf("%s is no kind of ours", kind)
		}
		collection := "/apis/berth.dev/v1/" + plural
		if at(item, "spec", "scope") == "Namespaced" {
			collection = "/apis/berth.dev/v1/namespaces/default/" + plural
		}
		if specs[kind] == nil {
			t.Fatalf("no spec of a %s", kind)
		}
		found[kind] = ourKind{kind, plural + ".berth.dev", collection, specs[kind]}
	}
	if len(found) != len(specs) {
		t.Fatalf("published are only %d of %d kinds", len(found), len(specs))
	}
	return found
}

// object has a spec of its own to be spoilt.
func (k ourKind) object(t testing.TB, name string) object {
	return clone(t, object{"apiVersion": "berth.dev/v1", "kind": k.kind, "metadata": object{"name": name}, "spec": k.spec})
}

func specsOfOurKinds() map[string]object {
	return map[string]object{
		"Container": {
			"host": "local", "image": "web:1", "suspend": true, "imagePullPolicy": "Always",
			"command": []any{"a", "b"}, "user": "1", "restartPolicy": "OnFailure", "maximumRetryCount": 3,
			"env": []any{object{"name": "A", "value": "1"}, object{"name": "B", "valueFrom": object{
				"secretKeyRef": object{"name": "s", "key": "k"}}}},
			"envFrom":   []any{object{"configMapRef": object{"name": "c"}, "prefix": "P_"}},
			"ports":     []any{object{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}, object{"containerPort": 81}},
			"files":     []any{object{"path": "/etc/a", "content": "x", "mode": "0600"}, object{"path": "/etc/b", "content": ""}},
			"mounts":    []any{object{"type": "Bind", "source": "/srv", "target": "/data"}, object{"type": "Tmpfs", "target": "/tmp"}},
			"networks":  []any{object{"networkRef": object{"name": "n"}, "aliases": []any{"web"}}, object{"name": "front"}},
			"dependsOn": []any{object{"containerRef": object{"name": "db"}}, object{"containerRef": object{"name": "mq"}}},
			"labels":    object{"one": "1"}, "sysctls": object{"net.core.somaxconn": "1"}, "capAdd": []any{"NET_ADMIN", "SYS_TIME"},
			"resources":   object{"memory": "64Mi", "memoryReservation": 33554432, "cpus": "1.5", "pids": 10},
			"healthcheck": object{"test": []any{"CMD", "true"}, "interval": "10s"},
			"devices":     []any{object{"hostPath": "/dev/a"}}, "deviceRequests": []any{object{"count": 1}},
			"ulimits": []any{object{"name": "nofile", "soft": 10, "hard": 20}},
			"logging": object{"driver": "local", "options": object{"max-size": "1m"}},
		},
		"Host": {
			"ssh": object{"address": "192.0.2.7", "user": "root", "identitySecretRef": object{"namespace": "default", "name": "key"},
				"jumps": []any{object{"address": "jump", "user": "u", "identitySecretRef": object{"namespace": "default", "name": "key"}}}},
			"agent": object{"hostId": "a"}, "unschedulable": true,
		},
		"Network": {
			"host": "local", "networkName": "front", "driver": "bridge", "internal": true,
			"ipam": object{"config": []any{object{"subnet": "10.9.8.0/24", "gateway": "10.9.8.1", "auxAddresses": object{"a": "10.9.8.2"}},
				object{"subnet": "10.9.9.0/24"}}, "options": object{"a": "b"}},
			"options": object{"a": "b"}, "labels": object{"one": "1"},
		},
		"Volume":   {"host": "local", "volumeName": "data", "driverOpts": object{"type": "nfs"}, "labels": object{"one": "1"}},
		"Registry": {"server": "registry.example:5000", "username": "u", "passwordSecretRef": object{"name": "s"}, "insecure": true},
		"ComposeStack": {
			"host": "local", "compose": "services: {web: {image: 'web:1'}}", "profiles": []any{"a", "b"},
			"files": []any{object{"path": "web.env", "content": "A=1"}, object{"path": "db.env", "content": "B=1"}},
			"env":   []any{object{"name": "A", "value": "1"}, object{"name": "B", "value": "2"}}, "hostDir": "/srv/web",
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
		for _, key := range sortedKeys(read) {
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

func sortedKeys[V any](read map[string]V) []string {
	keys := []string{}
	for key := range read {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (s spot) set(value any) {
	if level, ok := s.level.(object); ok {
		level[s.key.(string)] = value
	} else {
		s.level.([]any)[s.key.(int)] = value
	}
}

func oddValue(random *rand.Rand) any {
	values := []any{70000, -1, 1.5, 0, "word", "", true, nil, object{}, object{"x": "y"}, []any{}, []any{"x"}, []any{1}, []any{nil}}
	return values[random.Intn(len(values))]
}

// spoil puts a value of some type in some place, makes an item of a list equal to another, or takes a member away.
func spoil(random *rand.Rand, path string, value object) {
	all := spots(path, value, nil)
	if len(all) == 0 {
		return
	}
	chosen := all[random.Intn(len(all))]
	if level, ok := chosen.level.(object); ok && random.Intn(4) == 0 {
		delete(level, chosen.key.(string))
	} else if items, ok := chosen.level.([]any); ok && random.Intn(2) == 0 {
		chosen.set(items[random.Intn(len(items))])
	} else {
		chosen.set(oddValue(random))
	}
}

// grow gives some field that the schema has, anywhere below, a value that the schema's types allow, mostly.
func grow(random *rand.Rand, value any, schema *structuralschema.Structural) {
	switch read := value.(type) {
	case object:
		if len(schema.Properties) == 0 {
			return
		}
		names := sortedKeys(schema.Properties)
		name := names[random.Intn(len(names))]
		below := schema.Properties[name]
		if _, there := read[name]; there && random.Intn(3) > 0 {
			grow(random, read[name], &below)
		} else {
			read[name] = grown(random, &below)
		}
	case []any:
		if len(read) > 0 && schema.Items != nil {
			grow(random, read[random.Intn(len(read))], schema.Items)
		}
	}
}

// words are what some text fields want, so that others are given what they do not.
var words = []string{"web", "a.b", "A_B", "10s", "64Mi", "500m", "/data", "/etc/../x", "x/y", "192.0.2.7", "2001:db8::7", "10.9.8.0/24",
	"127.0.0.1:2375", "web:1", "host", "none", "0644", "SIGTERM", "NET_ADMIN", "02:42:ac:11:00:02", "a=b", "", " ", "ä", "0-2", "53/udp"}

func grown(random *rand.Rand, schema *structuralschema.Structural) any {
	if random.Intn(20) == 0 {
		return oddValue(random)
	}
	if schema.XIntOrString {
		return []any{random.Intn(1 << 30), "64Mi", words[random.Intn(len(words))], -1}[random.Intn(4)]
	}
	switch schema.Type {
	case "object":
		return grownObject(random, schema)
	case "array":
		made := []any{}
		for range random.Intn(4) {
			made = append(made, grown(random, schema.Items))
		}
		return made
	case "integer":
		return grownInteger(random, schema)
	case "boolean":
		return random.Intn(2) == 0
	case "string":
		if rules := schema.ValueValidation; rules != nil && len(rules.Enum) > 0 && random.Intn(8) > 0 {
			return rules.Enum[random.Intn(len(rules.Enum))].Object
		}
		return words[random.Intn(len(words))]
	}
	return oddValue(random)
}

func grownObject(random *rand.Rand, schema *structuralschema.Structural) object {
	made := object{}
	if more := schema.AdditionalProperties; more != nil && more.Structural != nil {
		for range random.Intn(3) {
			made[words[random.Intn(len(words))]] = grown(random, more.Structural)
		}
	}
	for _, name := range sortedKeys(schema.Properties) {
		below := schema.Properties[name]
		needed := schema.ValueValidation != nil && slices.Contains(schema.ValueValidation.Required, name)
		if needed && random.Intn(8) > 0 || random.Intn(3) == 0 {
			made[name] = grown(random, &below)
		}
	}
	return made
}

func grownInteger(random *rand.Rand, schema *structuralschema.Structural) int64 {
	least, most := int64(-2), int64(100000)
	if rules := schema.ValueValidation; rules != nil {
		if rules.Minimum != nil {
			least = int64(*rules.Minimum)
		}
		if rules.Maximum != nil {
			most = int64(*rules.Maximum)
		}
	}
	edges := []int64{least - 1, least, most, most + 1}
	if at := random.Intn(8); at < len(edges) {
		return edges[at]
	}
	return least + random.Int63n(most-least+1)
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ownRule is what Berth asks of a kind of ours beyond its published schema. A CustomResourceDefinition could only say it
// by CEL, which Berth does not publish.
type ownRule struct {
	says  string // regular expression of the end of the cause's message
	field string // and of its field, where the words alone could be the schema's; "" is any
	why   string
	kind  string
	spec  string // merge patch of the kind's spec, which the rule refuses; of the whole object when it names the status
}

const (
	reads   = "who reads the field can do nothing with another text"
	named   = "it is the name of another object or of a key in it, and only such names exist"
	engine  = "the engine refuses it when the container is made, long after the write"
	meaning = "the two say different things about the same"
	moot    = "without the other it would be ignored"
	ours    = "Berth keeps its own marks there"
)

var ownRules = []ownRule{
	// Formats: the schemas' x-berth-format.
	{says: `a lowercase RFC 1123 subdomain must consist .*`, why: named, kind: "Container", spec: `{"host":"A_B"}`},
	{says: `must be no more than 253 characters`, why: named, kind: "Container", spec: `{"host":"` + strings.Repeat("a", 254) + `"}`},
	{says: `a lowercase RFC 1123 label must consist .*`, why: named, kind: "Host", spec: `{"ssh":{"identitySecretRef":{"namespace":"a.b"}}}`},
	{says: `must be no more than 63 characters`, why: named, kind: "Host",
		spec: `{"ssh":{"identitySecretRef":{"namespace":"` + strings.Repeat("a", 64) + `"}}}`},
	{says: `a valid config key must consist .*`, why: named, kind: "Registry", spec: `{"passwordSecretRef":{"key":"a/b"}}`},
	{says: `must not be '\.'`, why: named, kind: "Registry", spec: `{"passwordSecretRef":{"key":"."}}`},
	{says: `must not start with '\.\.'`, why: named, kind: "Registry", spec: `{"passwordSecretRef":{"key":"..a"}}`},
	{says: `a valid environment variable name must consist .*`, why: reads, kind: "Container", spec: `{"env":[{"name":"A=B"}]}`},
	{says: `must be an image reference, such as .*`, why: reads, kind: "Container", spec: `{"image":"a b"}`},
	{says: `repository name must be lowercase`, why: reads, kind: "Container", spec: `{"image":"Web"}`},
	{says: `repository name must not be more than 255 characters`, why: reads, kind: "Container", spec: `{"image":"` + strings.Repeat("a", 256) + `"}`},
	{says: `the digest after @ must be such as .*`, why: reads, kind: "Container", spec: `{"image":"web@sha256:1"}`},
	{says: `the tag after : must be .*`, why: reads, kind: "Container", spec: `{"image":"web:"}`},
	{says: `cannot be 64 hex digits: .*`, why: reads, kind: "Container", spec: `{"image":"` + strings.Repeat("a", 64) + `"}`},
	{says: `must be an absolute path`, why: engine, kind: "Container", spec: `{"workingDir":"x"}`},
	{says: `must be no more than 4095 bytes`, why: engine, kind: "Container", spec: `{"workingDir":"/` + strings.Repeat("a", 4095) + `"}`},
	{says: `must not contain control characters`, why: engine, kind: "Container", spec: `{"workingDir":"/\u0001"}`},
	{says: `must not contain '\.\.'`, why: "where it leads depends on links of the host", kind: "Container", spec: `{"workingDir":"/a/../b"}`},
	{says: `must be the path of a file, not of a folder`, why: reads, kind: "Container", spec: `{"files":[{"path":"/a/","content":""}]}`},
	{says: `must be a relative path`, why: reads, kind: "ComposeStack", spec: `{"files":[{"path":"/a","content":""}]}`},
	{says: `must be permission bits in octal, .*`, why: reads, kind: "Container", spec: `{"files":[{"path":"/a","content":"","mode":"rw"}]}`},
	{says: `must be a name of the engine: .*`, why: engine, kind: "Network", spec: `{"networkName":"-a"}`},
	{says: `must be letters, digits, '_', '\.' and '-', starting with a letter or digit`, why: engine, kind: "Container",
		spec: `{"networks":[{"name":"n","aliases":["-a"]}]}`},
	{says: `must not be empty`, why: engine, kind: "Volume", spec: `{"labels":{"":"x"}}`},
	{says: `keys under berth.dev/ are Berth's own`, why: ours, kind: "Volume", spec: `{"labels":{"berth.dev/name":"x"}}`},
	{says: `must not contain '=' or control characters`, why: engine, kind: "Volume", spec: `{"labels":{"a=b":"x"}}`},
	{says: `must be letters, digits and '-' in parts joined by '\.', .*`, why: engine, kind: "Container", spec: `{"hostname":"-a"}`},
	{says: `must be a host name or an IP address`, why: reads, kind: "Host", spec: `{"ssh":{"address":"a b"}}`},
	{says: `must be host and port, such as .*`, why: reads, kind: "Host", spec: `{"ssh":null,"tcp":{"address":"a"}}`},
	{says: `must be on loopback .* who reaches an engine is root there`, why: "it would be the engine's root for everybody on the way",
		kind: "Host", spec: `{"ssh":null,"tcp":{"address":"192.0.2.7:2375"}}`},
	{says: `must be name:address, such as .*`, why: engine, kind: "Container", spec: `{"extraHosts":["a"]}`},
	{says: `must be a port or a range, such as .*`, why: engine, kind: "Container", spec: `{"expose":["http"]}`},
	{says: `must be a list of CPUs, such as .*`, why: engine, kind: "Container", spec: `{"resources":{"cpuset":"all"}}`},
	{says: `must be a signal, such as .*`, why: engine, kind: "Container", spec: `{"stopSignal":"TERM please"}`},
	{says: `must be a capability in upper case, .*`, why: engine, kind: "Container", spec: `{"capAdd":["net_admin"]}`},
	{says: `must be a kernel parameter, such as .*`, why: engine, kind: "Container", spec: `{"sysctls":{"a b":"1"}}`},
	{says: `must be a key type and the key in base64, .*`, why: reads, kind: "Host", spec: `{"ssh":{"hostKeys":["SHA256:x"]}}`},
	{says: `must be a valid IP address, .*`, why: engine, kind: "Container", spec: `{"dns":["db"]}`},
	{says: `must be a valid IPv4 address, .*`, why: engine, kind: "Container", spec: `{"networks":[{"name":"n","ipv4Address":"::1"}]}`},
	{says: `must be a valid IPv6 address, .*`, why: engine, kind: "Container", spec: `{"networks":[{"name":"n","ipv6Address":"10.0.0.1"}]}`},
	{says: `must be a valid CIDR value, .*`, why: engine, kind: "Network", spec: `{"ipam":{"config":[{"subnet":"10.0.0.1"}]}}`},
	{says: `must be a MAC address, such as .*`, why: engine, kind: "Container", spec: `{"macAddress":"00"}`},
	{says: `must be a registry's host, .*`, why: reads, kind: "Registry", spec: `{"server":"https://registry.example"}`},
	{says: `must be certificates in PEM .*`, why: reads, kind: "Registry", spec: `{"caBundle":"x"}`},
	{says: `must be a whole number of bytes, such as 512Mi, 1G or 1048576`, why: reads, kind: "Container", spec: `{"shmSize":"much"}`},
	{says: `must be a whole number of bytes, such as 1Gi, or -1`, why: reads, kind: "Container", spec: `{"resources":{"memorySwap":"much"}}`},
	{says: `must be a positive number of CPUs, .*`, why: reads, kind: "Container", spec: `{"resources":{"cpus":"all"}}`},
	{says: `must be a duration, such as .*`, why: reads, kind: "Container", spec: `{"healthcheck":{"interval":"soon"}}`},
	{says: `the file must be a map`, field: `spec\.compose`, why: "the file is read when it is written, as compose would read it",
		kind: "ComposeStack", spec: `{"compose":"web"}`},
	{says: `no such service: .*`, field: `spec\.compose`, why: "the same", kind: "ComposeStack", spec: `{"services":["nosuch"]}`},
	{says: `Invalid value: the compose file is empty`, field: `spec\.compose`, why: "the same", kind: "ComposeStack", spec: `{"compose":" "}`},
	{says: `Unsupported value: .*: supported values: "NONE", "CMD", "CMD-SHELL"`, why: engine, kind: "Container",
		spec: `{"healthcheck":{"test":["true"]}}`},

	// Fields that exclude or need each other: x-berth-at-most-one and its like.
	{says: `may not be set together with \w+`, why: meaning, kind: "Container", spec: `{"networkMode":"host"}`},
	{says: `exactly one of .* must be set`, why: "without any it says nothing", kind: "Container", spec: `{"envFrom":[{}]}`},
	{says: `one of local, ssh, tcp, agent must be set`, why: "without any there is no way to it", kind: "Host", spec: `{"ssh":null,"agent":null}`},
	{says: `one of volumeRef, source must be set`, why: "without any there is nothing to mount", kind: "Container",
		spec: `{"mounts":[{"type":"Volume","target":"/data"}]}`},
	{says: `^Required value`, field: `spec\.mounts\[\d+\]\.source`, why: "without it there is nothing to mount", kind: "Container",
		spec: `{"mounts":[{"type":"Bind","target":"/data"}]}`},
	{says: `\w+ needs it`, why: moot, kind: "Registry", spec: `{"passwordSecretRef":null}`},
	{says: `must be at least \w+`, why: engine, kind: "Container", spec: `{"resources":{"memory":"1Mi"}}`},
	{says: `a mount at its target would hide the file`, why: meaning, kind: "Container", spec: `{"files":[{"path":"/data/a","content":""}]}`},
	{says: `^Duplicate value: .*`, field: `spec\.(ports|devices|networks|dependsOn)\[\d+\]`, why: "the list is atomic, so no list type says which fields are its key",
		kind: "Container", spec: `{"devices":[{"hostPath":"/dev/a"},{"hostPath":"/dev/a"}]}`},

	// x-berth-rules: fields that another's value rules out.
	{says: `may only be set with restartPolicy OnFailure`, why: moot, kind: "Container", spec: `{"restartPolicy":"Always"}`},
	{says: `the engine writes no file into a read-only root filesystem`, why: engine, kind: "Container", spec: `{"readOnlyRootFilesystem":true}`},
	{says: `may not be set with networkMode host or none`, why: moot, kind: "Container", spec: `{"networks":null,"networkMode":"none"}`},
	{says: `may not be set with containerRef: .*`, why: engine, kind: "Container", spec: `{"networks":null,"containerRef":{"name":"db"}}`},
	{says: `may not be set with update.order StartFirst`, why: "two containers cannot have it at once", kind: "Container",
		spec: `{"update":{"order":"StartFirst"}}`},
	{says: `may not be host with update.order StartFirst`, why: "two containers cannot have its ports at once", kind: "Container",
		spec: `{"networks":null,"ports":null,"networkMode":"host","update":{"order":"StartFirst"}}`},
	{says: `may only be set with type \w+`, why: moot, kind: "Container", spec: `{"mounts":[{"type":"Tmpfs","target":"/tmp","volumeOptions":{}}]}`},
	{says: `may not be set with type Tmpfs`, why: moot, kind: "Container", spec: `{"mounts":[{"type":"Tmpfs","target":"/tmp","source":"/srv"}]}`},
	{says: `host and none are no networks: .*`, why: engine, kind: "Container", spec: `{"networks":[{"name":"host"}]}`},
	{says: `default, host and none are no networks: .*`, why: engine, kind: "Network", spec: `{"networkName":"default"}`},

	{says: `^Invalid value: "array": \S+ in body must be of type string: "array"`, field: `status\.(repairs\.lastTime|startedAt|finishedAt|conditions\[\d+\]\.lastTransitionTime)`,
		why: "upstream's library takes a list for any text that has a format, which nobody could read", kind: "Container",
		spec: `{"status":{"startedAt":["2026-01-02T03:04:05Z"]}}`},
}

// ruleOf finds the rule that a cause speaks of; nil when there is none.
func ruleOf(cause metav1.StatusCause) *ownRule {
	for i, rule := range ownRules {
		if rule.message().MatchString(cause.Message) && rule.place().MatchString(cause.Field) {
			return &ownRules[i]
		}
	}
	return nil
}

var compiled = map[string]*regexp.Regexp{}

func expression(text string) *regexp.Regexp {
	if compiled[text] == nil {
		compiled[text] = regexp.MustCompile(text)
	}
	return compiled[text]
}

func (r ownRule) message() *regexp.Regexp {
	if strings.HasPrefix(r.says, "^") {
		return expression(r.says + "$")
	}
	return expression("(^|: )" + r.says + "$")
}

func (r ownRule) place() *regexp.Regexp {
	if r.field == "" {
		return expression("")
	}
	return expression("^" + r.field + "$")
}

// Each rule refuses its own case, and nothing else than the table's rules does there.
func TestSchemaValidationHasTheRulesOfItsOwnThatAreListed(t *testing.T) {
	s := connect(t)
	kinds := ourKinds(t, s)
	for i := range ownRules {
		rule := &ownRules[i]
		t.Run(rule.says, func(t *testing.T) {
			s, kind := &server{t, s.base, s.client}, kinds[rule.kind]
			admission := admissionOf(t, s, kind.definition)
			value := kind.object(t, fresh("own"))
			method, path := http.MethodPost, kind.collection
			patch := `{"spec":` + rule.spec + `}`
			if strings.HasPrefix(rule.spec, `{"status":`) {
				value = s.must(method, path, jsonBody, value)
				patch, method, path = rule.spec, http.MethodPut, path+"/"+at(value, "metadata", "name").(string)
				defer s.remove(path)
				path += "/status"
			}
			sent, err := jsonpatch.MergePatch(encode(t, value), json.RawMessage(patch))
			if err != nil {
				t.Fatal(err)
			}
			causes := causesOf(t, sent, s.do(method, path+"?dryRun=All&fieldValidation=Ignore", jsonBody, sent))
			admission.judge(sent, admission.decode(sent), causes)
			if !slices.ContainsFunc(causes, func(cause metav1.StatusCause) bool { return ruleOf(cause) == rule }) {
				t.Errorf("%s\nis not refused by it: %v", sent, causes)
			}
		})
	}
}

// Nothing in a list that is longer than it may be is looked at: a small body must not cost much.
func TestSchemaValidationStopsAtAListThatIsTooLong(t *testing.T) {
	s := connect(t)
	kind := ourKinds(t, s)["Host"]
	admission := admissionOf(t, s, kind.definition)
	value := kind.object(t, fresh("long"))
	ssh := value["spec"].(object)["ssh"].(object)
	jump := ssh["jumps"].([]any)[0]
	ssh["jumps"] = []any{jump, jump, jump, jump, object{"address": "jump"}}
	sent := encode(t, value)
	causes := causesOf(t, sent, s.do(http.MethodPost, kind.collection+"?dryRun=All", jsonBody, sent))
	if len(causes) != 1 || causes[0].Field != "spec.ssh.jumps" {
		t.Errorf("%s\nthe server says %v", sent, causes)
	}
	found := sortedKeys(admission.validate(admission.decode(sent)))
	if want := []string{"spec.ssh.jumps", "spec.ssh.jumps[4].identitySecretRef", "spec.ssh.jumps[4].user"}; !slices.Equal(found, want) {
		t.Errorf("%s\nthe library says %v", sent, found)
	}
}

// Numbers as JSON may write them.
func TestSchemaValidationReadsNumbersLikeUpstream(t *testing.T) {
	s := connect(t)
	kind := ourKinds(t, s)["Container"]
	admission := admissionOf(t, s, kind.definition)
	for _, number := range []string{"80.0", "8e1", "80.5", "-0", "-0.0", "0.8e2", "800e-1", "65536", "1e19", "9223372036854775807",
		"9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e-7"} {
		value := kind.object(t, fresh("number"))
		value["spec"].(object)["ports"] = []any{object{"containerPort": json.RawMessage(number)}}
		value["spec"].(object)["oomScoreAdj"] = json.RawMessage(number)
		value["spec"].(object)["shmSize"] = json.RawMessage(number)
		sent := encode(t, value)
		causes := causesOf(t, sent, s.do(http.MethodPost, kind.collection+"?dryRun=All", jsonBody, sent))
		admission.judge(sent, admission.decode(sent), causes)
	}
}

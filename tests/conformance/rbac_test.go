// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-helpers/auth/rbac/validation"
)

const rbacPath = "/apis/rbac.authorization.k8s.io/v1"

// target is a resource, or a subresource, as discovery names it.
type target struct {
	group, version, resource, subresource string
	apiVersion, kind                      string // of its bodies
	namespaced                            bool
	verbs                                 []string
}

// discovered is every resource that is served, with its subresources.
func discovered(t testing.TB, s *server) []target {
	t.Helper()
	var groups metav1.APIGroupList
	decodeInto(t, s.do(http.MethodGet, "/apis", "", nil).body, &groups)
	versions := []string{"v1"}
	for _, group := range groups.Groups {
		versions = append(versions, group.PreferredVersion.GroupVersion)
	}
	made := []target{}
	for _, groupVersion := range versions {
		var list metav1.APIResourceList
		decodeInto(t, s.do(http.MethodGet, root(groupVersion), "", nil).body, &list)
		at, _ := schema.ParseGroupVersion(groupVersion)
		for _, each := range list.APIResources {
			of := schema.GroupVersion{Group: each.Group, Version: each.Version}
			if each.Version == "" {
				of = at
			}
			resource, subresource, _ := strings.Cut(each.Name, "/")
			made = append(made, target{at.Group, at.Version, resource, subresource, of.String(), each.Kind, each.Namespaced, each.Verbs})
		}
	}
	if len(made) < 40 {
		t.Fatalf("discovery names %d resources", len(made))
	}
	return made
}

func root(groupVersion string) string {
	if strings.Contains(groupVersion, "/") {
		return "/apis/" + groupVersion
	}
	return "/api/" + groupVersion
}

func (r target) collection(namespace string) string {
	base := root(schema.GroupVersion{Group: r.group, Version: r.version}.String())
	if r.namespaced && namespace != "" {
		base += "/namespaces/" + namespace
	}
	return base + "/" + r.resource
}

// request is one verb as a client sends it. None of them changes anything: names do not exist, or it is a dry run.
type request struct {
	verb, method, path, contentType string
	body                            []byte
}

func (r target) requests(t testing.TB, namespace string) []request {
	thing := encode(t, object{"apiVersion": r.apiVersion, "kind": r.kind, "metadata": object{"name": "absent"}})
	all, one := r.collection(namespace), r.collection(namespace)+"/absent"
	made := all
	if r.subresource != "" {
		one += "/" + r.subresource
		made = one
	}
	known := map[string]request{
		"get":    {"get", http.MethodGet, one, "", nil},
		"list":   {"list", http.MethodGet, all, "", nil},
		"watch":  {"watch", http.MethodGet, all + "?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dabsent", "", nil},
		"create": {"create", http.MethodPost, made + "?dryRun=All", jsonBody, thing},
		"update": {"update", http.MethodPut, one + "?dryRun=All", jsonBody, thing},
		"patch":  {"patch", http.MethodPatch, one + "?dryRun=All", mergePatch, []byte(`{"metadata":{"labels":{"a":"b"}}}`)},
		"delete": {"delete", http.MethodDelete, one + "?dryRun=All", "", nil},
		"deletecollection": {"deletecollection", http.MethodDelete,
			all + "?dryRun=All&fieldSelector=metadata.name%3Dabsent", "", nil},
	}
	requests := []request{}
	for _, verb := range r.verbs {
		if sent, ok := known[verb]; ok {
			requests = append(requests, sent)
		}
	}
	return requests
}

// paths are what is no resource. Whoever may not get them is told so before anything else.
var paths = []string{"/api", "/apis", "/version", "/openapi/v2", "/openapi/v3", "/livez", "/readyz", "/healthz", "/metrics",
	"/keyring/rotate", "/nowhere"}

func pathCovered(rules []rbacv1.PolicyRule, path string) bool {
	allowed, _ := validation.Covers(rules, []rbacv1.PolicyRule{{Verbs: []string{"get"}, NonResourceURLs: []string{path}}})
	return allowed
}

// as sends a request as another user.
func (s *server) as(user string, r request) int {
	s.t.Helper()
	sent, err := http.NewRequest(r.method, s.base+r.path, strings.NewReader(string(r.body)))
	if err != nil {
		s.t.Fatal(err)
	}
	if r.contentType != "" {
		sent.Header.Set("Content-Type", r.contentType)
	}
	sent.Header.Set("Impersonate-User", user)
	response, err := s.client.Do(sent)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// wants is the rule that a request needs, for upstream's own comparison of rules.
func (r target) wants(verb string) rbacv1.PolicyRule {
	resource := r.resource
	if r.subresource != "" {
		resource += "/" + r.subresource
	}
	made := rbacv1.PolicyRule{Verbs: []string{verb}, APIGroups: []string{r.group}, Resources: []string{resource}}
	named := verb == "get" || verb == "update" || verb == "patch" || verb == "delete"
	if named || r.subresource != "" {
		made.ResourceNames = []string{"absent"}
	}
	return made
}

// madeByUpdate is whether upstream makes what an update does not find, for which the right to create is needed, too.
func (r target) madeByUpdate() bool {
	return r.subresource == "" && (r.group == rbacv1.GroupName || r.resource == "leases" || r.resource == "events")
}

// covered asks the library. Whoever may get and operate an object may begin a change of it: our one addition to the
// verbs.
func (r target) covered(rules []rbacv1.PolicyRule, verb string) bool {
	wanted := []rbacv1.PolicyRule{r.wants(verb)}
	if verb == "update" && r.madeByUpdate() {
		create := r.wants("create")
		create.ResourceNames = []string{"absent"}
		wanted = append(wanted, create)
	}
	allowed, _ := validation.Covers(rules, wanted)
	acts := r.group == "berth.dev" && (r.resource == "containers" || r.resource == "composestacks") && r.subresource == ""
	if !allowed && acts && (verb == "update" || verb == "patch") {
		operate := r.wants(verb)
		operate.Verbs = []string{"get", "operate"}
		allowed, _ = validation.Covers(rules, []rbacv1.PolicyRule{operate})
	}
	return allowed
}

func clusterRoles(t testing.TB, s *server) map[string][]rbacv1.PolicyRule {
	t.Helper()
	var list rbacv1.ClusterRoleList
	got := s.do(http.MethodGet, rbacPath+"/clusterroles", "", nil)
	if got.code != http.StatusOK {
		t.Fatalf("%d %s", got.code, got.body)
	}
	decodeInto(t, got.body, &list)
	made := map[string][]rbacv1.PolicyRule{}
	for _, role := range list.Items {
		made[role.Name] = role.Rules
	}
	return made
}

// everyones is what whoever is authenticated may do.
func everyones(t testing.TB, s *server, roles map[string][]rbacv1.PolicyRule) []rbacv1.PolicyRule {
	t.Helper()
	var list rbacv1.ClusterRoleBindingList
	decodeInto(t, s.do(http.MethodGet, rbacPath+"/clusterrolebindings", "", nil).body, &list)
	made := []rbacv1.PolicyRule{}
	for _, binding := range list.Items {
		for _, subject := range binding.Subjects {
			if subject.Kind == "Group" && subject.Name == "system:authenticated" {
				made = append(made, roles[binding.RoleRef.Name]...)
			}
		}
	}
	return made
}

// customRoles are beside those that the server brings: a name, a group, a subresource and a wildcard each.
func customRoles() map[string][]rbacv1.PolicyRule {
	return map[string][]rbacv1.PolicyRule{
		"named":     {{Verbs: []string{"get", "delete"}, APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"absent"}}},
		"other":     {{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"else"}}},
		"group":     {{Verbs: []string{"*"}, APIGroups: []string{"berth.dev"}, Resources: []string{"*"}}},
		"wide":      {{Verbs: []string{"get", "list"}, APIGroups: []string{"*"}, Resources: []string{"*"}}},
		"part":      {{Verbs: []string{"*"}, APIGroups: []string{"berth.dev"}, Resources: []string{"containers/status", "*/log"}}},
		"watchonly": {{Verbs: []string{"watch"}, APIGroups: []string{"", "coordination.k8s.io"}, Resources: []string{"configmaps", "leases"}}},
	}
}

func TestEveryVerbOfEveryRoleLikeUpstream(t *testing.T) {
	s := connect(t)
	roles := clusterRoles(t, s)
	if len(roles) < 5 {
		t.Fatalf("the server brings %d ClusterRoles", len(roles))
	}
	for name, rules := range customRoles() {
		name = fresh("matrix-" + name)
		s.must(http.MethodPost, rbacPath+"/clusterroles", jsonBody, object{"apiVersion": "rbac.authorization.k8s.io/v1",
			"kind": "ClusterRole", "metadata": object{"name": name}, "rules": rules})
		defer s.remove(rbacPath + "/clusterroles/" + name)
		roles[name] = rules
	}
	namespace := fresh("matrix")
	s.must(http.MethodPost, "/api/v1/namespaces", jsonBody, object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}})
	defer s.remove("/api/v1/namespaces/" + namespace)

	common, targets := everyones(t, s, roles), discovered(t, s)
	for role, rules := range roles {
		everywhere, inside := fresh("everywhere"), fresh("inside")
		bind(s, rbacPath+"/clusterrolebindings", "ClusterRoleBinding", everywhere, role)
		bind(s, rbacPath+"/namespaces/"+namespace+"/rolebindings", "RoleBinding", inside, role)
		defer s.remove(rbacPath + "/clusterrolebindings/" + everywhere)
		for _, path := range paths {
			sent := request{"get", http.MethodGet, path, "", nil}
			expect(s, everywhere, role, sent, pathCovered(append(rules, common...), path))
			expect(s, inside, role, sent, pathCovered(common, path))
		}
		for _, r := range targets {
			where := ""
			if r.namespaced {
				where = namespace
			}
			for _, sent := range r.requests(t, where) {
				anyway, allowed := r.covered(common, sent.verb), r.covered(append(rules, common...), sent.verb)
				expect(s, everywhere, role, sent, allowed)
				expect(s, inside, role, sent, anyway || allowed && r.namespaced)
				if r.namespaced {
					for _, other := range r.requests(t, "default") {
						if other.verb == sent.verb {
							expect(s, inside, role, other, anyway)
						}
					}
				}
				expect(s, "nobody", "no role", sent, anyway)
			}
		}
	}
}

func bind(s *server, path, kind, user, role string) {
	s.t.Helper()
	s.must(http.MethodPost, path, jsonBody, object{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
		"metadata": object{"name": user},
		"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
		"subjects": []any{object{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}}})
}

// expect holds the answer against the rules. A binding is seen at once or soon after, so a first "no" is asked again.
func expect(s *server, user, role string, sent request, allowed bool) {
	s.t.Helper()
	code := s.as(user, sent)
	for until := time.Now().Add(2 * time.Second); allowed && code == http.StatusForbidden && time.Now().Before(until); {
		code = s.as(user, sent)
	}
	// An update or create of a role may be refused as an escalation although the verb is allowed.
	escalation := strings.Contains(sent.path, "role") && (sent.method == http.MethodPost || sent.method == http.MethodPut)
	if (code != http.StatusForbidden) != allowed && !(allowed && escalation) {
		s.t.Errorf("%s with role %s: %s %s: %d, allowed by the rules: %v", user, role, sent.verb, sent.path, code, allowed)
	}
}

func TestAnonymousSeesHealthAlone(t *testing.T) {
	admin := connect(t)
	made := config(t)
	made.TLSClientConfig.CertData, made.TLSClientConfig.KeyData = nil, nil
	s := &server{t, admin.base, anonymous(t, made)}
	refused := 0
	refuse := func(sent request) {
		t.Helper()
		got := s.do(sent.method, sent.path, sent.contentType, sent.body)
		// A stranger's first hundred of a minute are 401; whoever goes on has to wait.
		waits := refused >= 100 && got.code == http.StatusTooManyRequests && got.header.Get("Retry-After") != ""
		if got.code != http.StatusUnauthorized && !waits {
			t.Errorf("%s %s, after %d others: %d %s", sent.method, sent.path, refused, got.code, got.body)
		}
		refused++
	}
	for _, r := range discovered(t, admin) {
		for _, sent := range r.requests(t, "default") {
			refuse(sent)
		}
	}
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		if got := s.do(http.MethodGet, path, "", nil); got.code != http.StatusOK {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	for _, path := range []string{"/api", "/apis", "/openapi/v2", "/openapi/v3", "/metrics", "/apis/berth.dev/v1", "/nowhere"} {
		refuse(request{method: http.MethodGet, path: path})
	}
}

func TestNobodyGrantsWhatTheyDoNotHold(t *testing.T) {
	s := connect(t)
	user, role := fresh("grantor"), fresh("grantor")
	s.must(http.MethodPost, rbacPath+"/clusterroles", jsonBody, object{"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind": "ClusterRole", "metadata": object{"name": role}, "rules": []any{
			object{"apiGroups": []any{"rbac.authorization.k8s.io"}, "resources": []any{"*"}, "verbs": []any{"create", "update", "get"}},
			object{"apiGroups": []any{""}, "resources": []any{"configmaps"}, "verbs": []any{"get", "list"}}}})
	bind(s, rbacPath+"/clusterrolebindings", "ClusterRoleBinding", user, role)
	roleOf := func(rules ...any) []byte {
		return encode(t, object{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
			"metadata": object{"name": fresh("granted")}, "rules": rules})
	}
	try := func(want int, rules ...any) {
		t.Helper()
		sent := request{"create", http.MethodPost, rbacPath + "/namespaces/default/roles?dryRun=All", jsonBody, roleOf(rules...)}
		code := s.as(user, sent)
		for until := time.Now().Add(2 * time.Second); code != want && time.Now().Before(until); {
			code = s.as(user, sent)
		}
		if code != want {
			t.Errorf("%s: %d, not %d", sent.body, code, want)
		}
	}
	rule := func(resource, verb string) object {
		return object{"apiGroups": []any{""}, "resources": []any{resource}, "verbs": []any{verb}}
	}
	try(http.StatusCreated, rule("configmaps", "get"))
	try(http.StatusForbidden, rule("secrets", "get"))
	try(http.StatusForbidden, rule("configmaps", "*"))
	try(http.StatusForbidden, rule("configmaps", "get"), rule("secrets", "get"))
	for _, want := range []struct {
		role string
		code int
	}{{role, http.StatusCreated}, {"cluster-admin", http.StatusForbidden}} {
		body := encode(t, object{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
			"metadata": object{"name": fresh("granted")},
			"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": want.role},
			"subjects": []any{object{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}}})
		sent := request{"create", http.MethodPost, rbacPath + "/clusterrolebindings?dryRun=All", jsonBody, body}
		if code := s.as(user, sent); code != want.code {
			t.Errorf("binding %s: %d, not %d", want.role, code, want.code)
		}
	}
	s.remove(fmt.Sprintf("%s/clusterrolebindings/%s", rbacPath, user))
	s.remove(fmt.Sprintf("%s/clusterroles/%s", rbacPath, role))
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// reading is what kstatus made of one version of an object.
type reading struct {
	status  status.Status
	message string
	object  *unstructured.Unstructured
}

func readStatus(t testing.TB, thing *unstructured.Unstructured) reading {
	t.Helper()
	made, err := status.Compute(thing)
	if err != nil {
		t.Fatalf("%v of %s", err, encode(t, thing.Object))
	}
	return reading{made.Status, made.Message, thing}
}

// observed says whether the status speaks of this generation.
func (r reading) observed() bool {
	generation, _, _ := unstructured.NestedInt64(r.object.Object, "status", "observedGeneration")
	return generation == r.object.GetGeneration()
}

func (r reading) health() string {
	health, _, _ := unstructured.NestedString(r.object.Object, "status", "health")
	return health
}

// truthful holds a reading against the facts of the same version, whatever its conditions say: nobody may be told that
// it is done while the engine has nothing of it, or that it failed while it runs.
func (r reading) truthful(t testing.TB) {
	t.Helper()
	phase, _, _ := unstructured.NestedString(r.object.Object, "status", "phase")
	wrong := func(why string) { t.Errorf("%s (%s): %s: %s", r.status, r.message, why, encode(t, r.object.Object)) }
	if (r.object.GetDeletionTimestamp() != nil) != (r.status == status.TerminatingStatus) {
		wrong("Terminating is what has a deletionTimestamp")
	}
	switch r.status {
	case status.CurrentStatus:
		if !r.observed() {
			wrong("of another generation")
		}
		if !slices.Contains([]string{"Running", "Stopped", "Succeeded", "Paused"}, phase) {
			wrong("phase " + phase)
		}
	case status.FailedStatus:
		if !r.observed() {
			wrong("of another generation")
		}
	}
}

// course follows one object from version to version.
type course struct {
	t       testing.TB
	ctx     context.Context
	things  dynamic.ResourceInterface
	name    string
	watcher watch.Interface
}

// follow creates a Container, what is read of it at every version, and removes it at the end.
func follow(t testing.TB, ctx context.Context, spec object) *course {
	t.Helper()
	c := &course{t: t, ctx: ctx, things: dynamicClient(t).Resource(containerResource).Namespace("default"), name: fresh("kstatus")}
	thing := suspended(c.name)
	thing.Object["spec"] = spec
	made := must[*unstructured.Unstructured](t)(c.things.Create(ctx, thing, metav1.CreateOptions{}))
	if got := readStatus(t, made); got.status != status.InProgressStatus {
		t.Errorf("just created: %s: %s", got.status, encode(t, made.Object))
	}
	c.watcher = must[watch.Interface](t)(c.things.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + c.name, ResourceVersion: made.GetResourceVersion()}))
	t.Cleanup(c.remove)
	return c
}

// until reads each version up to the first with the status that is waited for, of which all the rest holds.
func (c *course) until(wanted status.Status, rest ...func(reading) bool) reading {
	c.t.Helper()
	last := reading{object: &unstructured.Unstructured{}}
	for {
		select {
		case event := <-c.watcher.ResultChan():
			thing, ok := event.Object.(*unstructured.Unstructured)
			if !ok || event.Type == watch.Error || event.Type == watch.Deleted {
				c.t.Fatalf("%s while %s was waited for: %+v", event.Type, wanted, event.Object)
			}
			last = readStatus(c.t, thing)
			last.truthful(c.t)
			if last.status == wanted && !slices.ContainsFunc(rest, func(holds func(reading) bool) bool { return !holds(last) }) {
				return last
			}
		case <-c.ctx.Done():
			c.t.Fatalf("no %s; last: %s (%s): %s", wanted, last.status, last.message, encode(c.t, last.object.Object))
		}
	}
}

// change patches the object; what is told at once is of a generation that nobody has seen yet.
func (c *course) change(patch string) {
	c.t.Helper()
	made := must[*unstructured.Unstructured](c.t)(c.things.Patch(c.ctx, c.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))
	if got := readStatus(c.t, made); got.status != status.InProgressStatus {
		c.t.Errorf("just changed: %s: %s", got.status, encode(c.t, made.Object))
	}
	c.after(made.GetResourceVersion())
}

// after passes over the versions before the given one.
func (c *course) after(version string) {
	c.t.Helper()
	for event := range c.watcher.ResultChan() {
		if thing, ok := event.Object.(*unstructured.Unstructured); ok && thing.GetResourceVersion() == version {
			readStatus(c.t, thing).truthful(c.t)
			return
		}
	}
	c.t.Fatalf("the watch ended before version %s", version)
}

func (c *course) remove() {
	c.watcher.Stop()
	ctx := context.WithoutCancel(c.ctx)
	if err := c.things.Delete(ctx, c.name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		c.t.Error(err)
	}
	eventually(c.t, "the end of "+c.name, func() bool {
		_, err := c.things.Get(ctx, c.name, metav1.GetOptions{})
		return err != nil
	})
}

// ready is its condition Ready as "True Running".
func (r reading) ready() string {
	conditions, _, _ := unstructured.NestedSlice(r.object.Object, "status", "conditions")
	for _, each := range conditions {
		if condition := each.(object); condition["type"] == "Ready" {
			return fmt.Sprint(condition["status"], " ", condition["reason"])
		}
	}
	return "absent"
}

func isReady(wanted string) func(reading) bool {
	return func(r reading) bool { return r.ready() == wanted }
}

func sleeping() object {
	return object{"host": "local", "image": "busybox:test", "command": []any{"sleep", "100000"}, "stopTimeout": 1}
}

func with(spec object, key string, value any) object {
	spec[key] = value
	return spec
}

func TestKstatusOfARunningContainer(t *testing.T) {
	c := follow(t, soon(t), sleeping())
	c.until(status.CurrentStatus, isReady("True Running"))
	// Another command is another container: in progress until the new one runs.
	c.change(`{"spec":{"command":["sleep","200000"]}}`)
	c.until(status.CurrentStatus, isReady("True Running"))
	c.change(`{"spec":{"desiredState":"Stopped"}}`)
	c.until(status.CurrentStatus, isReady("True Stopped"))
}

func TestKstatusOfOneShots(t *testing.T) {
	ctx := soon(t)
	shot := func(command string) object {
		return object{"host": "local", "image": "busybox:test", "command": []any{"sh", "-c", command}, "restartPolicy": "Never"}
	}
	// While it runs it is Current, too.
	follow(t, ctx, shot("exit 0")).until(status.CurrentStatus, isReady("True Completed"))
	c := follow(t, ctx, shot("exit 3"))
	c.until(status.FailedStatus, isReady("False Failed"))
	c.change(`{"spec":{"command":["true"]}}`)
	c.until(status.CurrentStatus, isReady("True Completed"))
}

// What waits for something that may come is in progress, and goes on by itself.
func TestKstatusOfWhatWaits(t *testing.T) {
	ctx := soon(t)
	name := fresh("kstatus-config")
	c := follow(t, ctx, with(sleeping(), "envFrom", []any{object{"configMapRef": object{"name": name}}}))
	c.until(status.InProgressStatus, reading.observed)
	maps := typed(t).CoreV1().ConfigMaps("default")
	must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"A": "1"}}, metav1.CreateOptions{}))
	c.until(status.CurrentStatus, isReady("True Running"))
	if err := maps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func TestKstatusOfHealth(t *testing.T) {
	c := follow(t, soon(t), with(sleeping(), "healthcheck", object{
		"test": []any{"CMD", "test", "-e", "/tmp/healthy"}, "interval": "1s", "retries": 100}))
	c.until(status.InProgressStatus, func(r reading) bool { return r.health() == "starting" })
	c.change(`{"spec":{"healthcheck":{"test":["CMD","true"]}}}`)
	healthy := c.until(status.CurrentStatus, isReady("True Running"))
	if healthy.health() != "healthy" {
		t.Errorf("Current while %q", healthy.health())
	}
}

func TestKstatusOfAFailedUpdate(t *testing.T) {
	c := follow(t, soon(t), sleeping())
	c.until(status.CurrentStatus)
	c.change(`{"spec":{"command":["/no/such/program"]}}`)
	c.until(status.FailedStatus)
	c.change(`{"spec":{"command":["sleep","300000"]}}`)
	c.until(status.CurrentStatus, isReady("True Running"))
}

func TestKstatusOfWhatEnds(t *testing.T) {
	ctx := soon(t)
	c := follow(t, ctx, sleeping())
	c.until(status.CurrentStatus)
	made := must[*unstructured.Unstructured](t)(c.things.Patch(ctx, c.name, types.MergePatchType, []byte(`{"metadata":{"finalizers":["berth.dev/engine","example.dev/kept"]}}`), metav1.PatchOptions{}))
	c.after(made.GetResourceVersion())
	if err := c.things.Delete(ctx, c.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	// Also when nothing of it is left on the engine.
	c.until(status.TerminatingStatus, func(r reading) bool { return len(r.object.GetFinalizers()) == 1 })
	must[*unstructured.Unstructured](t)(c.things.Patch(ctx, c.name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}))
}

// Kinds without a controller of their own are what they say at once; a Host is while its engine answers.
func TestKstatusOfOtherKinds(t *testing.T) {
	s := connect(t)
	for path, wanted := range map[string]status.Status{
		"/api/v1/namespaces/default":                                              status.CurrentStatus,
		"/api/v1/namespaces/default/serviceaccounts/default":                      status.CurrentStatus,
		"/apis/berth.dev/v1/hosts/local":                                          status.CurrentStatus,
		"/apis/rbac.authorization.k8s.io/v1/clusterroles/view":                    status.CurrentStatus,
		"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/hosts.berth.dev": status.CurrentStatus,
	} {
		got := s.do(http.MethodGet, path, "", nil)
		thing := &unstructured.Unstructured{}
		if err := thing.UnmarshalJSON(got.body); err != nil {
			t.Fatalf("%s: %v: %s", path, err, got.body)
		}
		if read := readStatus(t, thing); read.status != wanted {
			t.Errorf("%s: %s (%s): %s", path, read.status, read.message, got.body)
		}
	}
}

func TestKstatusOfAHostThatIsAway(t *testing.T) {
	ctx := soon(t)
	hosts := dynamicClient(t).Resource(containerResource.GroupVersion().WithResource("hosts"))
	name := fresh("away")
	made := must[*unstructured.Unstructured](t)(hosts.Create(ctx, &unstructured.Unstructured{Object: object{"apiVersion": "berth.dev/v1", "kind": "Host",
		"metadata": object{"name": name}, "spec": object{"local": object{"socket": "/nonexistent/docker.sock"}}}}, metav1.CreateOptions{}))
	if got := readStatus(t, made); got.status != status.InProgressStatus {
		t.Errorf("just created: %s", got.status)
	}
	var last reading
	eventually(t, "a host that is seen to be away", func() bool {
		last = readStatus(t, must[*unstructured.Unstructured](t)(hosts.Get(ctx, name, metav1.GetOptions{})))
		return last.observed()
	})
	if last.status != status.InProgressStatus {
		t.Error(fmt.Sprint(last.status), string(encode(t, last.object.Object)))
	}
	if err := hosts.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

// What is on an engine beside containers, and what is asked elsewhere, by the same rule: nobody is told that it is done
// before it is, and what does not answer yet is in progress.
func TestKstatusOfNetworksVolumesAndRegistries(t *testing.T) {
	ctx := soon(t)
	for _, each := range []struct {
		resource, kind string
		spec           object
		wanted         status.Status
		ready          string
	}{
		{"networks", "Network", object{"host": "local"}, status.CurrentStatus, "True"},
		{"volumes", "Volume", object{"host": "local"}, status.CurrentStatus, "True"},
		{"registries", "Registry", object{"server": "127.0.0.1:1"}, status.InProgressStatus, "False Unreachable"},
	} {
		t.Run(each.kind, func(t *testing.T) {
			things := dynamicClient(t).Resource(containerResource.GroupVersion().WithResource(each.resource)).Namespace("default")
			name := fresh("kstatus")
			made := must[*unstructured.Unstructured](t)(things.Create(ctx, &unstructured.Unstructured{Object: object{
				"apiVersion": "berth.dev/v1", "kind": each.kind, "metadata": object{"name": name}, "spec": each.spec}}, metav1.CreateOptions{}))
			if got := readStatus(t, made); got.status != status.InProgressStatus {
				t.Errorf("just created: %s: %s", got.status, encode(t, made.Object))
			}
			var last reading
			eventually(t, each.kind+" "+each.ready, func() bool {
				last = readStatus(t, must[*unstructured.Unstructured](t)(things.Get(ctx, name, metav1.GetOptions{})))
				if last.status == status.CurrentStatus && !last.observed() {
					t.Errorf("Current of another generation: %s", encode(t, last.object.Object))
				}
				return last.observed() && strings.HasPrefix(last.ready(), each.ready)
			})
			if last.status != each.wanted {
				t.Errorf("%s (%s): %s", last.status, last.message, encode(t, last.object.Object))
			}
			if err := things.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the end of "+name, func() bool {
				thing, err := things.Get(ctx, name, metav1.GetOptions{})
				if err == nil {
					if got := readStatus(t, thing); got.status != status.TerminatingStatus {
						t.Errorf("being deleted: %s", got.status)
					}
				}
				return apierrors.IsNotFound(err)
			})
		})
	}
}

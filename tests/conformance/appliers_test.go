// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// applier is one manager of an object that others manage, too: it has fields of its own and fields that all want.
type applier struct {
	index  int
	force  bool
	name   string
	things dynamic.ResourceInterface
	shared string // its mind about what all want
}

func (a *applier) manager() string { return fmt.Sprintf("applier-%d", a.index) }

// wants is a whole configuration: of its own a label, a variable, and while it is undecided another of each.
func (a *applier) wants(own string, undecided bool) object {
	environment := []any{object{"name": fmt.Sprintf("OWN_%d", a.index), "value": own}, object{"name": "SHARED", "value": a.shared}}
	labels := object{fmt.Sprintf("own-%d", a.index): own, "shared": a.shared}
	if undecided {
		environment = append(environment, object{"name": fmt.Sprintf("UNDECIDED_%d", a.index), "value": own})
		labels[fmt.Sprintf("undecided-%d", a.index)] = own
	}
	made := suspended(a.name).Object
	made["metadata"].(object)["labels"] = labels
	made["spec"].(object)["env"] = environment
	made["spec"].(object)["workingDir"] = "/" + a.shared
	return made
}

func (a *applier) apply(ctx context.Context, configuration object) (*unstructured.Unstructured, error) {
	return a.things.Apply(ctx, a.name, &unstructured.Unstructured{Object: configuration}, metav1.ApplyOptions{FieldManager: a.manager(), Force: a.force})
}

// settle applies until it is taken. Who does not force takes over, of what all want, what another has made of it.
func (a *applier) settle(ctx context.Context, own string, undecided bool) error {
	for {
		_, err := a.apply(ctx, a.wants(own, undecided))
		if !apierrors.IsConflict(err) {
			return err
		}
		live, err := a.things.Get(ctx, a.name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		a.shared = live.GetLabels()["shared"]
	}
}

// changeMind applies one configuration after another, all different.
func (a *applier) changeMind(ctx context.Context, random *rand.Rand, times int) error {
	for range times {
		a.shared = fmt.Sprintf("mind-%d", random.Intn(1000))
		if err := a.settle(ctx, fmt.Sprint(random.Intn(1000)), random.Intn(2) == 0); err != nil {
			return fmt.Errorf("%s: %w", a.manager(), err)
		}
	}
	return nil
}

// together runs one task for each applier and waits for all.
func together(t testing.TB, appliers []*applier, task func(*applier) error) {
	t.Helper()
	var running sync.WaitGroup
	for _, each := range appliers {
		running.Go(func() {
			if err := task(each); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// statusWriter is somebody's controller of Containers: it says of each which generation it has seen.
type statusWriter struct {
	client.Client
	reconciled func(string)
}

func statusOf(thing *unstructured.Unstructured) object {
	image, _, _ := unstructured.NestedString(thing.Object, "spec", "image")
	return object{"observedGeneration": thing.GetGeneration(), "phase": "Running", "specHash": image}
}

func (w *statusWriter) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	thing := container()
	if err := w.Get(ctx, request.NamespacedName, thing); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	defer w.reconciled(thing.GetResourceVersion())
	thing.Object["status"] = statusOf(thing)
	err := w.Status().Update(ctx, thing, &client.SubResourceUpdateOptions{UpdateOptions: client.UpdateOptions{FieldManager: "status-writer"}})
	if apierrors.IsConflict(err) {
		return ctrl.Result{Requeue: true}, nil
	}
	return ctrl.Result{}, err
}

// runStatusWriter starts the controller; the answer says up to which version of the object it is.
func runStatusWriter(t testing.TB, name string) func() string {
	t.Helper()
	manager, err := ctrl.NewManager(config(t), ctrl.Options{Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{"default": {}}}})
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	seen := ""
	writer := &statusWriter{manager.GetClient(), func(version string) {
		mutex.Lock()
		defer mutex.Unlock()
		seen = version
	}}
	err = ctrl.NewControllerManagedBy(manager).Named(name).For(container()).WithOptions(controller.Options{MaxConcurrentReconciles: 1}).Complete(writer)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() string {
		mutex.Lock()
		defer mutex.Unlock()
		return seen
	}
}

// byName orders a list of variables: whose came first is history.
func byName(list any) map[string]any {
	made := map[string]any{}
	entries, _ := list.([]any)
	for _, each := range entries {
		made[each.(object)["name"].(string)] = each.(object)["value"]
	}
	return made
}

func TestAppliersAndAControllerSettle(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	random, s, name := dice(t), connect(t), fresh("settled")
	things := dynamicClient(t).Resource(containerResource).Namespace("default")
	appliers := make([]*applier, 10)
	minds := make([]*rand.Rand, len(appliers))
	for i := range appliers {
		appliers[i] = &applier{index: i, force: i%2 == 0, name: name, things: things}
		minds[i] = rand.New(rand.NewSource(random.Int63()))
	}
	seen := runStatusWriter(t, name)
	together(t, appliers, func(a *applier) error { return a.changeMind(ctx, minds[a.index], 10) })

	// They decide. Whoever forces has the same mind about what all want; the others follow.
	for _, each := range appliers {
		each.shared = "agreed"
	}
	together(t, appliers, func(a *applier) error { return a.settle(ctx, "decided", false) })
	// A follower may have taken over what another made of it before.
	together(t, appliers, func(a *applier) error {
		a.shared = "agreed"
		return a.settle(ctx, "decided", false)
	})
	var settled *unstructured.Unstructured
	eventually(t, "the controller has seen the last of it", func() bool {
		version := seen() // asked first: what it has written about that version is in the answer below
		settled = must[*unstructured.Unstructured](t)(things.Get(ctx, name, metav1.GetOptions{}))
		return version == settled.GetResourceVersion()
	})

	// From here on everybody says again what they said.
	together(t, appliers, func(a *applier) error {
		for range 20 {
			made, err := a.apply(ctx, a.wants("decided", false))
			if err == nil && made.GetResourceVersion() != settled.GetResourceVersion() {
				err = fmt.Errorf("%s moved it from %s to %s", a.manager(), settled.GetResourceVersion(), made.GetResourceVersion())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	again := settled.DeepCopy()
	again.Object["status"] = statusOf(settled)
	again = must[*unstructured.Unstructured](t)(things.UpdateStatus(ctx, again, metav1.UpdateOptions{FieldManager: "status-writer"}))
	if again.GetResourceVersion() != settled.GetResourceVersion() {
		t.Errorf("the same status moved it from %s to %s", settled.GetResourceVersion(), again.GetResourceVersion())
	}

	// The same minds, applied one after another by the library, which has no history.
	oracle := containerManager(t, s)
	for _, each := range appliers {
		if err := oracle.apply(each.wants("decided", false), each.manager(), true); err != nil {
			t.Fatal(err)
		}
	}
	// The server gives a new object a status, which has no manager.
	oracle.live.Object["status"] = object{"observedGeneration": int64(0)}
	if err := oracle.updateStatus(object{"status": statusOf(settled)}, "status-writer"); err != nil {
		t.Fatal(err)
	}
	want, have := clone(t, oracle.live.Object), clone(t, settled.Object)
	if want, have := owners(t, want), owners(t, have); !reflect.DeepEqual(want, have) {
		t.Errorf("managedFields: want %s\nhave %s", encode(t, want), encode(t, have))
	}
	if want, have := byName(at(want, "spec", "env")), byName(at(have, "spec", "env")); !reflect.DeepEqual(want, have) {
		t.Errorf("env: want %v, have %v", want, have)
	}
	delete(want["spec"].(object), "env")
	delete(have["spec"].(object), "env")
	for _, path := range [][]string{{"metadata", "labels"}, {"spec"}, {"status"}} {
		if want, have := at(want, path...), at(have, path...); !reflect.DeepEqual(want, have) {
			t.Errorf("%v: want %s\nhave %s", path, encode(t, want), encode(t, have))
		}
	}
	s.do(http.MethodPatch, containers+"/"+name, mergePatch, []byte(`{"metadata":{"finalizers":null}}`))
	s.remove(containers + "/" + name)
}

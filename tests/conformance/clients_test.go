// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	toolswatch "k8s.io/client-go/tools/watch"
	"k8s.io/client-go/util/retry"
)

var containerResource = schema.GroupVersionResource{Group: "berth.dev", Version: "v1", Resource: "containers"}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// typed speaks protobuf, as upstream's own components do.
func typed(t testing.TB) *kubernetes.Clientset {
	t.Helper()
	made := config(t)
	made.ContentType = runtime.ContentTypeProtobuf
	made.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	client, err := kubernetes.NewForConfig(made)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func dynamicClient(t testing.TB) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(config(t))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	within(t, 20*time.Second, what, holds)
}

func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s did not come about in %v", what, limit)
}

func TestTypedClientSpeaksProtobuf(t *testing.T) {
	ctx, maps := soon(t), typed(t).CoreV1().ConfigMaps("default")
	name := fresh("typed")
	made := must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"a": "b"}},
		Data: map[string]string{"k": "v"}, BinaryData: map[string][]byte{"b": {0, 1, 255}}}, metav1.CreateOptions{}))
	if made.UID == "" || made.ResourceVersion == "" || made.Data["k"] != "v" || string(made.BinaryData["b"]) != "\x00\x01\xff" {
		t.Fatalf("%+v", made)
	}
	made.Data["k"] = "w"
	updated := must[*corev1.ConfigMap](t)(maps.Update(ctx, made, metav1.UpdateOptions{}))
	if updated.Data["k"] != "w" || updated.ResourceVersion == made.ResourceVersion {
		t.Fatalf("%+v", updated)
	}
	if _, err := maps.Update(ctx, made, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Fatalf("an update of an old version: %v", err)
	}
	patched := must[*corev1.ConfigMap](t)(maps.Patch(ctx, name, types.StrategicMergePatchType, []byte(`{"data":{"k":null,"n":"1"}}`), metav1.PatchOptions{}))
	if len(patched.Data) != 1 || patched.Data["n"] != "1" {
		t.Fatalf("%+v", patched)
	}
	applied := must[*corev1.ConfigMap](t)(maps.Apply(ctx, applycorev1.ConfigMap(name, "default").WithData(map[string]string{"s": "1"}), metav1.ApplyOptions{FieldManager: "typed"}))
	if len(applied.Data) != 2 || len(applied.ManagedFields) == 0 {
		t.Fatalf("%+v", applied)
	}
	list := must[*corev1.ConfigMapList](t)(maps.List(ctx, metav1.ListOptions{LabelSelector: "a=b", FieldSelector: "metadata.name=" + name}))
	if len(list.Items) != 1 || list.ResourceVersion == "" {
		t.Fatalf("%+v", list)
	}
	uid := types.UID("another")
	if err := maps.Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}); !apierrors.IsConflict(err) {
		t.Fatalf("a delete of another uid: %v", err)
	}
	if err := maps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maps.Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

func TestTypedErrorsAreUpstreams(t *testing.T) {
	ctx, client := soon(t), typed(t)
	maps := client.CoreV1().ConfigMaps("default")
	name := fresh("errors")
	thing := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
	must[*corev1.ConfigMap](t)(maps.Create(ctx, thing, metav1.CreateOptions{}))
	if _, err := maps.Create(ctx, thing, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Error(err)
	}
	if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "Not_A_Name"}}, metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Error(err)
	}
	if _, err := client.CoreV1().ConfigMaps("absent").Create(ctx, thing, metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
	if err := maps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func TestGenerateNameAndDryRun(t *testing.T) {
	ctx, maps := soon(t), typed(t).CoreV1().ConfigMaps("default")
	prefix := fresh("generated") + "-"
	first := must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix}}, metav1.CreateOptions{}))
	if len(first.Name) != len(prefix)+5 {
		t.Errorf("%q", first.Name)
	}
	dry := must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix}}, metav1.CreateOptions{DryRun: []string{"All"}}))
	if _, err := maps.Get(ctx, dry.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
	if err := maps.Delete(ctx, first.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func suspended(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{"apiVersion": "berth.dev/v1", "kind": "Container",
		"metadata": object{"name": name, "namespace": "default"},
		"spec":     object{"host": "local", "image": "web:1", "suspend": true}}}
}

func TestDynamicClient(t *testing.T) {
	ctx, things := soon(t), dynamicClient(t).Resource(containerResource).Namespace("default")
	name := fresh("dynamic")
	made := must[*unstructured.Unstructured](t)(things.Create(ctx, suspended(name), metav1.CreateOptions{}))
	if made.GetGeneration() != 1 {
		t.Errorf("generation %d", made.GetGeneration())
	}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		live, err := things.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := unstructured.SetNestedField(live.Object, "web:2", "spec", "image"); err != nil {
			return err
		}
		made, err = things.Update(ctx, live, metav1.UpdateOptions{})
		return err
	})
	if err != nil || made.GetGeneration() != 2 {
		t.Errorf("%v, generation %d", err, made.GetGeneration())
	}
	applied := must[*unstructured.Unstructured](t)(things.Apply(ctx, name, suspended(name), metav1.ApplyOptions{FieldManager: "dynamic", Force: true}))
	if image, _, _ := unstructured.NestedString(applied.Object, "spec", "image"); image != "web:1" {
		t.Error(image)
	}
	if err := things.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	eventually(t, "the end of the container", func() bool {
		_, err := things.Get(ctx, name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

func TestDiscoveryClient(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(config(t))
	groups, lists, err := client.ServerGroupsAndResources()
	if err != nil || len(groups) < 4 {
		t.Fatal(err, groups)
	}
	found := map[string]bool{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			found[list.GroupVersion+"/"+resource.Name] = true
		}
	}
	for _, want := range []string{"v1/configmaps", "v1/secrets", "v1/namespaces", "v1/serviceaccounts", "v1/events", "berth.dev/v1/containers",
		"berth.dev/v1/containers/status", "berth.dev/v1/hosts", "coordination.k8s.io/v1/leases", "rbac.authorization.k8s.io/v1/roles"} {
		if !found[want] {
			t.Errorf("%s is not discovered", want)
		}
	}
	must[any](t)(client.ServerVersion())
	if document := must[any](t)(client.OpenAPISchema()); document == nil {
		t.Error("no OpenAPI v2")
	}
	paths, err := client.OpenAPIV3().Paths()
	if err != nil || paths["apis/berth.dev/v1"] == nil {
		t.Errorf("%v: %v", err, paths)
	}
}

// Both ways in: WatchList, which streams the first list, and list+watch.
func TestInformers(t *testing.T) {
	client := typed(t)
	ctx := soon(t)
	name := fresh("informed")
	maps := client.CoreV1().ConfigMaps("default")
	for i := range 20 {
		must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", name, i), Labels: map[string]string{"informed": name}}}, metav1.CreateOptions{}))
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace("default"),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = "informed=" + name }))
	informer := factory.Core().V1().ConfigMaps()
	var added, updated, deleted atomic.Int64
	must[cache.ResourceEventHandlerRegistration](t)(informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { added.Add(1) },
		UpdateFunc: func(before, after any) { updated.Add(1) },
		DeleteFunc: func(any) { deleted.Add(1) },
	}))
	stop := make(chan struct{})
	defer func() { close(stop); factory.Shutdown() }()
	factory.Start(stop)
	if !cache.WaitForCacheSync(ctx.Done(), informer.Informer().HasSynced) {
		t.Fatal("no sync")
	}
	if added.Load() < 20 {
		eventually(t, "20 added", func() bool { return added.Load() == 20 })
	}
	// Out of the selector is a deletion, into it an addition.
	must[*corev1.ConfigMap](t)(maps.Patch(ctx, name+"-0", types.MergePatchType, []byte(`{"metadata":{"labels":{"informed":"else"}}}`), metav1.PatchOptions{}))
	eventually(t, "the one that left", func() bool { return deleted.Load() == 1 })
	must[*corev1.ConfigMap](t)(maps.Patch(ctx, name+"-0", types.MergePatchType, []byte(`{"metadata":{"labels":{"informed":"`+name+`"}}}`), metav1.PatchOptions{}))
	eventually(t, "the one that came back", func() bool { return added.Load() == 21 })
	must[*corev1.ConfigMap](t)(maps.Patch(ctx, name+"-1", types.MergePatchType, []byte(`{"data":{"a":"b"}}`), metav1.PatchOptions{}))
	eventually(t, "the change", func() bool { return updated.Load() >= 1 })
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "informed=" + name}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of all", func() bool { return deleted.Load() == 21 })
}

func TestDynamicAndMetadataInformers(t *testing.T) {
	ctx, client := soon(t), dynamicClient(t)
	name := fresh("watched")
	things := client.Resource(containerResource).Namespace("default")
	must[*unstructured.Unstructured](t)(things.Create(ctx, suspended(name), metav1.CreateOptions{}))
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, "default", func(options *metav1.ListOptions) {
		options.FieldSelector = "metadata.name=" + name
	})
	informer := factory.ForResource(containerResource).Informer()
	stop := make(chan struct{})
	defer func() { close(stop); factory.Shutdown() }()
	factory.Start(stop)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) || len(informer.GetStore().List()) != 1 {
		t.Fatal("no sync")
	}
	partial := must[metadata.Interface](t)(metadata.NewForConfig(config(t)))
	list := must[*metav1.PartialObjectMetadataList](t)(partial.Resource(containerResource).Namespace("default").List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name}))
	if len(list.Items) != 1 || list.Items[0].Name != name || list.Items[0].UID == "" {
		t.Fatalf("%+v", list)
	}
	watcher := must[watch.Interface](t)(partial.Resource(containerResource).Namespace("default").Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name, ResourceVersion: list.ResourceVersion}))
	defer watcher.Stop()
	if err := things.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for event := range watcher.ResultChan() {
		if event.Type == watch.Error {
			t.Fatalf("%+v", event.Object)
		}
		if event.Type == watch.Deleted {
			break
		}
	}
	eventually(t, "an empty store", func() bool { return len(informer.GetStore().List()) == 0 })
}

func TestRetryWatcherResumes(t *testing.T) {
	ctx, client := soon(t), typed(t)
	maps := client.CoreV1().ConfigMaps("default")
	list := must[*corev1.ConfigMapList](t)(maps.List(ctx, metav1.ListOptions{}))
	label := fresh("retry")
	var begun atomic.Int64
	watcher := must[*toolswatch.RetryWatcher](t)(toolswatch.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			short := int64(1)
			options.TimeoutSeconds, options.LabelSelector = &short, "retry="+label
			begun.Add(1)
			return maps.Watch(ctx, options)
		}}))
	defer watcher.Stop()
	for i := range 4 {
		name := fmt.Sprintf("%s-%d", label, i)
		must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"retry": label}}}, metav1.CreateOptions{}))
		event := <-watcher.ResultChan()
		if got, ok := event.Object.(*corev1.ConfigMap); !ok || got.Name != name || event.Type != watch.Added {
			t.Fatalf("%+v", event)
		}
		// The watch of one second ends and another begins where it was.
		before := begun.Load()
		eventually(t, "the next watch", func() bool { return begun.Load() > before })
	}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "retry=" + label}); err != nil {
		t.Error(err)
	}
}

func TestLeaderElection(t *testing.T) {
	client, name := typed(t), fresh("leader")
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	var leaders, most atomic.Int64
	elected := make(chan string, 8)
	var running sync.WaitGroup
	for _, identity := range []string{"one", "two", "three"} {
		running.Add(1)
		go func() {
			defer running.Done()
			mine, stop := context.WithCancel(ctx)
			defer stop()
			leaderelection.RunOrDie(mine, leaderelection.LeaderElectionConfig{
				Lock: &resourcelock.LeaseLock{LeaseMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Client: client.CoordinationV1(),
					LockConfig: resourcelock.ResourceLockConfig{Identity: identity}},
				ReleaseOnCancel: true, LeaseDuration: 4 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: 200 * time.Millisecond,
				Callbacks: leaderelection.LeaderCallbacks{
					OnStartedLeading: func(context.Context) {
						most.Store(max(most.Load(), leaders.Add(1)))
						elected <- identity
						leaders.Add(-1)
						stop() // gives the lease to another
					},
					OnStoppedLeading: func() {},
				},
			})
		}()
	}
	seen := map[string]bool{}
	for range 3 {
		select {
		case identity := <-elected:
			seen[identity] = true
		case <-ctx.Done():
			t.Fatalf("only %v were elected", seen)
		}
	}
	cancel()
	running.Wait()
	if len(seen) != 3 || most.Load() != 1 {
		t.Errorf("%v, %d at once", seen, most.Load())
	}
}

func TestEventRecorder(t *testing.T) {
	ctx, client := soon(t), typed(t)
	name := fresh("evented")
	thing := must[*corev1.ConfigMap](t)(client.CoreV1().ConfigMaps("default").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}))
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("default")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "conformance"})
	for range 3 {
		recorder.Event(thing, corev1.EventTypeWarning, "Tested", "three times the same")
	}
	eventually(t, "one event that counts to three", func() bool {
		list := must[*corev1.EventList](t)(client.CoreV1().Events("default").List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + name}))
		return len(list.Items) == 1 && list.Items[0].Count == 3
	})
	newer := must[any](t)(client.EventsV1().Events("default").List(ctx, metav1.ListOptions{FieldSelector: "regarding.name=" + name}))
	_ = newer
	if err := client.CoreV1().ConfigMaps("default").Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
}

func TestTokensAndReviews(t *testing.T) {
	ctx, client := soon(t), typed(t)
	name := fresh("account")
	must[*corev1.ServiceAccount](t)(client.CoreV1().ServiceAccounts("default").Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}))
	seconds := int64(600)
	token := must[*authenticationv1.TokenRequest](t)(client.CoreV1().ServiceAccounts("default").CreateToken(ctx, name, &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{}))
	review := must[*authenticationv1.TokenReview](t)(client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token.Status.Token}}, metav1.CreateOptions{}))
	user := "system:serviceaccount:default:" + name
	if !review.Status.Authenticated || review.Status.User.Username != user {
		t.Fatalf("%+v", review.Status)
	}
	access := must[*authorizationv1.SubjectAccessReview](t)(client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "secrets", Namespace: "default"}}}, metav1.CreateOptions{}))
	if access.Status.Allowed {
		t.Error("a new account lists Secrets")
	}
	mine := config(t)
	mine.TLSClientConfig.CertData, mine.TLSClientConfig.KeyData = nil, nil
	mine.BearerToken = token.Status.Token
	as := must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(mine))
	self := must[*authenticationv1.SelfSubjectReview](t)(as.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{}))
	if self.Status.UserInfo.Username != user {
		t.Errorf("%+v", self.Status)
	}
	if _, err := as.CoreV1().Secrets("default").List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Error(err)
	}
	if err := client.CoreV1().ServiceAccounts("default").Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the token", func() bool {
		_, err := as.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		return apierrors.IsUnauthorized(err)
	})
}

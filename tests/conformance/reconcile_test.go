// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// mapKeeper keeps a ConfigMap beside each Container, as an operator of somebody's own would.
type mapKeeper struct{ client.Client }

const mapsFinalizer = "example.dev/maps"

func container() *unstructured.Unstructured {
	made := &unstructured.Unstructured{}
	made.SetGroupVersionKind(schema.GroupVersionKind{Group: "berth.dev", Version: "v1", Kind: "Container"})
	return made
}

func (m *mapKeeper) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	owner := container()
	if err := m.Get(ctx, request.NamespacedName, owner); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if owner.GetDeletionTimestamp() != nil {
		controllerutil.RemoveFinalizer(owner, mapsFinalizer)
		return ctrl.Result{}, client.IgnoreNotFound(m.Update(ctx, owner))
	}
	if controllerutil.AddFinalizer(owner, mapsFinalizer) {
		return ctrl.Result{}, m.Update(ctx, owner)
	}
	beside := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: owner.GetName(), Namespace: owner.GetNamespace()}}
	_, err := controllerutil.CreateOrUpdate(ctx, m.Client, beside, func() error {
		image, _, _ := unstructured.NestedString(owner.Object, "spec", "image")
		beside.Data = map[string]string{"image": image}
		return controllerutil.SetControllerReference(owner, beside, m.Scheme())
	})
	return ctrl.Result{}, err
}

func TestControllerRuntimeManager(t *testing.T) {
	ctx, stop := context.WithCancel(soon(t))
	defer stop()
	manager, err := ctrl.NewManager(config(t), ctrl.Options{Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{"default": {}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := ctrl.NewControllerManagedBy(manager).For(container()).Owns(&corev1.ConfigMap{}).Complete(&mapKeeper{manager.GetClient()}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()

	name, own := fresh("managed"), typed(t).CoreV1().ConfigMaps("default")
	things := dynamicClient(t).Resource(containerResource).Namespace("default")
	must[*unstructured.Unstructured](t)(things.Create(ctx, suspended(name), metav1.CreateOptions{}))
	holds := func(image string) func() bool {
		return func() bool {
			beside, err := own.Get(ctx, name, metav1.GetOptions{})
			return err == nil && beside.Data["image"] == image && len(beside.OwnerReferences) == 1
		}
	}
	eventually(t, "the map beside it", holds("web:1"))
	if err := own.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the map again", holds("web:1"))
	must[*unstructured.Unstructured](t)(things.Apply(ctx, name, withImage(name, "web:2"), metav1.ApplyOptions{FieldManager: "test", Force: true}))
	eventually(t, "the new image", holds("web:2"))
	if err := things.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of both", func() bool {
		_, left := things.Get(ctx, name, metav1.GetOptions{})
		_, beside := own.Get(ctx, name, metav1.GetOptions{})
		return left != nil && beside != nil
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func withImage(name, image string) *unstructured.Unstructured {
	made := suspended(name)
	made.Object["spec"].(object)["image"] = image
	return made
}

// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
)

// versions is a reflector's store that keeps of each object its name and resourceVersion alone.
type versions struct {
	mutex  sync.Mutex
	held   map[string]uint64
	filled chan struct{} // closed when the first whole list is in
	once   sync.Once
}

func newVersions() *versions {
	return &versions{held: map[string]uint64{}, filled: make(chan struct{})}
}

func versionOf(object any) (string, uint64, error) {
	read, err := meta.Accessor(object)
	if err != nil {
		return "", 0, err
	}
	version, err := strconv.ParseUint(read.GetResourceVersion(), 10, 64)
	return read.GetName(), version, err
}

func (v *versions) Add(object any) error { return v.Update(object) }

func (v *versions) Update(object any) error {
	name, version, err := versionOf(object)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.held[name] = version
	return err
}

func (v *versions) Delete(object any) error {
	name, _, err := versionOf(object)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.held, name)
	return err
}

func (v *versions) Replace(objects []any, _ string) error {
	held := make(map[string]uint64, len(objects))
	for _, object := range objects {
		name, version, err := versionOf(object)
		if err != nil {
			return err
		}
		held[name] = version
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.held = held
	v.once.Do(func() { close(v.filled) })
	return nil
}

func (v *versions) Resync() error { return nil }

// Transformer shrinks what the reflector itself collects until the list is whole.
func (v *versions) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		if read, err := meta.Accessor(object); err == nil {
			return &metav1.ObjectMeta{Name: read.GetName(), ResourceVersion: read.GetResourceVersion()}, nil
		}
		return object, nil
	}
}

func (v *versions) equals(wanted map[string]uint64) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return maps.Equal(v.held, wanted)
}

// herd is many reflectors over one client, as many controllers would run them.
type herd struct {
	reflectors []*cache.Reflector
	stores     []*versions
	begun      atomic.Int64 // watches
	stop       context.CancelFunc
	running    sync.WaitGroup
}

// startHerd starts reflectors, each on a connection of its own, and waits until each holds its first whole list. Some
// start at once, not all: what they collect until then must fit into this process.
func startHerd(t testing.TB, label string, count int) *herd {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	made := &herd{stop: stop}
	t.Cleanup(made.end)
	own := typed(t).CoreV1().ConfigMaps("default")
	source := &cache.ListWatch{
		ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			return nil, errors.New("a reflector asked for a list where it could have watched one")
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			made.begun.Add(1)
			options.LabelSelector = "herd=" + label
			return own.Watch(ctx, options)
		}}
	turns := make(chan struct{}, 32)
	var filled sync.WaitGroup
	for range count {
		store := newVersions()
		reflector := cache.NewReflectorWithOptions(source, &corev1.ConfigMap{}, store, cache.ReflectorOptions{})
		made.reflectors, made.stores = append(made.reflectors, reflector), append(made.stores, store)
		turns <- struct{}{}
		made.running.Go(func() { reflector.RunWithContext(ctx) })
		filled.Go(func() {
			<-store.filled
			<-turns
		})
	}
	filled.Wait()
	return made
}

func (h *herd) end() {
	h.stop()
	h.running.Wait()
}

// reached waits until every reflector holds what is wanted.
func (h *herd) reached(t testing.TB, wanted map[string]uint64) {
	t.Helper()
	for i, store := range h.stores {
		within(t, 5*time.Minute, fmt.Sprintf("reflector %d: the final state", i), func() bool { return store.equals(wanted) })
	}
}

// changes are random writes of one writer: what the objects are then.
type changes struct {
	own    typedcorev1.ConfigMapInterface
	label  string
	random *rand.Rand
	held   map[string]uint64
	names  []string
	made   int
}

func (c *changes) create(ctx context.Context) error {
	name := fmt.Sprintf("%s-%d", c.label, c.made)
	c.made++
	made, err := c.own.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"herd": c.label}},
		Data: map[string]string{"step": "0"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	c.names = append(c.names, name)
	_, c.held[name], err = versionOf(made)
	return err
}

// step is mostly an update; now and then an object goes and another comes.
func (c *changes) step(ctx context.Context) error {
	i := c.random.Intn(len(c.names))
	name := c.names[i]
	if c.random.Intn(10) == 0 {
		if err := c.own.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		delete(c.held, name)
		c.names = slices.Delete(c.names, i, i+1)
		return c.create(ctx)
	}
	patch := fmt.Sprintf(`{"data":{"step":"%d"}}`, c.random.Int())
	made, err := c.own.Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	_, c.held[name], err = versionOf(made)
	return err
}

// run makes so many steps, each when its time has come.
func (c *changes) run(t testing.TB, steps int, each time.Duration) {
	t.Helper()
	ticks := time.NewTicker(each)
	defer ticks.Stop()
	for range steps {
		if err := c.step(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-ticks.C
	}
}

// resident is berthd's memory in bytes, as its metrics tell it.
func resident(t testing.TB) float64 { return metric(t, "process_resident_memory_bytes") }

func metric(t testing.TB, name string) float64 {
	t.Helper()
	response, err := http.Get(os.Getenv("BERTH_METRICS"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			read, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return read
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// lowest is berthd's memory at rest: it gives back what is free every few seconds.
func lowest(t testing.TB) float64 {
	t.Helper()
	least := resident(t)
	for until := time.Now().Add(11 * time.Second); time.Now().Before(until); time.Sleep(200 * time.Millisecond) {
		least = min(least, resident(t))
	}
	return least
}

// The changes themselves stay in berthd's memory for a while, whoever watches; so what it is at rest is for the caller
// to compare with that of one that few reflectors watched.
func TestReflectorsHoldTheFinalState(t *testing.T) {
	reflectors, objects, steps, each := 100, 1000, 300, time.Second/50
	if os.Getenv("BERTH_FULL") != "" {
		reflectors, objects, steps = 1000, 10000, 3000
	}
	if os.Getenv("BERTH_FEW") != "" {
		reflectors, each = 4, time.Microsecond
	}
	const mib = 1 << 20
	c := &changes{own: typed(t).CoreV1().ConfigMaps("default"), label: fresh("herd"), random: dice(t), held: map[string]uint64{}}
	for range objects {
		if err := c.create(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d objects: %.1f MiB", objects, resident(t)/mib)
	began := time.Now()
	h := startHerd(t, c.label, reflectors)
	t.Logf("%d reflectors hold the list after %v: %.1f MiB", reflectors, time.Since(began), resident(t)/mib)
	began = time.Now()
	c.run(t, steps, each)
	h.reached(t, c.held)
	t.Logf("all have seen %d changes after %v, in %d watches: %.1f MiB", steps, time.Since(began), h.begun.Load(), resident(t)/mib)
	h.end()
	t.Logf("at rest: %.1f MiB", lowest(t)/mib)
}

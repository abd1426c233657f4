// SPDX-License-Identifier: Apache-2.0
package conformance

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"
)

// strictDecode reads a ConfigMap as upstream's typed decoder does and says what its validation would refuse.
func strictDecode(text []byte, into *corev1.ConfigMap) error {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, into); err != nil {
		return err
	}
	for key := range into.Data {
		if problems := validation.IsConfigMapKey(key); len(problems) > 0 {
			return fmt.Errorf("data[%s]: %s", key, problems)
		}
	}
	for _, finalizer := range into.Finalizers {
		if problems := validation.IsQualifiedName(finalizer); len(problems) > 0 {
			return fmt.Errorf("finalizers: %s", problems)
		}
	}
	return nil
}

// typedConfigMap passes a ConfigMap through its Go type, as upstream's server does: a null text is an empty one.
func typedConfigMap(t testing.TB, text []byte) []byte {
	t.Helper()
	var made corev1.ConfigMap
	if err := strictDecode(text, &made); err != nil {
		t.Fatal(err)
	}
	return encode(t, made)
}

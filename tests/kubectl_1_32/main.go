// SPDX-License-Identifier: Apache-2.0

// Command kubectl is upstream's kubectl: its own command tree and nothing else.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"

	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }

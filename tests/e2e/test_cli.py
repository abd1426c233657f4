# SPDX-License-Identifier: Apache-2.0
"""berth, the client, against a real berthd; its tables and texts against those of kubectl. No engine is needed."""
import json
import os
import pathlib
import re
import socket
import subprocess
import unittest

import server
from server import Berthd, container


def lines(text):
    """What is printed, without what nobody sees."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


class Cli(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.berthd = Berthd("/nonexistent/docker.sock").start()

    @classmethod
    def tearDownClass(cls):
        cls.berthd.destroy()

    def run_berth(self, *arguments, stdin=None, code=0, **environment):
        """One run, held to its exit code."""
        result = subprocess.run([server.BERTH, *arguments], input=stdin, text=True, capture_output=True, timeout=60,
                                env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig), **environment})
        self.assertEqual(result.returncode, code, f"berth {' '.join(arguments)}: {result.stdout}{result.stderr}")
        return result

    def say(self, *arguments, **options):
        return self.run_berth(*arguments, **options).stdout

    def apply(self, *objects, flags=(), code=0):
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        return self.run_berth("apply", "-f", "-", *flags, stdin=text, code=code)

    def managers(self, name):
        item = json.loads(self.say("get", "configmap", name, "-o", "json", "--show-managed-fields"))
        return {(entry["manager"], entry["operation"]) for entry in item["metadata"]["managedFields"]}

    def editor(self, *commands):
        """An editor that is a shell script of these commands; the file is $1."""
        path = pathlib.Path(self.berthd.root) / f"{self.id()}.sh"
        path.write_text("\n".join(commands) + "\n")
        return f"sh '{path}'"

    # apply and diff
    def test_apply_names_the_file_and_each_cause(self):
        path = pathlib.Path(self.berthd.root) / "wrong.yaml"
        wrong = container("wrong")
        wrong["spec"].update(imagee="x", portz=[])
        path.write_text(json.dumps(config_map("right", a="1")) + "\n---\n" + json.dumps(wrong))
        refused = self.run_berth("apply", "-f", str(path), code=1)
        self.assertEqual(refused.stdout, "configmap/right created\n")
        self.assertEqual(lines(refused.stderr), [
            f"error: {path}:2: failed to create typed patch object (default/wrong; berth.dev/v1, Kind=Container): "
            "errors:", *(f"  {path}:3:{json.dumps(wrong).index(field) + 1}: .spec.{field[1:]}: field not declared in schema"
                         for field in ('"imagee', '"portz'))])
        path.write_text(json.dumps(container("wrong"), indent=1).replace('"host"', '"hots"'))
        refused = self.run_berth("apply", "-f", str(path), code=1)
        place = re.search(r"wrong\.yaml:(\d+):(\d+): failed to create typed", refused.stderr)
        found = path.read_text().splitlines()[int(place.group(1)) - 1][int(place.group(2)) - 1:]
        self.assertTrue(found.startswith('"hots"'), found)
        wrong = container("wrong", stopTimeout=-1)
        wrong["spec"]["image"] = ""
        refused = self.apply(wrong, code=1)
        self.assertRegex(refused.stderr, r'\(Invalid\): standard input:1, item 1: \S+ "wrong" is invalid:\n'
                                         r"(  standard input:1:\d+: spec\.\S+: .*\n){2}$")
        absent = self.run_berth("apply", "-f", "/nonexist.yaml", code=1)
        self.assertEqual(absent.stderr, 'error: the path "/nonexist.yaml" does not exist\n')

    def test_what_is_waited_for_is_watched_at_once(self):
        waiting = [container(name, host="typo") for name in ("first", "second")]
        process = subprocess.Popen([server.BERTH, "apply", "-f", "-", "--wait", "--timeout=0"], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig)})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdin.write(json.dumps({"apiVersion": "v1", "kind": "List", "items": waiting}))
        process.stdin.close()
        named = set()
        while named != {"container.berth.dev/first", "container.berth.dev/second"}:
            line = process.stdout.readline()
            self.assertTrue(line, "it ended before both were looked at")
            if 'there is no Host "typo"' in line:
                named.add(line.split(":")[0])

    def test_apply_is_server_side(self):
        mine = config_map("applied", a="1", b="2")
        self.assertEqual(self.apply(mine, flags=["--dry-run", "server"]).stdout,
                         "configmap/applied created (server dry run)\n")
        self.assertIsNone(self.berthd.object("configmap", "applied"))
        for word in ("created", "unchanged"):
            self.assertEqual(self.apply(mine).stdout, f"configmap/applied {word}\n")
        self.assertEqual(self.managers("applied"), {("berth", "Apply")})
        self.say("patch", "configmap", "applied", "-p", '{"data": {"c": "theirs"}}')
        self.assertEqual(self.apply(config_map("applied", a="1")).stdout, "configmap/applied configured\n")
        self.assertEqual(self.berthd.object("configmap", "applied")["data"], {"a": "1", "c": "theirs"})

    def test_conflicts_name_field_manager_and_ways_out(self):
        self.apply(config_map("fought", a="1"))
        self.say("patch", "configmap", "fought", "-p", '{"data": {"a": "theirs"}}')
        refused = self.apply(config_map("fought", a="2"), config_map("other", a="1"), code=1)
        self.assertIn('error: standard input:1, item 1: Apply failed with 1 conflict: conflict with "berth-patch" using '
                      'v1: .data.a\n', refused.stderr)
        self.assertIn("--force-conflicts", refused.stderr)
        self.assertEqual(refused.stdout, "configmap/other created\n")
        self.assertEqual(self.apply(config_map("fought", a="2"), flags=["--force-conflicts"]).stdout,
                         "configmap/fought configured\n")

    def test_what_kubectl_applied_is_taken_over(self):
        self.berthd.apply(config_map("migrated", a="1", b="2"))
        wanted = config_map("migrated", a="3")
        shown = self.run_berth("diff", "-f", "-", stdin=json.dumps(wanted), code=1).stdout
        self.assertIn('-  a: "1"\n+  a: "3"\n', shown)
        self.assertEqual(self.apply(wanted).stdout, "configmap/migrated configured\n")
        item = self.berthd.object("configmap", "migrated")
        self.assertEqual(item["data"], {"a": "3"})
        self.assertNotIn("annotations", item["metadata"])
        self.assertEqual(self.managers("migrated"), {("berth", "Apply")})
        self.assertEqual(self.apply(wanted).stdout, "configmap/migrated unchanged\n")

    def test_diff(self):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "masked"},
                  "data": {"key": "Y2FuYXJ5LW9sZA=="}}
        self.apply(secret)
        self.assertEqual(self.say("diff", "-f", "-", stdin=json.dumps(secret)), "")
        secret["data"]["key"] = "Y2FuYXJ5LW5ldw=="
        shown = self.run_berth("diff", "-f", "-", stdin=json.dumps(secret), code=1).stdout
        self.assertIn("-  key: '*** (before)'\n+  key: '*** (after)'\n", shown)
        self.assertNotIn("Y2FuYXJ5", shown)
        names = self.run_berth("diff", "-f", "-", stdin=json.dumps(secret), code=3,
                               KUBECTL_EXTERNAL_DIFF=self.external_diff()).stdout
        self.assertRegex(names, r"^-x \S+/LIVE \S+/MERGED\n$")
        for wrong in (["-f", "/nonexistent.yaml"], ["--bogus"], []):
            self.run_berth("diff", *wrong, code=2)

    def test_diff_goes_on_after_a_conflict(self):
        self.apply(config_map("torn", a="1"), flags=["--field-manager=other"])
        wanted = "\n---\n".join(map(json.dumps, (config_map("torn", a="2"), config_map("fine", a="1"))))
        result = self.run_berth("diff", "-f", "-", stdin=wanted, code=2)
        self.assertIn(".data.a", result.stderr)
        self.assertIn('+  a: "1"\n', result.stdout)

    def external_diff(self):
        path = pathlib.Path(self.berthd.root) / "external-diff"
        path.write_text('#!/bin/sh\necho "$@"\nexit 3\n')
        path.chmod(0o755)
        return f"{path} -x"

    # edit, patch, label, annotate
    def test_edit_opens_again_with_the_reasons(self):
        self.apply(container("edited"))
        seen = pathlib.Path(self.berthd.root) / "seen.yaml"
        editor = self.editor(f"cp \"$1\" '{seen}'",
                             "if grep -q '^# \\*' \"$1\"; then sed -i 's/Timeout: -5/Timeout: 5/' \"$1\"",
                             "else sed -i 's/stopTimeout: 1/stopTimeout: -5/' \"$1\"; fi")
        result = self.run_berth("edit", "container", "edited", KUBE_EDITOR=editor)
        self.assertEqual(result.stdout, "container.berth.dev/edited edited\n")
        self.assertIn("# * spec.stopTimeout: ", seen.read_text())
        self.assertNotIn("managedFields", seen.read_text())
        self.assertEqual(self.berthd.object("container", "edited")["spec"]["stopTimeout"], 5)

    def test_edit_without_a_terminal_needs_a_named_editor(self):
        self.apply(config_map("nobody", a="1"))
        refused = self.run_berth("edit", "configmap", "nobody", stdin="", code=1, EDITOR="", KUBE_EDITOR="")
        self.assertEqual(refused.stderr, "error: standard input is no terminal: name an editor that needs none with "
                                         "KUBE_EDITOR or EDITOR\n")

    def test_edit_is_cancelled(self):
        self.apply(config_map("left", a="1"))
        for editor, said in ((":", "no changes made"), ("cp /dev/null", "saved file was empty")):
            self.assertIn(said, self.run_berth("edit", "configmap", "left", EDITOR=editor).stderr)
        broken = self.run_berth("edit", "configmap/left", code=1, TMPDIR=str(self.berthd.root),
                                EDITOR=self.editor("sed -i 's/^kind:.*/kind: [/' \"$1\""))
        self.assertIn("no valid changes were saved", broken.stderr)
        self.assertIn("A copy of your changes has been stored to", broken.stderr)
        self.assertEqual(self.berthd.object("configmap", "left")["data"], {"a": "1"})

    def test_patch(self):
        self.apply(container("patched"), config_map("patched", a="1"))
        for arguments, word in ((["-p", "spec: {stopTimeout: 3}"], "patched"),
                                (["-p", '{"spec": {"stopTimeout": 3}}', "--type", "merge"], "patched (no change)"),
                                (["-p", '[{"op": "remove", "path": "/spec/stopTimeout"}]', "--type", "json",
                                  "--dry-run", "server"], "patched (server dry run)")):
            self.assertEqual(self.say("patch", "container", "patched", *arguments),
                             f"container.berth.dev/patched {word}\n")
        self.assertEqual(self.berthd.object("container", "patched")["spec"]["stopTimeout"], 3)
        refused = self.run_berth("patch", "container", "patched", "-p", "{}", "--type", "strategic", code=1)
        self.assertIn("UnsupportedMediaType", refused.stderr)
        self.say("patch", "configmap", "patched", "--type", "strategic", "-p", '{"data": {"a": null}}')
        self.assertFalse(self.berthd.object("configmap", "patched").get("data"))

    def test_label_and_annotate(self):
        self.apply(config_map("keyed", a="1"))
        for word, arguments in (("labeled", ["tier=a", "zone=b"]), ("not labeled", ["tier=a"]),
                                ("modified", ["tier=c", "zone-", "--overwrite"]), ("unlabeled", ["tier-"])):
            self.assertEqual(self.say("label", "configmap", "keyed", *arguments), f"configmap/keyed {word}\n")
        self.assertEqual(self.say("annotate", "cm/keyed", "note=two words"), "configmap/keyed annotated\n")
        refused = self.run_berth("annotate", "cm/keyed", "note=else", code=1)
        self.assertEqual(refused.stderr, "error: --overwrite is false but found the following declared annotation(s): "
                                         "'note' already has a value (two words)\n")
        self.assertEqual(self.say("annotate", "cm/keyed", "--list"), "note=two words\n")
        self.run_berth("label", "cm/keyed", "a=b", "--resource-version", "1", code=1)
        self.assertFalse(self.berthd.object("configmap", "keyed")["metadata"].get("labels"))

    # What the server says of itself, and of us.
    def test_texts_are_kubectls(self):
        for arguments in (["explain", "container"], ["explain", "container.spec.ports"],
                          ["explain", "container.spec", "--recursive"], ["explain", "configmap.metadata"],
                          ["explain", "container.spec.restartPolicy"], ["explain", "role.rules.verbs"],
                          ["api-resources"], ["api-resources", "-o", "name"], ["api-resources", "--namespaced=false"],
                          ["auth", "whoami"], ["auth", "whoami", "--as", "alice", "--as-group", "dev"],
                          ["auth", "can-i", "--list"], ["auth", "can-i", "--list", "--as", "alice"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(lines(self.say(*arguments)), lines(self.berthd.kubectl(*arguments)))
        self.assertEqual(self.run_berth("explain", "container.spec.port", code=1).stderr,
                         'error: field "port" does not exist\n')

    def test_rights_and_tokens(self):
        self.assertEqual(self.say("auth", "can-i", "create", "containers"), "yes\n")
        self.assertEqual(self.say("auth", "can-i", "get", "secret/x", "--as", "alice", code=1), "no\n")
        self.assertEqual(self.say("auth", "can-i", "get", "/version", "-q"), "")
        unknown = self.run_berth("auth", "can-i", "get", "ships", "--as", "alice", code=1)
        self.assertIn("the server doesn't have a resource type 'ships'", unknown.stderr)
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}})
        token = self.say("token", "create", "robot", "--duration", "1h")
        self.assertIn("system:serviceaccount:default:robot", self.say("--token", token, "auth", "whoami"))
        denied = self.run_berth("--token", token, "get", "secrets", code=1)
        self.assertIn("Error from server (Forbidden)", denied.stderr)
        too_fine = self.run_berth("token", "create", "robot", "--duration", "5ms", code=1)
        self.assertIn("less than seconds", too_fine.stderr)
        self.run_berth("--as-group", "dev", "get", "containers", code=1)

    def test_a_request_is_bounded(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            late = self.run_berth("get", "containers", "--server", address, "--request-timeout", "200ms", code=1)
        self.assertIn("GET /apis", late.stderr)

    def test_completion(self):
        self.apply(config_map("complete-me", a="1"))
        asked = {"api-r": "api-resources", "apply --force": "--force-conflicts", "auth w": "whoami",
                 "get confi": "configmaps", "get configmaps complete": "complete-me",
                 "get -o yaml configmap/complete": "configmap/complete-me", "completion z": "zsh",
                 "get -n def": "default"}
        script = "source <(berth completion bash)\n" + "".join(
            f"COMP_WORDS=(berth {words}); COMP_CWORD={len(words.split())}; _berth; echo \"${{COMPREPLY[*]}}\"\n"
            for words in asked)
        result = subprocess.run(["bash", "-euc", script], text=True, capture_output=True, timeout=60,
                                env={**os.environ, "KUBECONFIG": str(self.berthd.kubeconfig),
                                     "PATH": f"{server.BERTH.parent}:{os.environ['PATH']}"})
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines(), list(asked.values()))


if __name__ == "__main__":
    unittest.main()

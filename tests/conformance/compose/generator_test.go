// SPDX-License-Identifier: Apache-2.0
package compose

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
)

// snippets are values of a service's attributes, in flow style. Those after "bad" are refused.
var snippets = map[string][]string{
	"annotations":       {`{a: b, n: 1}`, `[a=b, c]`},
	"cap_add":           {`[NET_ADMIN]`, `[NET_ADMIN, SYS_TIME]`, `[ALL]`},
	"cap_drop":          {`[ALL]`, `[CHOWN, KILL]`},
	"cgroup_parent":     {`m-executor`},
	"command":           {`sleep 1`, `"sh -c 'echo \"a b\"'"`, `[a, b c]`, `[]`, `""`, `'a\ b "c d" e''f'`, `null`, `bad "unclosed '"`},
	"configs":           {`[one]`, `[{source: one, target: /etc/one, mode: 0440, uid: "1"}]`, `[one, {source: two}]`, `bad [none]`},
	"container_name":    {`box`, `"${NAME:-fallback}"`},
	"cpus":              {`0.5`, `"1.5"`, `2`, `${CPUS}`},
	"cpu_shares":        {`73`, `"64"`},
	"cpuset":            {`"0,1"`},
	"depends_on":        {`[b]`, `{b: {condition: service_healthy}}`, `{b: {condition: service_started, restart: true}}`, `{b: {condition: service_completed_successfully, required: false}}`, `bad [missing]`, `bad {b: {}}`},
	"deploy":            {`{replicas: 2}`, `{replicas: "${COUNT}", labels: [a=b]}`, `{mode: replicated, update_config: {parallelism: 2, delay: 10s, order: start-first}}`, `{resources: {limits: {cpus: "0.5", memory: 50M, pids: 10}, reservations: {memory: 20M}}}`, `{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}, placement: {constraints: [node.role == manager]}}`, `bad {replicas: many}`},
	"devices":           {`["/dev/a:/dev/b"]`, `["/dev/a:/dev/b:r", /dev/c]`, `[{source: /dev/a, target: /dev/x}]`, `bad ["a:b:c:d"]`},
	"dns":               {`8.8.8.8`, `[8.8.8.8, 9.9.9.9]`, `["", 1.1.1.1]`},
	"dns_opt":           {`[use-vc, no-tld-query]`},
	"dns_search":        {`example.com`, `[a.example.com, b.example.com]`},
	"domainname":        {`foo.com`},
	"entrypoint":        {`/code/entrypoint.sh -p 3000`, `[php, -d, x]`, `""`, `[]`},
	"env_file":          {`one.env`, `[one.env, sub/two.env]`, `[{path: one.env}, {path: none.env, required: false}]`, `bad none.env`},
	"environment":       {`{A: 1, B: "two", C: null, D: true, E: 1.5}`, `[A=1, B, C=, TAG]`, `{URL: "http://${HOST:-localhost}:${PORT:-80}/"}`, `[A=1, A=2]`, `{PRICE: $$5, Q: "${Q:+set}"}`, `bad {A: "${MUST:?say it}"}`, `{TAG: }`},
	"expose":            {`[3000, "8000"]`, `["9000-9010/udp"]`},
	"external_links":    {`[redis, "db:mysql"]`},
	"extra_hosts":       {`["a=1.2.3.4", "b:::1"]`, `{a: 1.2.3.4, c: "[::1]"}`, `{a: [1.1.1.1, 2.2.2.2]}`, `bad ["nothing"]`},
	"group_add":         {`[mail, 1000]`},
	"healthcheck":       {`{test: curl -f http://localhost, interval: 1m30s, timeout: 10s, retries: 3}`, `{test: [CMD, "true"], start_period: 40s, start_interval: 5s}`, `{disable: true}`, `{test: NONE}`, `{test: [CMD-SHELL, x], retries: "${COUNT}"}`, `bad {interval: soon}`, `bad {test: [RUN, x]}`},
	"hostname":          {`foo`},
	"init":              {`true`, `"false"`, `yes`},
	"ipc":               {`host`, `shareable`},
	"labels":            {`{a: b, n: 1, t: true, nothing: }`, `[a=b, c=d=e, f]`, `{a: "${TAG}"}`},
	"links":             {`[b]`, `["b:other"]`},
	"logging":           {`{driver: syslog, options: {a: 1, b: two}}`, `{driver: json-file}`, `{options: {max-size: 10m}}`},
	"mac_address":       {`02:42:ac:11:65:43`},
	"mem_limit":         {`1g`, `512m`, `536870912`, `"1.5 GiB"`, `bad lots`},
	"mem_reservation":   {`64m`, `"1024"`},
	"memswap_limit":     {`-1`, `2g`},
	"mem_swappiness":    {`60`},
	"networks":          {`[front]`, `[front, back]`, `{front: , back: {aliases: [x, y], ipv4_address: 172.16.238.10, priority: 5}}`, `{front: {driver_opts: {a: 1}}}`, `[missing]`, `{default: }`},
	"oom_score_adj":     {`500`, `"-500"`, `bad 5000`},
	"pid":               {`host`},
	"pids_limit":        {`100`, `"-1"`},
	"platform":          {`linux/amd64`},
	"ports":             {`[3000]`, `["3000-3002"]`, `["8000:8000"]`, `["9090-9091:8080-8081"]`, `["127.0.0.1:8001:8001"]`, `["6060:6060/udp", "49100:22"]`, `["8-12:8-12"]`, `["8000-9000:80"]`, `[{target: 80, published: "8080", protocol: tcp, mode: host}]`, `[{target: 80, published: 8080, host_ip: 127.0.0.1, name: web, app_protocol: http}]`, `["[::1]:6001:6001"]`, `["${PORT:-80}:80"]`, `bad ["99999:1"]`, `bad ["a:b"]`, `bad ["80:80/xyz"]`},
	"privileged":        {`true`, `"${YES:-true}"`, `bad maybe`},
	"profiles":          {`[debug]`, `[debug, other]`},
	"pull_policy":       {`always`, `if_not_present`, `every_12h`, `daily`, `bad sometimes`},
	"read_only":         {`true`, `"true"`},
	"restart":           {`always`, `on-failure:3`, `unless-stopped`, `"no"`},
	"runtime":           {`runc`},
	"scale":             {`2`, `"3"`},
	"secrets":           {`[s1]`, `[{source: s1, target: there, mode: "0400"}]`, `[s1, s2]`},
	"security_opt":      {`[no-new-privileges, "label=role:ROLE"]`},
	"shm_size":          {`64M`, `"2gb"`, `10000000`},
	"stdin_open":        {`true`},
	"stop_grace_period": {`20s`, `1m30s`, `1h2m3.5s`, `0s`, `2d`, `bad x`},
	"stop_signal":       {`SIGUSR1`},
	"sysctls":           {`{net.core.somaxconn: 1024, a.b: "0"}`, `[net.ipv4.x=0]`},
	"tmpfs":             {`/run`, `[/run, "/tmp:mode=755,size=64m"]`},
	"tty":               {`true`, `"false"`},
	"ulimits":           {`{nproc: 65535, nofile: {soft: 20000, hard: 40000}}`, `{nproc: "100"}`, `bad {nofile: {soft: 1}}`},
	"user":              {`"1000:1000"`, `nobody`},
	"userns_mode":       {`host`},
	"volumes":           {`["data:/data"]`, `["./rel:/rel", "/abs:/abs:ro"]`, `["~/x:/x:rw,z"]`, `[/anon]`, `["data:/data:nocopy,ro", "..:/up"]`, `[{type: bind, source: ./b, target: /b, bind: {propagation: rshared, create_host_path: false}}]`, `[{type: volume, source: data, target: /v/, volume: {nocopy: true, subpath: s}, read_only: true}]`, `[{type: tmpfs, target: /t, tmpfs: {size: 10m, mode: 448}}]`, `["${DIR:-./d}:/d"]`, `bad ["missing:/data"]`, `bad ["a:b:c:d"]`, `bad [{type: bind, target: /x}]`},
	"working_dir":       {`/code`},
	"x-own":             {`{a: [1, 2]}`},
	"build":             {`.`, `{context: ./dir, dockerfile: Other, args: [A=1, TAG], target: t}`, `{context: "https://github.com/x/y.git", args: {A: 1, B: }}`, `{dockerfile_inline: "FROM x"}`},
	"extends":           {`b`, `{service: b}`, `{service: base, file: sub/base.yaml}`, `bad {service: none}`},
	"nonsense":          {`bad 1`},
}

// rare attributes make a stack bad, or a service of another sort.
var rare = map[string]bool{"nonsense": true, "privileged": true, "profiles": true, "extends": true, "build": true, "container_name": true, "scale": true}

// names in order: a seed always gives the same stack.
var names = slices.Sorted(maps.Keys(snippets))

var resources = map[string][]string{
	"networks": {`{front: , back: {driver: bridge, internal: true}}`, `{front: {name: fixed, labels: [a=b]}, back: {ipam: {driver: default, config: [{subnet: 172.28.0.0/16, gateway: 172.28.5.254}]}}}`, `{front: {external: true}, back: {external: true, name: other}, default: {driver_opts: {mtu: 1450}}}`},
	"volumes":  {`{data: }`, `{data: {driver: local, driver_opts: {type: none, o: bind, device: ./here}, labels: {a: 1}}}`, `{data: {external: true}}`, `bad {data: {external: true, driver: local}}`},
	"configs":  {`{one: {file: ./one.conf}, two: {content: "port=${PORT:-80}"}}`, `{one: {environment: TAG}, two: {external: true, name: "${TAG}"}}`, `bad {one: {file: a, content: b}, two: {file: x}}`},
	"secrets":  {`{s1: {file: ./s1.txt}, s2: {environment: TAG}}`, `{s1: {external: true}, s2: {file: /abs, labels: [x=y]}}`, `bad {s1: {}, s2: {file: b}}`},
}

// generate makes a stack of one or two files. Few values are bad, so that most stacks are good ones.
func generate(dice *rand.Rand) stack {
	made := stack{title: "generated", files: map[string]string{
		"one.env":       "FROM_FILE=1\nQUOTED=\"a $TAG\"\nSINGLE='a $TAG' \n# comment\nexport EXP=x # tail\nTAG\n",
		"sub/two.env":   "FROM_FILE=2\nMORE: yaml\n",
		"sub/base.yaml": "services:\n  base: {image: base, volumes: ['./here:/there', 'data:/data'], env_file: two.env, labels: {from: base}, extends: root}\n  root: {image: root, command: run, ports: ['1:1']}\n",
	}}
	made.options.Env = map[string]string{"TAG": "1.27", "COUNT": "3", "CPUS": "0.25"}
	made.files["compose.yaml"] = file(dice, 6, false)
	made.options.ComposeFiles = []string{"compose.yaml"}
	if dice.Intn(2) == 0 {
		made.files["override.yaml"] = file(dice, 4, true)
		made.options.ComposeFiles = append(made.options.ComposeFiles, "override.yaml")
	}
	if dice.Intn(3) == 0 {
		made.options.Profiles = []string{"debug"}
	}
	if dice.Intn(4) == 0 {
		made.options.Project = "given"
	}
	return made.completed()
}

func file(dice *rand.Rand, most int, override bool) string {
	var text strings.Builder
	if !override {
		text.WriteString("name: \"Some ${TAG} Stack\"\n")
	}
	text.WriteString("services:\n")
	for _, name := range []string{"a", "b", "c"} {
		if name == "c" && dice.Intn(2) == 0 || override && name == "b" && dice.Intn(3) == 0 {
			continue
		}
		fmt.Fprintf(&text, "  %s:\n", name)
		if !override || dice.Intn(3) == 0 {
			fmt.Fprintf(&text, "    image: %s\n", pick(dice, []string{"nginx", `"nginx:${TAG}"`, "a/b@sha256:0123456789012345678901234567890123456789012345678901234567890123"}))
		} else {
			text.WriteString("    x-here: 1\n")
		}
		for _, attribute := range choose(dice, 1+dice.Intn(most)) {
			if name == "b" && (attribute == "depends_on" || attribute == "links" || attribute == "extends") {
				continue
			}
			fmt.Fprintf(&text, "    %s: %s%s\n", attribute, tag(dice, override), value(dice, snippets[attribute]))
		}
	}
	for _, section := range []string{"networks", "volumes", "configs", "secrets"} {
		if !override || section == "networks" && dice.Intn(3) == 0 {
			fmt.Fprintf(&text, "%s: %s\n", section, value(dice, resources[section]))
		}
	}
	return text.String()
}

func tag(dice *rand.Rand, override bool) string {
	if !override || dice.Intn(6) > 0 {
		return ""
	}
	return pick(dice, []string{"!override ", "!reset "})
}

// value is seldom a bad one.
func value(dice *rand.Rand, of []string) string {
	bad := dice.Intn(30) == 0
	for range 20 {
		picked, isBad := strings.CutPrefix(pick(dice, of), "bad ")
		if isBad == bad {
			return picked
		}
	}
	return strings.TrimPrefix(of[0], "bad ")
}

func choose(dice *rand.Rand, count int) []string {
	taken := map[string]bool{}
	var made []string
	for len(made) < count {
		name := names[dice.Intn(len(names))]
		if taken[name] || rare[name] && dice.Intn(5) > 0 || name == "nonsense" && dice.Intn(5) > 0 {
			continue
		}
		taken[name] = true
		made = append(made, name)
	}
	return made
}

func pick(dice *rand.Rand, from []string) string { return from[dice.Intn(len(from))] }

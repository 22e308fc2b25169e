package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// embedded measures the local run as people start it: the time until it answers, and the memory that it then has.
func embedded(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "latchkey-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	binary := filepath.Join(dir, "latchkey")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./infra/run/local/latchkey")
	build.Dir = b.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for _, data := range []string{"", filepath.Join(dir, "data")} {
		where := "in memory"
		if data != "" {
			where = "with DATA"
		}
		ready, rss, err := b.begin(ctx, binary, data)
		if err != nil {
			return err
		}
		b.row("embedded run "+where+", start to first answer", millis(ready), "1 s", ready <= time.Second)
		b.row("   resident memory after it", fmt.Sprintf("%.0f MB", rss), "60 MB", rss <= 60)
	}
	return nil
}

func (b *bench) begin(ctx context.Context, binary, data string) (ready time.Duration, rss float64, err error) {
	port, awsPort, err := freePorts()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, binary) //nolint:gosec // just built
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "PORT="+port, "AWS_PORT="+awsPort, "DATA="+data)
	var said bytes.Buffer
	cmd.Stderr = &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck,gosec // it may be gone already
		cmd.Wait()                       //nolint:errcheck,gosec // ended on purpose
	}()
	for {
		res, err := http.Get("http://localhost:" + port + "/v1/health") //nolint:gosec,noctx // this machine's own
		if err == nil {
			io.Copy(io.Discard, res.Body) //nolint:errcheck,gosec // a few bytes
			res.Body.Close()              //nolint:errcheck,gosec // read
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begun) > 20*time.Second {
			return 0, 0, fmt.Errorf("it does not answer after 20 s: %s", said.String())
		}
		<-time.After(2 * time.Millisecond)
	}
	ready = time.Since(begun)
	<-time.After(time.Second) // what starting left behind has been collected, or has not
	rss, err = resident(cmd.Process.Pid)
	return ready, rss, err
}

// resident is a process's resident memory in megabytes (proc(5), VmRSS).
func resident(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kb) / 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS for process %d", pid)
}

func freePorts() (string, string, error) {
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer l.Close() //nolint:errcheck // freed for the process
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
	}
	return ports[0], ports[1], nil
}

// heavies are the libraries of signing in that only the functions that begin or finish it carry.
var heavies = []string{"github.com/coreos/go-oidc/v3/oidc", "github.com/go-webauthn/webauthn/webauthn"}

// functions runs the measures of the real binaries, which stand beside the code that starts them, and says of those that carry what is
// heavy what they come to beside all others.
func functions(ctx context.Context, b *bench) error {
	carriers, err := b.carriers(ctx)
	if err != nil {
		return err
	}
	for _, m := range []struct {
		bench, times, unit, what string
		goal                     float64
	}{
		{"Start", "5x", "ms/start", "time from start to first poll, ms", 8},
		{"Size", "1x", "MB", "size for arm64, MB", 12},
	} {
		reached, err := b.measured(ctx, m.bench, m.times, m.unit)
		if err != nil {
			return err
		}
		most, which := largest(reached, func(string) bool { return true })
		b.row("largest "+m.what, fmt.Sprintf("%.1f (%s)", most, which), fmt.Sprintf("%.0f", m.goal), most > 0 && most <= m.goal)
		for _, heavy := range heavies {
			most, _ := largest(reached, func(f string) bool { return carriers[f] == heavy })
			var each []string
			for _, f := range slices.Sorted(maps.Keys(reached)) {
				if carriers[f] == heavy {
					each = append(each, fmt.Sprintf("%s %.1f", f, reached[f]))
				}
			}
			b.row("   with "+strings.Split(heavy, "/")[2], strings.Join(each, ", "), fmt.Sprintf("%.0f", m.goal),
				most > 0 && most <= m.goal)
		}
		most, which = largest(reached, func(f string) bool { return carriers[f] == "" })
		b.row("   with neither", fmt.Sprintf("%d functions, at most %.1f (%s)", len(reached)-len(carriers), most, which), "", true)
	}
	return nil
}

// carriers are the functions that link what is heavy, by their logical ids.
func (b *bench) carriers(ctx context.Context) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./functions/...")
	cmd.Dir = b.root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		for _, heavy := range heavies {
			if slices.Contains(f, heavy) {
				id := ""
				for part := range strings.SplitSeq(path.Base(f[0]), "-") {
					id += strings.ToUpper(part[:1]) + part[1:]
				}
				all[id] = heavy
			}
		}
	}
	return all, nil
}

// measured is what a benchmark of the real binaries reports, by their logical ids.
func (b *bench) measured(ctx context.Context, bench, times, unit string) (map[string]float64, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "./infra/test/smoke", "-run", "NONE", "-bench", "^Benchmark"+bench+"$",
		"-benchtime", times) //nolint:gosec // constants
	cmd.Dir = b.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	reached := map[string]float64{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		for i := 1; i < len(f); i++ {
			if v, err := strconv.ParseFloat(f[i-1], 64); err == nil && f[i] == unit {
				name, _, _ := strings.Cut(strings.TrimPrefix(f[0], "Benchmark"+bench+"/"), "-") // of how many CPUs
				reached[name] = v
			}
		}
	}
	return reached, nil
}

// largest is the largest measure among those functions, and whose it is.
func largest(reached map[string]float64, among func(string) bool) (most float64, which string) {
	for f, v := range reached {
		if among(f) && v > most {
			most, which = v, f
		}
	}
	return most, which
}

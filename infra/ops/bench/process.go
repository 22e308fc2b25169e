package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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

// functions runs the measures of the real binaries, which stand beside the code that starts them.
func functions(ctx context.Context, b *bench) error {
	for _, m := range []struct {
		bench, times, unit, what string
		goal                     float64
	}{
		{"Start", "5x", "ms/start", "largest time from a function's start to its first poll, ms", 8},
		{"Size", "1x", "MB", "largest function, arm64, MB", 12},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "./infra/test/smoke", "-run", "NONE", "-bench", "^Benchmark"+m.bench+"$",
			"-benchtime", m.times) //nolint:gosec // constants
		cmd.Dir = b.root
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		most, which := 0.0, ""
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			for i, unit := range f {
				if unit != m.unit || i == 0 {
					continue
				}
				if v, err := strconv.ParseFloat(f[i-1], 64); err == nil && v > most {
					most, which = v, strings.TrimPrefix(f[0], "Benchmark"+m.bench+"/")
				}
			}
		}
		b.row(m.what, fmt.Sprintf("%.1f (%s)", most, which), fmt.Sprintf("%.0f", m.goal), most > 0 && most <= m.goal)
	}
	return nil
}

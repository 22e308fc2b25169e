// Command bench measures the budgets of the design on this machine and prints each beside its goal. It asserts
// nothing: numbers are for people to read, and for a profile to explain.
//
//	go run ./infra/ops/bench                     everything but the million clients, in some two minutes
//	go run ./infra/ops/bench -only 'invites'     the measures whose name matches
//	go run ./infra/ops/bench -million            lists among 1,000,000 clients, too: some GB of memory
//	go run ./infra/ops/bench -profile DIR        a CPU profile of each measure
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"latchkey.dev/infra/run/local"
)

type bench struct {
	out      *tabwriter.Writer
	root     string // the module's directory
	million  bool
	requests int           // of one measure of throughput
	every    time.Duration // between creates where they are paced
}

// measure is one group of rows.
type measure struct {
	name string
	run  func(ctx context.Context, b *bench) error
}

func main() {
	only := flag.String("only", "", "measure only what matches this `expression`")
	profiles := flag.String("profile", "", "write CPU profiles to this `directory`")
	b := &bench{out: tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)}
	flag.BoolVar(&b.million, "million", false, "list among 1,000,000 clients, too")
	flag.IntVar(&b.requests, "requests", 8000, "requests of one measure of throughput")
	flag.DurationVar(&b.every, "every", 25*time.Millisecond, "time between creates where they are paced")
	flag.Parse()
	local.Tune() // as the run that is measured
	// As in a Lambda, every request leaves a line; here nobody reads it.
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, b, *only, *profiles); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, b *bench, only, profiles string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if b.root, err = root(); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%s, %d CPUs, %s\n\n", runtime.Version(), runtime.NumCPU(), time.Now().UTC().Format("2006-01-02 15:04"))
	fmt.Fprintln(b.out, "measure\treached\tgoal\t\t")
	quiet := slog.Default()
	for _, m := range []measure{
		{"units", units}, {"events", hooks}, {"invites", invites}, {"accepts", accepts}, {"list", lists}, {"rights", rights},
		{"external requests", external}, {"external users", externalUsers}, {"mail", mails}, {"doctor", looks},
		{"own senders", ownSenders}, {"webhooks", webhooks}, {"paying", paying},
		{"signing in", signingIn}, {"reminders", reminding}, {"embedded run", embedded}, {"functions", functions},
	} {
		if !wanted.MatchString(m.name) {
			continue
		}
		end, err := profile(profiles, m.name)
		if err != nil {
			return err
		}
		err = m.run(ctx, b)
		end()
		slog.SetDefault(quiet) // those that are metered count what is logged
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if err := b.out.Flush(); err != nil {
			return err
		}
		runtime.GC() // what this one left behind is not the next one's to clear
	}
	return ctx.Err()
}

// row prints one measure. A goal of "" is none.
func (b *bench) row(what, reached, goal string, met bool) {
	verdict := ""
	if goal != "" {
		verdict = map[bool]string{true: "met", false: "MISSED"}[met]
	}
	fmt.Fprintf(b.out, "%s\t%s\t%s\t%s\t\n", what, reached, goal, verdict)
}

func profile(dir, name string) (end func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	f, err := os.Create(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".prof")) //nolint:gosec // the caller's own directory
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close() //nolint:errcheck,gosec // a profile that is cut off shows when it is read
	}, nil
}

// root is the nearest directory with a go.mod, from the working directory upwards.
func root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		err = fmt.Errorf("no go.mod in the working directory or above")
	}
	return "", err
}

// latencies are the times that requests took.
type latencies []time.Duration

// at is the time within which the share of them was answered.
func (l latencies) at(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(int(float64(len(sorted))*share), len(sorted)-1)]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

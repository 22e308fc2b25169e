package smoke

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkStart measures, for every function, the time from the process's start to its first poll (goal: 8 ms) and
// that of its first invocation. Give it a count: go test ./infra/test/smoke -run NONE -bench Start -benchtime 10x
func BenchmarkStart(b *testing.B) {
	prepared := prepare(b)
	for _, f := range prepared.template.Functions {
		b.Run(f.ID, func(b *testing.B) {
			payload, variables := event(b, f), prepared.variables(f)
			var started, invoked time.Duration
			for b.Loop() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				p, err := prepared.launch(ctx, f, variables)
				if err != nil {
					b.Fatal(err)
				}
				ready, err := p.ready(ctx)
				if err != nil {
					b.Fatal(err)
				}
				_, took, err := p.invoke(ctx, payload)
				if err != nil {
					b.Fatal(err)
				}
				started += ready
				invoked += took
				p.stop()
				cancel()
			}
			b.ReportMetric(ms(started)/float64(b.N), "ms/start")
			b.ReportMetric(ms(invoked)/float64(b.N), "ms/invocation")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkSize reports the size of every function's binary for arm64, as deployed (goal: 12 MB).
func BenchmarkSize(b *testing.B) {
	dir := b.TempDir()
	if err := build(dir, "arm64"); err != nil {
		b.Fatal(err)
	}
	for _, f := range declared(b).Functions {
		b.Run(f.ID, func(b *testing.B) {
			info, err := os.Stat(filepath.Join(dir, filepath.Base(f.Directory)))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() { // nothing to repeat
			}
			b.ReportMetric(float64(info.Size())/(1<<20), "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

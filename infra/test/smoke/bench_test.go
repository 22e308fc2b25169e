package smoke

import (
	"context"
	"os"
	"testing"
	"time"

	"latchkey.dev/infra/run/binaries"
)

// BenchmarkStart measures, for every function, the time from the process's start to its first poll (goal: 8 ms) and
// that of its first invocation, with the first of its events. Give it a count: go test ./infra/test/smoke -run NONE
// -bench Start -benchtime 10x
func BenchmarkStart(b *testing.B) {
	prepared := prepare(b)
	for _, f := range prepared.template.Functions {
		b.Run(f.ID, func(b *testing.B) {
			payload, variables := sample(b, events(f, prepared.functions[f.ID])[0]), binaries.Variables(prepared.template, f)
			var started, invoked time.Duration
			for b.Loop() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				p := prepared.start(b, f, variables)
				ready, err := p.Ready(ctx)
				if err != nil {
					b.Fatal(err)
				}
				handed := time.Now()
				if _, err := p.Invoke(ctx, payload); err != nil {
					b.Fatal(err)
				}
				started += ready
				invoked += time.Since(handed)
				p.Stop()
				cancel()
			}
			b.ReportMetric(ms(started)/float64(b.N), "ms/start")
			b.ReportMetric(ms(invoked)/float64(b.N), "ms/invocation")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkSize reports the size of every function's binary for arm64, as deployed (goal: 12 MiB).
func BenchmarkSize(b *testing.B) {
	dir := folder(b, &deployed)
	for _, f := range declared(b).Functions {
		b.Run(f.ID, func(b *testing.B) {
			info, err := os.Stat(binaries.Path(dir, f))
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

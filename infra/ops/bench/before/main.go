// Command before runs the bench of an earlier commit beside this one's, by turns and measure by measure, and prints the
// ratio of what each reached. A machine whose speed changes from hour to hour changes both alike.
//
//	go run ./infra/ops/bench/before -commit 0e68e0a -only 'units|invites|accepts' -rounds 3
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// measures are those of the bench, in its order.
var measures = []string{"units", "invites", "accepts", "list", "mail", "webhooks", "paying", "embedded run", "functions"}

func main() {
	commit := flag.String("commit", "", "the `commit` to compare with")
	only := flag.String("only", "units|invites|accepts|list|webhooks", "the measures whose name matches this `expression`")
	rounds := flag.Int("rounds", 3, "how often each is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *commit, *only, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "before:", err)
		os.Exit(1)
	}
}

// side is one of the two that are compared.
type side struct {
	dir, binary string
	reached     map[string][][]float64 // by row: the numbers of each round
	rows        []string               // in their order
}

func run(ctx context.Context, commit, only string, rounds int) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if commit == "" {
		return fmt.Errorf("say with -commit what to compare with")
	}
	scratch, err := os.MkdirTemp("", "latchkey-before-")
	if err != nil {
		return err
	}
	old := filepath.Join(scratch, "tree")
	if err := command(ctx, ".", "git", "worktree", "add", "--detach", "--quiet", old, commit); err != nil {
		return err
	}
	defer func() {
		_ = command(context.WithoutCancel(ctx), ".", "git", "worktree", "remove", "--force", old)
		_ = os.RemoveAll(scratch)
	}()
	before, now := &side{dir: old, reached: map[string][][]float64{}}, &side{dir: ".", reached: map[string][][]float64{}}
	for n, s := range []*side{before, now} {
		s.binary = filepath.Join(scratch, fmt.Sprintf("bench%d", n))
		at := "./infra/ops/bench"
		if _, err := os.Stat(filepath.Join(s.dir, at)); err != nil {
			at = "./infra/bench" // as it was called
		}
		if err := command(ctx, s.dir, "go", "build", "-o", s.binary, at); err != nil {
			return err
		}
	}
	for _, m := range measures {
		for range rounds {
			for _, s := range []*side{before, now} {
				if !wanted.MatchString(m) {
					continue
				}
				if err := s.measure(ctx, m); err != nil {
					return err
				}
			}
		}
	}
	return report(before, now)
}

func command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // our own arguments
	c.Dir, c.Stdout, c.Stderr = dir, os.Stderr, os.Stderr
	return c.Run()
}

// columns parts a row of the bench's table.
var columns = regexp.MustCompile(`\s{3,}`)

// number is a number of a cell.
var number = regexp.MustCompile(`\d+(?:\.\d+)?`)

func (s *side) measure(ctx context.Context, name string) error {
	c := exec.CommandContext(ctx, s.binary, "-only", "^"+name+"$") //nolint:gosec // built above
	c.Dir, c.Stderr = s.dir, os.Stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for line := range strings.Lines(string(out)) {
		cells := columns.Split(strings.TrimRight(line, " \n"), -1)
		if len(cells) > 1 && cells[0] == "" { // a row that belongs to the one above
			cells = cells[1:]
		}
		if len(cells) < 2 || cells[0] == "measure" {
			continue
		}
		var all []float64
		for _, text := range number.FindAllString(cells[1], -1) {
			if x, err := strconv.ParseFloat(text, 64); err == nil {
				all = append(all, x)
			}
		}
		if len(all) == 0 {
			continue
		}
		row := name + ": " + strings.TrimSpace(cells[0])
		if s.reached[row] == nil {
			s.rows = append(s.rows, row)
		}
		s.reached[row] = append(s.reached[row], all)
	}
	return nil
}

// report prints for each row that both have the medians of both, and their ratio.
func report(before, now *side) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "measure\tbefore\tnow\tnow / before")
	for _, row := range now.rows {
		then, here := medians(before.reached[row]), medians(now.reached[row])
		if len(then) == 0 || len(then) != len(here) {
			continue
		}
		var a, b, ratio []string
		for n := range then {
			a, b = append(a, fmt.Sprintf("%g", then[n])), append(b, fmt.Sprintf("%g", here[n]))
			ratio = append(ratio, fmt.Sprintf("%.2f", here[n]/cmp.Or(then[n], here[n], 1)))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", row, strings.Join(a, ", "), strings.Join(b, ", "), strings.Join(ratio, ", "))
	}
	return w.Flush()
}

// medians are those of each number over the rounds.
func medians(rounds [][]float64) []float64 {
	if len(rounds) == 0 {
		return nil
	}
	var all []float64
	for n := range rounds[0] {
		var column []float64
		for _, r := range rounds {
			if n < len(r) {
				column = append(column, r[n])
			}
		}
		slices.Sort(column)
		all = append(all, column[len(column)/2])
	}
	return all
}

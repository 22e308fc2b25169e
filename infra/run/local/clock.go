package local

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// clock tells the time that the product goes by: the machine's, moved forward by as much as was asked for.
type clock struct {
	base func() time.Time
	file string // keeps the offset; empty for memory

	mu     sync.RWMutex
	offset time.Duration
}

// openClock goes on from the offset that is kept in dir under a name: what was stored under a moved clock must not lie in the
// future after a restart.
func openClock(dir, name string, base func() time.Time) (*clock, error) {
	if base == nil {
		base = time.Now
	}
	c := &clock{base: base}
	if dir == "" {
		return c, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	c.file = filepath.Join(dir, name)
	text, err := os.ReadFile(c.file)
	if os.IsNotExist(err) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("local: the clock's offset: %w", err)
	}
	c.offset, err = time.ParseDuration(strings.TrimSpace(string(text)))
	if err == nil && (c.offset < 0 || c.offset > furthest) {
		err = fmt.Errorf("%s is not within a hundred years", c.offset)
	}
	if err != nil {
		c.offset = 0
		slog.Warn("the file that says how far the clock was moved cannot be read: the clock is the machine's again, and what was "+
			"stored under the moved one may lie in the future", "file", c.file, "error", err)
	}
	return c, nil
}

// furthest is how far a clock can be moved.
const furthest = 100 * 365 * 24 * time.Hour

// Now is the time.
func (c *clock) Now() time.Time { return c.base().Add(c.ahead()) }

// ahead is how far the clock was moved.
func (c *clock) ahead() time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.offset
}

func (c *clock) advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("the clock moves forward only, not by %s", d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := c.offset + d
	if ahead < c.offset || ahead > furthest {
		return fmt.Errorf("%s would be more than a hundred years ahead", d)
	}
	if c.file != "" {
		if err := replace(c.file, ahead.String()+"\n"); err != nil {
			return fmt.Errorf("local: %w", err)
		}
	}
	c.offset = ahead
	return nil
}

// replace writes a file whole or not at all: whoever is killed in between leaves the old one.
func replace(file, text string) error {
	tmp := file + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

// Package realn8n runs real n8ns on this machine, as npm installs them: each is a process of its own on loopback, with a
// user folder, an owner and an API key of its own.
package realn8n

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Owner and Password are how people sign in to each n8n. It listens on loopback, and there is nobody to keep them from.
const (
	Owner    = "owner@n8n.example"
	Password = "Correct-Horse-7"
)

// Sample is the name of the one workflow that each n8n begins with; it is off.
const Sample = "A sample: every second"

// Installed finds the folder into which install.sh has installed n8n, from the module's root on; "" where it has not.
func Installed(root string) string {
	dir := filepath.Join(root, ".engines", "n8n")
	if found, err := filepath.Glob(filepath.Join(dir, "complete-*")); err != nil || len(found) == 0 {
		return ""
	}
	if _, err := exec.LookPath("node"); err != nil {
		return ""
	}
	return dir
}

// ErrFull says that as many run as may.
var ErrFull = errors.New("realn8n: as many run as may")

// State is how far an n8n is.
type State int

// The states.
const (
	None     State = iota
	Starting       // its process runs
	Setup          // it answers, and is given its owner and its key
	Running
	Stopped // its folder is kept
	Broken  // it did not start; the next Start tries again
)

// Houses are the n8ns that run.
type Houses struct {
	dir  string // where n8n is installed
	home string // a folder with a folder for each
	most int
	told func(name string) // that one has come to another state

	mu     sync.Mutex
	all    map[string]*house
	closed bool
}

type house struct {
	folder, at, port, key string
	state                 State
	process               *exec.Cmd
	done                  chan struct{} // closed when the process has ended
}

// Open makes Houses in a new folder below home, or in the system's for temporary files when home is empty, of which at
// most so many run at once. told is called when one comes to another state.
func Open(dir, home string, most int, told func(name string)) (*Houses, error) {
	if home != "" {
		if err := os.MkdirAll(home, 0o700); err != nil {
			return nil, fmt.Errorf("realn8n: %w", err)
		}
	}
	folder, err := os.MkdirTemp(home, "n8n-")
	if err != nil {
		return nil, fmt.Errorf("realn8n: %w", err)
	}
	return &Houses{dir: dir, home: folder, most: most, told: told, all: map[string]*house{}}, nil
}

// Start starts an n8n, anew or with all that it had when it was stopped. What runs is left alone. [ErrFull] when as many run
// as may.
func (h *Houses) Start(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.all[name]
	running := 0
	for _, o := range h.all {
		if o.state == Starting || o.state == Setup || o.state == Running {
			running++
		}
	}
	switch {
	case h.closed:
		return ErrFull
	case x != nil && (x.state == Starting || x.state == Setup || x.state == Running):
		return nil
	case running >= h.most:
		return ErrFull
	case x == nil:
		port, err := free()
		if err != nil {
			return err
		}
		x = &house{folder: filepath.Join(h.home, name), port: port, at: "http://localhost:" + port}
		if err := os.MkdirAll(x.folder, 0o700); err != nil {
			return fmt.Errorf("realn8n: %w", err)
		}
		h.all[name] = x
	}
	log, err := os.OpenFile(filepath.Join(x.folder, "n8n.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("realn8n: %w", err)
	}
	defer log.Close() //nolint:errcheck // the process has its own
	c := exec.Command("node", filepath.Join(h.dir, "node_modules", "n8n", "bin", "n8n"),
		"start") //nolint:gosec,noctx // what install.sh has put there; it lasts
	c.Stdout, c.Stderr = log, log
	c.Env = append(os.Environ(), Environment(x.folder, x.port)...)
	if err := c.Start(); err != nil {
		return fmt.Errorf("realn8n: %w", err)
	}
	x.process, x.done, x.state = c, make(chan struct{}), Starting
	go func(done chan struct{}) { //nolint:gosec // it ends with the process
		_ = c.Wait()
		close(done)
	}(x.done)
	go h.bring(name, x, c, x.done)
	return nil
}

// Environment is what an n8n is started with.
func Environment(folder, port string) []string {
	return []string{"N8N_USER_FOLDER=" + folder, "N8N_PORT=" + port, "N8N_LISTEN_ADDRESS=127.0.0.1", "N8N_HOST=localhost",
		"N8N_SECURE_COOKIE=false",
		"N8N_DIAGNOSTICS_ENABLED=false", "N8N_VERSION_NOTIFICATIONS_ENABLED=false", "N8N_PERSONALIZATION_ENABLED=false",
		"N8N_TEMPLATES_ENABLED=false", "N8N_RUNNERS_ENABLED=false",
		"N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS=true", "NODE_FUNCTION_ALLOW_BUILTIN=crypto",
		"N8N_EXPRESSION_ENGINE=legacy"} // the other one needs isolated-vm, a second native package to compile
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("realn8n: %w", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port, l.Close()
}

// patience is how long an n8n may take until it answers.
const patience = 3 * time.Minute

// bring sees an n8n through from its process to its key.
func (h *Houses) bring(name string, x *house, c *exec.Cmd, done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := answers(ctx, x.at)
	if err == nil {
		h.move(name, c, Setup, "")
		key := h.keyOf(name)
		if key == "" {
			key, err = furnish(ctx, x.at)
		}
		if err == nil {
			h.move(name, c, Running, key)
			return
		}
	}
	_ = c.Process.Kill()
	h.move(name, c, Broken, "")
}

func (h *Houses) keyOf(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[name].key
}

// move notes another state, unless the process was stopped meanwhile.
func (h *Houses) move(name string, c *exec.Cmd, to State, key string) {
	h.mu.Lock()
	x := h.all[name]
	mine := x != nil && x.process == c && x.state != Stopped
	if mine {
		x.state = to
		if key != "" {
			x.key = key
		}
	}
	h.mu.Unlock()
	if mine && h.told != nil {
		h.told(name)
	}
}

// answers waits until an n8n does. It is healthy before its routes are there; its settings are among the last.
func answers(ctx context.Context, at string) error {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/rest/settings", nil)
		if err != nil {
			return fmt.Errorf("realn8n: %w", err)
		}
		if res, err := http.DefaultClient.Do(r); err == nil { //nolint:gosec // this machine's own
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("realn8n: it does not answer")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type m = map[string]any

// furnish makes an n8n's owner, as its own pages do, its API key and the sample.
func furnish(ctx context.Context, at string) (key string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", fmt.Errorf("realn8n: %w", err)
	}
	c := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	if err := post(ctx, c, at+"/rest/owner/setup", "", m{"email": Owner, "firstName": "Local", "lastName": "Run", "password": Password},
		nil); err != nil {
		return "", err
	}
	var made struct {
		Data struct {
			RawAPIKey string `json:"rawApiKey"`
		}
	}
	scopes := []string{"workflow:list", "workflow:read", "workflow:create", "workflow:activate", "workflow:deactivate", "execution:list",
		"execution:read"}
	if err := post(ctx, c, at+"/rest/api-keys", "", m{"label": "Latchkey", "expiresAt": nil, "scopes": scopes}, &made); err != nil {
		return "", err
	}
	node := func(name, kind string, version float64, parameters m) m {
		return m{"id": name, "name": name, "type": kind, "typeVersion": version, "position": []int{0, 0}, "parameters": parameters}
	}
	sample := m{"name": Sample, "settings": m{}, "connections": m{"Tick": m{"main": [][]m{{{"node": "End", "type": "main", "index": 0}}}}},
		"nodes": []m{node("Tick", "n8n-nodes-base.scheduleTrigger", 1.2,
			m{"rule": m{"interval": []m{{"field": "seconds", "secondsInterval": 1}}}}), node("End", "n8n-nodes-base.noOp", 1, m{})}}
	return made.Data.RawAPIKey, post(ctx, c, at+"/api/v1/workflows", made.Data.RawAPIKey, sample, nil)
}

func post(ctx context.Context, c *http.Client, at, key string, body, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("realn8n: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("realn8n: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("X-N8N-API-KEY", key)
	}
	res, err := c.Do(r) //nolint:gosec // this machine's own
	if err != nil {
		return fmt.Errorf("realn8n: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("realn8n: %s: %s %w", r.URL.Path, res.Status, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Listeners are where n8ns listen, or did before they were stopped.
func (h *Houses) Listeners() []netip.AddrPort {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []netip.AddrPort
	for _, x := range h.all {
		if at, err := netip.ParseAddrPort("127.0.0.1:" + x.port); err == nil {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, netip.AddrPort.Compare)
	return all
}

// Look says how far an n8n is, and once it runs where it is and what its API key is.
func (h *Houses) Look(name string) (s State, at, key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.all[name]
	if x == nil {
		return None, "", ""
	}
	if x.state == Running {
		select {
		case <-x.done: // it has ended by itself
			x.state = Broken
		default:
			return Running, x.at, x.key
		}
	}
	return x.state, "", ""
}

// Halt stops an n8n and keeps its folder; with forget nothing is kept. It returns when the process has ended.
func (h *Houses) Halt(name string, forget bool) error {
	h.mu.Lock()
	x := h.all[name]
	if x == nil {
		h.mu.Unlock()
		return nil
	}
	x.state = Stopped
	if forget {
		delete(h.all, name)
	}
	h.mu.Unlock()
	x.stop()
	if forget {
		return os.RemoveAll(x.folder)
	}
	return nil
}

// stop ends the process: it may save what it has for some seconds.
func (x *house) stop() {
	if x.process == nil {
		return
	}
	_ = x.process.Process.Signal(os.Interrupt)
	select {
	case <-x.done:
	case <-time.After(5 * time.Second):
		_ = x.process.Process.Kill()
		<-x.done
	}
}

// Close stops all and removes what they had.
func (h *Houses) Close() error {
	h.mu.Lock()
	h.closed = true
	var wait sync.WaitGroup
	for _, x := range h.all {
		x.state = Stopped
		wait.Go(x.stop)
	}
	h.mu.Unlock()
	wait.Wait()
	return os.RemoveAll(h.home)
}

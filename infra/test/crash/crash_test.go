// Package crash_test kills the real process between an answer and the mail that it promised, again and again, and
// looks whether every answered invite has its mail in the end.
package crash_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
)

// rounds is how often the process is killed: few in every test run, and as many as KILLS says by hand.
func rounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("KILLS"))
	if err != nil {
		return 12
	}
	return n
}

// process is the local run as a user starts it.
type process struct {
	t       *testing.T
	command *exec.Cmd
	origin  string
}

var runsAt = regexp.MustCompile(`Latchkey runs at\s+(\S+)`)

func start(t *testing.T, binary, data string) *process {
	t.Helper()
	p := &process{t: t, command: exec.Command(binary)}
	p.command.Dir = "../../.." // where template.yaml is
	p.command.Env = append(os.Environ(), "PORT=0", "AWS_PORT=0", "DATA="+data)
	var log bytes.Buffer
	p.command.Stderr = &log
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := runsAt.FindStringSubmatch(lines.Text()); m != nil {
			p.origin = m[1]
			go io.Copy(io.Discard, out) //nolint:errcheck // it ends with the process
			return p
		}
	}
	p.kill()
	t.Fatalf("the process did not start: %s", log.String())
	return nil
}

// kill ends the process as a power cut ends it: it gets to do nothing more.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func (p *process) call(method, path, session string, body, answer any) int {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, p.origin+path, bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if session != "" {
		r.Header.Set("Cookie", "__Host-session="+session)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if c := res.Header.Get("Set-Cookie"); c != "" {
		if s, ok := answer.(*string); ok {
			*s = strings.TrimPrefix(strings.SplitN(c, ";", 2)[0], "__Host-session=")
			return res.StatusCode
		}
	}
	if answer != nil {
		if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
			p.t.Fatal(err)
		}
	}
	return res.StatusCode
}

type mail struct{ Subject string }

func (p *process) mails(to string) []mail {
	p.t.Helper()
	var all []mail
	p.call(http.MethodGet, "/_local/mail?to="+to, "", nil, &all)
	return all
}

func (p *process) advance(d string) {
	p.t.Helper()
	if status := p.call(http.MethodPost, "/_local/clock", "", map[string]string{"advance": d}, nil); status != http.StatusOK {
		p.t.Fatalf("moving the clock: %d", status)
	}
}

// patience bounds every wait. Only what hangs reaches it.
const patience = 10 * time.Minute

// eventually asks until it is so.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	over := time.After(patience)
	for !f() {
		select {
		case <-over:
			t.Fatalf("not within %s: %s", patience, what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestNoAnsweredInviteLosesItsMailToAKilledProcess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	binary := filepath.Join(t.TempDir(), "latchkey")
	if out, err := exec.Command("go", "build", "-o", binary, "latchkey.dev/infra/run/local/latchkey").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := start(t, binary, data)
	defer func() { p.kill() }()

	var asked struct{ Flow string }
	p.call(http.MethodPost, "/v1/sign-in-codes", "", map[string]string{"email": local.Owner}, &asked)
	eventually(t, "the code's mail", func() bool { return len(p.mails(local.Owner)) == 1 })
	var session string
	if status := p.call(http.MethodPost, "/v1/sessions", "",
		map[string]string{"email": local.Owner, "code": p.mails(local.Owner)[0].Subject[:6], "flow": asked.Flow},
		&session); status != http.StatusCreated {
		t.Fatalf("sign-in: %d", status)
	}

	answered := map[string]string{} // address to invite, those whose mail has not been seen yet
	seen := 0
	settle := func() {
		p.advance("3m") // leases and patience run out, the sweep looks
		for address, id := range answered {
			eventually(t, address+" has its mail and its invite is pending", func() bool {
				var i struct {
					ID     string
					Status any // a word, or the number of a problem
					Detail string
				}
				p.call(http.MethodGet, "/v1/invites/"+id, session, nil, &i)
				if i.ID != id || i.Status == "failed" {
					t.Fatalf("%s was answered, and is now %+v", address, i)
				}
				return i.Status == "pending" && len(p.mails(address)) > 0
			})
			delete(answered, address)
			seen++
		}
	}
	for n := range rounds(t) {
		if n%9 == 8 {
			settle()
			p.advance("58m") // ten an hour
		}
		// The slow one is in a worker's hands when the process dies, the quick one is anywhere.
		domain := []string{"slow.example", "quick.example"}[n%2]
		address := fmt.Sprintf("client%d@%s", n, domain)
		var made struct{ ID, Status string }
		if status := p.call(http.MethodPost, "/v1/invites", session, map[string]string{"email": address},
			&made); status != http.StatusAccepted {
			t.Fatalf("round %d: %d", n, status)
		}
		answered[address] = made.ID
		<-time.After(time.Duration(rand.IntN(4000)) * time.Microsecond)
		p.kill()
		p = start(t, binary, data)
	}

	settle()
	t.Logf("%d invites answered, %d kills, every mail arrived", seen, rounds(t))
}

package lifecycle

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// together runs f for 0 to n-1 at the same time and returns when all are done.
func together(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// property has rapid draw worlds' stories. Each runs in a bubble of its own, since rapid itself looks at real time;
// what ends a story in there is carried out to it.
func property(t *testing.T, story func(w *world, r *rapid.T)) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		var ended any
		synctest.Test(t, func(t *testing.T) {
			w := open(t, settings{})
			defer w.close()
			defer func() { ended = recover() }()
			story(w, r)
		})
		if ended != nil {
			panic(ended)
		}
	})
}

// rowOf is a row of the log that says nothing.
func rowOf(o *office) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, time.Now()), At: time.Now(), Actor: audit.System, Action: audit.KeyRevoked,
		Subject: string(o.id)}
}

// plain is an item as a person reads it.
func plain(i item) string {
	var out map[string]any
	if err := attributevalue.UnmarshalMap(i, &out); err != nil {
		return err.Error()
	}
	return fmt.Sprint(out)
}

// signInWith signs in with the code that has been mailed already.
func (w *world) signInWith(address string) (string, *identity.Session) {
	w.t.Helper()
	code := ""
	for _, m := range w.engine.SES.Mails(address) {
		if !aLink.MatchString(m.Text) {
			code = aCode.FindString(m.Text)
			break
		}
	}
	cookie, s, err := w.guess(person(address).Email, code, "192.0.2.1", "")
	must(w.t, err)
	return cookie, s
}

// typo is the secret with another last character.
func typo(secret string) string {
	last := "0"
	if strings.HasSuffix(secret, last) {
		last = "1"
	}
	return secret[:len(secret)-1] + last
}

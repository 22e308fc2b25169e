package lifecycle

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"latchkey.dev/shared/audit"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/identity"
)

// together runs f for 0 to n-1 at the same time and returns when all are done.
func together(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// inBubble hides that a test has a deadline, which rapid would ask for: real time does not exist in a bubble.
type inBubble struct{ testing.TB }

// rowOf is a row of the log that says nothing.
func rowOf(o *office) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, time.Now()), At: time.Now(), Actor: audit.System, Action: audit.KeyRevoked, Subject: string(o.id)}
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
	cookie, s, err := w.codes.SignIn(w.ctx, person(address).Email, code, "192.0.2.1", "")
	must(w.t, err)
	return cookie, s
}

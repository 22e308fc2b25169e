package lifecycle

import (
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/signin"
)

// TestSenderO8PowerfulKeysAreToldToOwnersOnceADayOf64 has 64 programs use keys at once, and again on the days after.
func TestSenderO8PowerfulKeysAreToldToOwnersOnceADayOf64(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		w.every = 10 * time.Minute
		o := w.office("Northwind")
		admin := o.colleague("sam@northwind.example", agency.Admin)
		both, token, err := w.keys.Create(w.ctx, o.owner, signin.NewKey{Name: "CRM sync",
			Scopes: []identity.Scope{identity.RolesWrite, identity.SenderWrite, identity.ClientsRead}}, "")
		must(t, err)
		_, other, err := w.keys.Create(w.ctx, o.owner, signin.NewKey{Name: "Deploy", Scopes: []identity.Scope{identity.RolesWrite}}, "")
		must(t, err)
		w.choose(o.owner, notice.Choices{notice.Accepted: false})
		use := func(token string, s identity.Scope) {
			t.Helper()
			if _, err := w.door.Authenticate(w.ctx, signin.Credentials{Bearer: token}, identity.ByStaff(s)); err != nil {
				t.Error(err)
			}
		}
		told := func(address string) (out []string) {
			for _, m := range w.engine.SES.Mails(address) {
				if strings.Contains(m.Text, words.Say("notifications.powers_advice")) {
					out = append(out, m.Subject)
				}
			}
			return out
		}
		mails := func() []string { return told(string(o.owner.Email)) }
		uses := func() int {
			rows, err := w.table.History(w.ctx, o.id)
			must(t, err)
			n := 0
			for _, e := range rows {
				if e.Action == audit.PowerUsed {
					n++
				}
			}
			return n
		}

		use(token, identity.ClientsRead) // which is none
		w.pass(time.Hour)
		equal(w, "mails about what everybody may", len(mails()), 0)
		equal(w, "rows about what everybody may", uses(), 0)

		together(64, func(n int) {
			use(token, []identity.Scope{identity.RolesWrite, identity.SenderWrite}[n%2])
		})
		equal(w, "rows", uses(), 64)
		w.pass(time.Hour)
		equal(w, "mails on the first day", mails(), []string{`API key “CRM sync” used a powerful permission`})
		text := w.newest(string(o.owner.Email)).Text
		for _, want := range []string{"roles:write", "sender:write", words.Say("notifications.powers_advice"), "/activity?action=api_key"} {
			if !strings.Contains(text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, text)
			}
		}
		together(64, func(int) { use(other, identity.RolesWrite) })
		w.pass(20 * time.Hour)
		equal(w, "mails within the day", len(mails()), 1)
		w.pass(4 * time.Hour)
		equal(w, "mails on the second day", len(mails()), 2)
		w.pass(3 * 24 * time.Hour)
		equal(w, "mails when nothing else is used", len(mails()), 2)
		equal(w, "rows", uses(), 128)
		equal(w, "mails to an admin", len(told(admin)), 0)

		use(token, identity.RolesWrite)
		must(t, w.keys.Revoke(w.ctx, o.owner, both.ID))
		w.pass(time.Hour)
		equal(w, "mails about a key that was revoked since", len(mails()), 3)
		w.settled()
	})
}

package web

import (
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/view/page"
)

// meantIn is the address of a form to which something is to go, and the question that comes first where it looks like a typing
// error; nil for none. The button that answers it sends the form again, with the address in "meant" that is right: the one that
// was typed, or the one that is proposed. An answer to what is not typed any more counts for nothing. does says what a button
// does with an address.
func meantIn(form url.Values, does func(to email.Address) string) (string, *page.Meant) {
	_, typed := email.Split(form.Get("email"))
	a, err := email.Parse("email", typed)
	if err != nil {
		return typed, nil // the use case says what is wrong with it
	}
	m := a.Meant()
	switch answered := form.Get("meant"); {
	case m == "", answered == string(a):
		return typed, nil
	case answered == string(m):
		return string(m), nil
	}
	say := func(to email.Address) page.MeantAddress {
		return page.MeantAddress{Email: string(to), Word: does(to)}
	}
	return typed, &page.Meant{Typed: say(a), Meant: say(m)}
}

func invites(to email.Address) string  { return words.Say("meant.invite", "email", to) }
func adds(to email.Address) string     { return words.Say("meant.add", "email", to) }
func proposes(to email.Address) string { return words.Say("meant.propose", "email", to) }

// askMeant asks about the address in the invite form, with all that was typed; false where the agency may not invite, which it is
// told instead.
func (s *Site) askMeant(w http.ResponseWriter, r *http.Request, directory *clients.Directory, caller identity.Caller,
	ask *page.Meant) (bool, error) {
	v, err := s.clients(r, directory, caller, "")
	if err != nil || v.Form == nil {
		return false, err
	}
	typed(v.Form, r.PostForm)
	v.Form.Meant = ask
	return true, s.show(w, r, http.StatusOK, v)
}

// question is what a form asks before it does anything: no fault, and nothing is done yet.
type question struct{ ask *page.Meant }

func (q *question) Error() string { return "web: the address is asked about first" }

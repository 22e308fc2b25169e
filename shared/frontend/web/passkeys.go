package web

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/passkeys"
	"latchkey.dev/shared/view/page"
)

// afterCode is where somebody goes on who has signed in with a mailed code: to where it was going, or, when it has passkeys, to a look
// at them first. Who reads somebody's mail can add one, and the person would not find it by itself.
func afterCode(opened *identity.Opened, next string) string {
	if opened == nil || opened.Passkeys == 0 {
		return next
	}
	return "/account?review=passkeys&next=" + url.QueryEscape(next)
}

// ownPasskeys are a person's passkeys as its account shows them.
func (s *Site) ownPasskeys(l words.Language, p *account.Person) page.Passkeys {
	now := s.now()
	v := page.Passkeys{Most: passkey.Most, Host: passkey.RelyingParty(s.at)}
	set := p.Passkeys
	if set == nil {
		set = &passkey.Set{}
	}
	v.Handle, v.Full = base64.RawURLEncoding.EncodeToString(set.Handle), set.Room() != nil
	for _, k := range set.Keys {
		one := page.Passkey{ID: string(k.ID), Name: k.Name, Credential: base64.RawURLEncoding.EncodeToString(k.Credential),
			Created: page.TimeIn(l, k.CreatedAt, now), Suspect: !k.SuspectedAt.IsZero()}
		if !k.UsedAt.IsZero() {
			used := page.TimeIn(l, k.UsedAt, now)
			one.Used = &used
		}
		v.Keys = append(v.Keys, one)
	}
	return v
}

// passkeyDone is what the account says after a form, by the word that the redirect carries.
func passkeyDone(l words.Language, done string) string {
	switch done {
	case "stepped-up":
		return l.Say("passkeys.now")
	case "passkey":
		return l.Say("passkeys.added")
	case "passkey-renamed":
		return l.Say("passkeys.renamed")
	case "passkey-removed":
		return l.Say("passkeys.removed")
	}
	return ""
}

// reviewing is the address of the account, which goes on with a look at passkeys where there is one.
func reviewing(r *http.Request, done string) string {
	next := onward(r.PostForm.Get("next"))
	if r.PostForm.Get("review") == "" {
		return "/account?done=" + done + "#passkeys"
	}
	return "/account?review=passkeys&done=" + done + "&next=" + url.QueryEscape(cmp.Or(next, "/"))
}

// renamePasskey gives a passkey a name.
func renamePasskey(s accountView, keyring *passkeys.Keyring) Form {
	return form("rename-passkey", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParsePasskey(r.PostForm.Get("passkey"))
		if err == nil {
			_, err = keyring.Rename(r.Context(), caller, which, r.PostForm.Get("name"), cookie.Browser(r))
		}
		if err == nil {
			return seeOther(w, reviewing(r, "passkey-renamed"))
		}
		return s.passkeyRefused(w, r, caller, err, func(k *page.Passkey) {
			k.Renaming, k.Typed = true, r.PostForm.Get("name")
		})
	})
}

// removePasskey forgets a passkey.
func removePasskey(s accountView, keyring *passkeys.Keyring) Form {
	return form("remove-passkey", identity.ByPerson.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParsePasskey(r.PostForm.Get("passkey"))
		if err == nil {
			err = keyring.Remove(r.Context(), caller, which, cookie.Browser(r))
		}
		if err == nil || fault.Is(err, fault.NotFound) { // gone is gone
			return seeOther(w, reviewing(r, "passkey-removed"))
		}
		return s.passkeyRefused(w, r, caller, err, func(k *page.Passkey) { k.Removing = true })
	})
}

// passkeyRefused shows the account with the passkey's question, and what is wrong with the answer.
func (s accountView) passkeyRefused(
	w http.ResponseWriter, r *http.Request, caller identity.Caller, err error, ask func(*page.Passkey),
) error {
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v, err := s.account(r, caller)
	if err != nil {
		return err
	}
	v.Passkeys.Problems = problems(f, map[string]string{"name": "name"})
	for n := range v.Passkeys.Keys {
		if v.Passkeys.Keys[n].ID == r.PostForm.Get("passkey") {
			ask(&v.Passkeys.Keys[n])
		}
	}
	if r.PostForm.Get("review") != "" {
		v.Review = cmp.Or(onward(r.PostForm.Get("next")), "/")
	}
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}

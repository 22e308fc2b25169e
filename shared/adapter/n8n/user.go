package n8n

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
)

// roles are what a person is invited as, the first that n8n's edition allows: administrators need a licence for advanced
// permissions, without which n8n answers 400; members need none. Nobody can be made the owner by the API.
var roles = []string{"global:admin", "global:member"}

// Invite sees to it that the person has an account in n8n and says how it gets in. It can be called again: who is invited
// already is given the link once more. (GET /users/{email} and POST /users,
// https://docs.n8n.io/api/api-reference/#tag/user/POST/users.) Faults: [fault.Unreachable].
func (c *Client) Invite(ctx context.Context, e instance.Endpoint, email string) (instance.Entry, error) {
	email = strings.ToLower(email) // as n8n keeps it: it does not find again whom it was given otherwise, and refuses them
	known, pending := false, true
	err := c.call(ctx, e, http.MethodGet, "/api/v1/users/"+url.PathEscape(email), nil, nil, maxBody, func(s *scanner) error {
		return s.object(func(key string) (err error) {
			switch key {
			case "id":
				var id string
				id, err = s.text(maxID)
				known = id != ""
				return err
			case "isPending":
				pending, err = s.truth()
				return err
			}
			return s.skip()
		})
	})
	switch {
	case err == nil && known && !pending:
		return instance.Entry{State: instance.EntryReady}, nil
	case err != nil && (err.status == 0 || err.status == http.StatusUnauthorized || err.status >= 500):
		return instance.Entry{}, err.fault()
	}
	for _, role := range roles {
		var x invited
		err = c.call(ctx, e, http.MethodPost, "/api/v1/users", nil, []map[string]string{{"email": email, "role": role}}, maxBody,
			func(s *scanner) error { return s.array(func() error { return s.invited(&x) }) })
		switch {
		case err == nil:
			return x.entry(e)
		case err.status != http.StatusForbidden && err.status != http.StatusBadRequest:
			return instance.Entry{}, err.fault()
		}
	}
	refusal := fault.New(fault.Unreachable, "errors.this_n8n_does_not_let_people")
	_ = refusal.Because(words.PhraseOf("n8n.no_people")) //nolint:errcheck // it is the refusal itself
	return instance.Entry{}, refusal
}

// invited is what n8n answers of one person.
type invited struct {
	url    string
	mailed bool
}

// invited reads {"user": {"inviteAcceptUrl", "emailSent"}, "error"}.
func (s *scanner) invited(x *invited) error {
	return s.object(func(key string) error {
		if key != "user" {
			return s.skip()
		}
		return s.object(func(key string) (err error) {
			switch key {
			case "inviteAcceptUrl":
				x.url, err = s.text(maxCursor)
				return err
			case "emailSent":
				x.mailed, err = s.truth()
				return err
			}
			return s.skip()
		})
	})
}

// entry is where the person goes. n8n knows its own address only by its settings, which are often wrong, and nobody is to
// be sent to another host than the one that was connected: only the query is taken from what it says.
func (x invited) entry(e instance.Endpoint) (instance.Entry, error) {
	u, err := url.Parse(x.url)
	switch {
	case x.url != "" && err == nil && u.RawQuery != "":
		return instance.Entry{State: instance.EntryInvited, URL: e.URL + "/signup?" + u.Query().Encode()}, nil
	case x.mailed:
		return instance.Entry{State: instance.EntryMailed}, nil
	}
	return instance.Entry{}, (&failure{status: http.StatusOK, reason: words.Say("n8n.no_way_in")}).fault()
}

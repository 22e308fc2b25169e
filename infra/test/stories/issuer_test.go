package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	standin "latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/ownsignin"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/signin"
)

// issued is an office's own provider, with what a story needs of it.
type issued struct {
	server  *standin.Server
	offices *signin.Offices
	cookie  string          // of the owner's session by a code
	caller  identity.Caller // behind it
	ip      string
	who     string // whom it signs in
}

const itsIssuer = "https://id.northwind.example"

var itsSecret = standin.Secret

// ownSignIn changes the office's own provider.
func (o *office) ownSignIn() *ownsignin.Settings {
	return &ownsignin.Settings{Store: dynamo.NewOwnSignIns(o.w.table.Table), Keys: o.w.ring, Judge: func(*url.URL) error { return nil },
		Now: time.Now}
}

func (o *office) registers(ctx context.Context) error {
	_, err := o.ownSignIn().Set(ctx, o.owner,
		agency.Registration{Name: "Okta", Issuer: itsIssuer, ClientID: standin.ClientID, Secret: &itsSecret})
	return err
}

// issues gives the office a provider of its own that nobody has to use yet.
func (o *office) issues(address string) *issued {
	w := o.w
	x := &issued{server: &standin.Server{Issuer: itsIssuer, Now: time.Now}}
	by := roundtrip.Transport(http.Handler(x.server))
	note := func(context.Context, ...any) {}
	x.offices = &signin.Offices{Store: dynamo.NewOffices(w.table.Table), Keys: w.ring, Seals: w.codes.Seals, Now: time.Now,
		Provider: oidc.OpenOffices(oidc.Open(nil, egress.Strict(), by, time.Now, note), by,
			func(of id.Agency) string { return origin + "/sign-in/at/" + string(of) + "/from" })}
	n := 0
	_, _ = fmt.Sscanf(address, "ops%d@", &n)
	x.who = fmt.Sprintf("kim@northwind-%d.dev", n)
	x.ip = fmt.Sprintf("10.%d.%d.1", n>>8, n&255) // a network may try so often and no more
	o.issued = x
	must(w.t, o.registers(w.ctx))
	return x
}

// holds proves that the domain is the office's own; its mails come from ours still.
func (o *office) holds(d string) {
	o.w.t.Helper()
	which := o.begins(d)
	c := o.claimed(which)
	c.Tree.Hold(sender.Hold{Domain: c.Domain, Agency: o.id, ID: which})
	settings, err := o.w.domains.Settings(o.w.ctx, o.id)
	must(o.w.t, err)
	must(o.w.t, o.w.domains.Save(o.w.ctx, senders.Change{Claim: c, Tree: &c.Tree, Settings: settings}))
}

// tested is the owner who has just signed in by it.
func (o *office) tested() identity.Caller {
	c := o.owner
	c.Since = time.Now()
	c.By = identity.Proof{Way: identity.Provider, Provider: identity.OfAgency(o.id), Issuer: itsIssuer, Bound: o.id}
	return c
}

// enters has a member come in by it.
func (o *office) enters(ctx context.Context) (*signin.Outcome, error) {
	x := o.issued
	to, sealed, err := x.offices.Begin(ctx, o.id, "/clients", false, x.ip)
	if err != nil {
		return nil, err
	}
	asked, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	q := asked.Query()
	e, err := x.offices.Errand(sealed, o.id, q.Get("state"))
	if err != nil {
		return nil, err
	}
	code := x.server.Grant(standin.Account{Subject: "1", Email: x.who, Verified: true}, q)
	out, err := x.offices.Finish(ctx, identity.Caller{}, e, signin.Answer{State: q.Get("state"), Code: code, Issuer: itsIssuer},
		identity.Browser{}, x.ip, "")
	if err == nil && out.Opened == nil {
		return nil, fmt.Errorf("nobody is signed in: %+v", out)
	}
	return out, err
}

// mailed tells what is wrong when nobody with the address is told of it.
func (o *office) mailed(to, words string) error {
	for _, m := range o.w.engine.SES.Mails(to) {
		if strings.Contains(m.Subject, words) {
			return nil
		}
	}
	return fmt.Errorf("%s is not told that it %s", to, words)
}

// comes is who comes into the office with a cookie.
func (o *office) comes(cookie string) (identity.Caller, error) {
	return o.w.door.Authenticate(o.w.ctx, signin.Credentials{Session: cookie}, identity.ByStaff(identity.ClientsRead))
}

// account is what signs the member in there.
func (o *office) account() agency.Account {
	people, err := o.ownSignIn().Store.People(o.w.ctx, o.id)
	must(o.w.t, err)
	return people.ByEmail(email.Address(o.issued.who)).Account
}

// heldTo tells what is wrong when the agency does not demand it as it should, or its people do not know.
func (o *office) heldTo(want bool) error {
	a, err := o.ownSignIn().Store.Agency(o.w.ctx, o.id)
	must(o.w.t, err)
	people, err := o.ownSignIn().Store.People(o.w.ctx, o.id)
	must(o.w.t, err)
	if a.SignIn.Issuer != itsIssuer || a.SignIn.Required != want {
		return fmt.Errorf("it is %+v", a.SignIn)
	}
	for i := range people {
		if people[i].Held != want {
			return fmt.Errorf("%s is held to it: %t", people[i].ID, people[i].Held)
		}
	}
	return nil
}

// issuerFlows are what is done with an agency's own provider.
var issuerFlows = []flow{
	{name: "set up an own provider", address: "ops%d@acme.example", before: nothing,
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error { return o.registers(ctx) },
		after: func(o *office, _ string, _ id.Invite) error {
			return errors.Join(o.logged(audit.IssuerSet, 1), o.heldTo(false))
		}},
	{name: "require the own provider", address: "ops%d@acme.example",
		before: func(o *office, address string) id.Invite {
			o.issues(address)
			must(o.w.t, second(o.add("kim@"+o.owner.Email.Domain())))
			return ""
		},
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error {
			_, err := o.ownSignIn().Require(ctx, o.tested(), true)
			return err
		},
		after: func(o *office, _ string, _ id.Invite) error {
			return errors.Join(o.logged(audit.IssuerRequired, 1), o.heldTo(true),
				o.mailed(string(o.owner.Email), "now requires signing in with Okta"))
		}},
	{name: "enter by the own provider", address: "ops%d@acme.example",
		before: func(o *office, address string) id.Invite {
			x := o.issues(address)
			_, d, _ := strings.Cut(x.who, "@")
			o.holds(d)
			must(o.w.t, second(o.add(x.who)))
			return ""
		},
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error {
			_, err := o.enters(ctx)
			return err
		},
		after: func(o *office, _ string, _ id.Invite) error {
			before := o.account()
			out, err := o.enters(o.w.ctx)
			if err != nil {
				return err
			}
			caller, err := o.comes(out.Opened.Cookie)
			if err != nil || caller.By.Bound != o.id {
				return fmt.Errorf("the session is %+v: %w", caller, err)
			}
			if after := o.account(); before.Subject != "1" || after != before {
				return fmt.Errorf("the account is %+v, and then %+v", before, after)
			}
			return o.mailed(o.issued.who, "Okta now signs you in at")
		}},
	{name: "enter without the own provider", address: "ops%d@acme.example",
		before: func(o *office, address string) id.Invite {
			x := o.issues(address)
			o.w.skip(invite.ResendApart)
			x.cookie, x.caller = o.w.signIn(string(o.owner.Email))
			must(o.w.t, second(o.ownSignIn().Require(o.w.ctx, o.tested(), true)))
			return ""
		},
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error {
			w := &signin.Without{Store: dynamo.NewWithout(o.w.table.Table), Now: time.Now}
			cookie, _, err := w.Enter(ctx, o.issued.caller, o.issued.cookie, o.id)
			if err == nil {
				o.issued.cookie = cookie
			}
			return err
		},
		after: func(o *office, _ string, _ id.Invite) error {
			// Who has lost the answer has lost the session with it, and is nobody; whoever has it is in.
			caller, err := o.comes(o.issued.cookie)
			if err == nil && caller.By.Without != o.id || err != nil && !fault.Is(err, fault.Unauthenticated) {
				return fmt.Errorf("the session is %+v: %w", caller, err)
			}
			return errors.Join(o.logged(audit.IssuerWithout, 1), o.mailed(string(o.owner.Email), "without Okta"))
		}},
}

// TestSenderO6AllOwnersAreToldOfEachChange has as many owners as an agency may have people: each change, with who is held to it and the
// mails to all of them, is one transaction.
func TestSenderO6AllOwnersAreToldOfEachChange(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = 10 * time.Minute
		o := w.office("Northwind")
		o.issues("ops1@acme.example")
		for n := range agency.MaxMembers - 1 {
			team, err := w.table.Team(w.ctx, o.id)
			must(t, err)
			must(t, w.table.ChangeTeam(w.ctx, agencies.TeamChange{Agency: o.id, Staff: team.Agency.Staff, At: time.Now(),
				Add: &agency.Member{ID: id.New[id.Member](id.MemberPrefix, time.Now()), Level: agency.Owner, AddedAt: time.Now(),
					Email: email.Address(fmt.Sprintf("owner-%d@northwind.example", n))}}))
		}
		told := func(words string) {
			t.Helper()
			w.pass(time.Hour)
			team, err := w.table.Team(w.ctx, o.id)
			must(t, err)
			equal(w, "owners", len(team.Members), agency.MaxMembers)
			for _, m := range team.Members {
				n := 0
				for _, x := range w.engine.SES.Mails(string(m.Email)) {
					if strings.Contains(x.Subject, words) {
						n++
					}
				}
				equal(w, string(m.Email)+" is told that it "+words, n, 1)
			}
		}
		must(t, second(o.ownSignIn().Require(w.ctx, o.tested(), true)))
		must(t, o.heldTo(true))
		told("now requires signing in with Okta")
		changed := "another secret"
		_, err := o.ownSignIn().Set(w.ctx, o.owner,
			agency.Registration{Name: "Okta", Issuer: itsIssuer, ClientID: standin.ClientID, Secret: &changed})
		must(t, err)
		must(t, o.heldTo(false))
		told("no longer requires signing in with Okta")
		must(t, second(o.ownSignIn().Require(w.ctx, o.tested(), true)))
		must(t, o.ownSignIn().Remove(w.ctx, o.tested()))
		team, err := w.table.Team(w.ctx, o.id)
		must(t, err)
		for _, m := range team.Members {
			equal(w, string(m.Email)+" is held to it", m.Held, false)
		}
	})
}

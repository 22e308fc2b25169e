package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/frontend/cookie"
)

// signingIn counts what an invitation asks of AWS from the agency's click to the client's portal: with a code by email, and by an account
// elsewhere whose provider's word for the address is enough, so that no second mail is sent.
func signingIn(ctx context.Context, b *bench) error {
	l, m, lines, err := b.metered(ctx)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // in memory
	m.only(l)
	t, err := found(ctx, dynamo.OpenOperator(l.Engine.Config(), l.Stack.Template.Tables[0].Name, time.Now), "Northwind Automations")
	if err != nil {
		return err
	}
	for n, way := range []struct {
		name  string
		mail  int
		walk  func(ctx context.Context, p *buyer, link string) error
		again func(ctx context.Context, p *buyer) error
	}{{"a code by email", 2, byCode, againByCode}, {"an account elsewhere", 1, byAccount, againByAccount}} {
		p := person(l, fmt.Sprintf("person%d@client.example", n))
		measured := func(name string, mail int, walk func() error) error {
			m.read()
			lines.reset()
			if err := walk(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			calls, reads, write := m.read()
			mails := mailsOf(calls)
			sum := bill(calls, reads, write, lines).sum() * buyers // bill is of 1,000 times what buyers do
			b.row(name+" by "+way.name, fmt.Sprintf("%d requests, %d calls of AWS, %d mails", lines.requests, len(calls), mails),
				fmt.Sprintf("%d mails", mail), mails == mail)
			b.row("   units", fmt.Sprintf("read %.1f, write %.0f to the table, %.0f to its indexes", reads.table+reads.index, write.table,
				write.index), "", true)
			b.row("   1,000 of them at AWS's list prices", fmt.Sprintf("$%.3f", sum), "", true)
			return nil
		}
		err := measured("invite to portal", way.mail, func() error {
			link, err := p.invited(ctx, t, fmt.Sprintf(`{"email":%q}`, p.address))
			if err == nil {
				err = way.walk(ctx, p, link)
			}
			return err
		})
		if err == nil {
			delete(p.jar, cookie.Name)
			delete(p.jar, cookie.Flow("").Name) // or it would have to wait for another code
			err = measured("coming back to the portal", way.mail-1, func() error { return way.again(ctx, p) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// againByCode signs in with a code, in a browser that was seen before.
func againByCode(ctx context.Context, p *buyer) error {
	if _, _, err := p.page(ctx, "/sign-in", nil, http.StatusOK); err != nil {
		return err
	}
	had := len(p.l.Engine.SES.Mails(p.address))
	to, _, err := p.page(ctx, "/sign-in", url.Values{"do": {"code"}, "email": {p.address}}, http.StatusSeeOther)
	if err != nil {
		return err
	}
	if _, _, err := p.page(ctx, to, nil, http.StatusOK); err != nil {
		return err
	}
	if _, _, err := p.mail(ctx, had+1); err != nil {
		return err
	}
	newest := slices.MaxFunc(p.l.Engine.SES.Mails(p.address), func(x, y *ses.Mail) int { return x.At.Compare(y.At) })
	form := url.Values{"do": {"sign-in"}, "email": {p.address}, "code": {newest.Subject[:6]}}
	to, _, err = p.page(ctx, "/sign-in", form, http.StatusSeeOther)
	if err != nil {
		return err
	}
	return p.home(ctx, to)
}

// againByAccount signs in by the account at the stand-in.
func againByAccount(ctx context.Context, p *buyer) error {
	if _, _, err := p.page(ctx, "/sign-in", nil, http.StatusOK); err != nil {
		return err
	}
	to, err := p.elsewhere(ctx, "")
	if err != nil {
		return err
	}
	return p.home(ctx, to)
}

// home follows where somebody is led who has signed in.
func (p *buyer) home(ctx context.Context, to string) error {
	for to != "/portal" {
		next, _, err := p.page(ctx, to, nil, http.StatusSeeOther)
		if err != nil {
			return err
		}
		to = next
	}
	_, _, err := p.page(ctx, to, nil, http.StatusOK)
	return err
}

// elsewhere goes to the stand-in and comes back with the person's account there, and returns where that leads.
func (p *buyer) elsewhere(ctx context.Context, next string) (string, error) {
	path := "/sign-in/with/issuer"
	if next != "" {
		path += "?next=" + url.QueryEscape(next)
	}
	to, _, err := p.page(ctx, path, nil, http.StatusSeeOther)
	if err != nil {
		return "", err
	}
	at, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	q := at.Query()
	back := url.Values{"code": {p.l.Provider.Grant(provider.Account{Subject: "1", Email: p.address, Verified: true}, q)},
		"state": {q.Get("state")}, "iss": {p.l.Provider.Issuer}}
	to, _, err = p.page(ctx, "/sign-in/from/issuer?"+back.Encode(), nil, http.StatusSeeOther)
	return to, err
}

// byCode accepts with a code by email.
func byCode(ctx context.Context, p *buyer, link string) error {
	if _, _, err := p.page(ctx, link, nil, http.StatusOK); err != nil {
		return err
	}
	if _, _, err := p.page(ctx, link, url.Values{"do": {"code"}}, http.StatusSeeOther); err != nil {
		return err
	}
	code, _, err := p.mail(ctx, 2)
	if err != nil {
		return err
	}
	to, _, err := p.page(ctx, link, url.Values{"do": {"accept"}, "code": {code[:6]}}, http.StatusSeeOther)
	if err != nil {
		return err
	}
	_, _, err = p.page(ctx, to, nil, http.StatusOK)
	return err
}

// byAccount accepts by an account at the stand-in.
func byAccount(ctx context.Context, p *buyer, link string) error {
	if _, _, err := p.page(ctx, link, nil, http.StatusOK); err != nil {
		return err
	}
	to, err := p.elsewhere(ctx, link)
	if err != nil {
		return err
	}
	if to != link {
		return fmt.Errorf("it leads to %s", strings.SplitN(to, "?", 2)[0])
	}
	if _, _, err := p.page(ctx, to, nil, http.StatusOK); err != nil {
		return err
	}
	if to, _, err = p.page(ctx, link, url.Values{"do": {"accept"}}, http.StatusSeeOther); err != nil {
		return err
	}
	_, _, err = p.page(ctx, to, nil, http.StatusOK)
	return err
}

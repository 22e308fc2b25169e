package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/shared/adapter/dynamo"
)

// signingIn counts what an invitation asks of AWS from the agency's click to the client's portal: with a code by email, and by an account
// elsewhere whose provider's word for the address is enough, so that no second mail is sent.
func signingIn(ctx context.Context, b *bench) error {
	m := &meter{ignore: map[string]bool{}}
	lines := &tally{}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(lines, nil)))
	defer slog.SetDefault(before)
	l, err := local.Start(ctx, local.Options{Template: filepath.Join(b.root, "template.yaml"), Engine: engine.Options{MailboxSize: 1000},
		Calls: func(next aws.HTTPClient) aws.HTTPClient { m.to = carrier{next}; return &http.Client{Transport: m} }})
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // in memory
	for _, f := range l.Stack.Template.Functions {
		m.ignore[f.ID] = len(f.Schedules) > 0
	}
	t, err := found(ctx, dynamo.OpenOperator(l.Engine.Config(), l.Stack.Template.Tables[0].Name, time.Now), "Northwind Automations")
	if err != nil {
		return err
	}
	for n, way := range []struct {
		name string
		mail int
		walk func(ctx context.Context, p *buyer, link string) error
	}{{"a code by email", 2, byCode}, {"an account elsewhere", 1, byAccount}} {
		p := person(l, fmt.Sprintf("person%d@client.example", n))
		m.read()
		lines.reset()
		link, err := p.invited(ctx, t, fmt.Sprintf(`{"email":%q}`, p.address))
		if err == nil {
			err = way.walk(ctx, p, link)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		calls, reads, write := m.read()
		mails := 0
		for _, c := range calls {
			if c == mailCall {
				mails++
			}
		}
		a := bill(calls, reads, write, lines)
		sum := (a.front + a.compute + a.table + a.queue + a.mail + a.log) * buyers // bill is of 1,000 times what buyers do
		b.row("invite to portal by "+way.name, fmt.Sprintf("%d requests, %d calls of AWS, %d mails", lines.requests, len(calls), mails),
			fmt.Sprintf("%d mails", way.mail), mails == way.mail)
		b.row("   units", fmt.Sprintf("read %.1f, write %.0f to the table, %.0f to its indexes", reads.table+reads.index, write.table,
			write.index), "", true)
		b.row("   1,000 of them at AWS's list prices", fmt.Sprintf("$%.3f", sum), "", true)
	}
	return nil
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
	to, _, err := p.page(ctx, "/sign-in/with/issuer?next="+url.QueryEscape(link), nil, http.StatusSeeOther)
	if err != nil {
		return err
	}
	at, err := url.Parse(to)
	if err != nil {
		return err
	}
	q := at.Query()
	back := url.Values{"code": {p.l.Provider.Grant(provider.Account{Subject: "1", Email: p.address, Verified: true}, q)},
		"state": {q.Get("state")}, "iss": {p.l.Provider.Issuer}}
	to, _, err = p.page(ctx, "/sign-in/from/issuer?"+back.Encode(), nil, http.StatusSeeOther)
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

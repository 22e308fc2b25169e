package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	stub "latchkey.dev/infra/run/dns"
	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// looks measures the doctor: a check of a domain whose records are all there, from asking the table to the answer, against two name
// servers on loopback.
func looks(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	servers, err := stub.Start("127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer servers.Close()
	asker := dns.Open(environment.New(func(name string) string {
		return map[string]string{dns.Variable: servers.Variable()}[name]
	}))
	table := dynamo.NewSenderWork(p.table.Table)
	doctor := &senders.Watched{Doctor: &senders.Doctor{Store: table, DNS: func() senders.Asking { return asker.Check() },
		Identities: nobody{}, Now: time.Now}, Senders: nobody{}}
	const n = 400
	tenants, claims := make([]*tenant, n), make([]*sender.Claim, n)
	for k := range n {
		if tenants[k], err = p.found(ctx, fmt.Sprintf("Agency %d", k)); err != nil {
			return err
		}
		if claims[k], err = claim(ctx, table, tenants[k], k, func(*sender.Claim) {}); err != nil {
			return err
		}
		if err := publish(servers, claims[k]); err != nil {
			return err
		}
	}
	took, _, err := drive(1, n, func(k int) error {
		v, err := doctor.Check(ctx, memberOf(tenants[k]), claims[k].ID)
		if err == nil && v.State != sender.Verifying {
			err = fmt.Errorf("%s is %s", v.Domain, v.State)
		}
		return err
	})
	if err != nil {
		return err
	}
	b.row("check of a sender domain, 2 name servers, p50, p99", millis(took.at(0.5))+", "+millis(took.at(0.99)), "", true)
	return nil
}

// nobody is a queue that nobody works on.
type nobody struct{}

func (nobody) Send(context.Context, []byte, time.Duration) error { return nil }

// claim stores a tenant's claim of a domain of its own, whose identity is made.
func claim(ctx context.Context, table dynamo.SenderWork, t *tenant, k int, with func(*sender.Claim)) (*sender.Claim, error) {
	c := sender.NewClaim(t.id, t.member, sender.Domain(fmt.Sprintf("mail.agency%d.com", k)), "", time.Now().Truncate(time.Millisecond))
	with(c)
	settings := &sender.Settings{Agency: t.id, Claims: []sender.Ref{{ID: c.ID, Domain: c.Domain}}}
	if c.On {
		settings.On = c.ID
	}
	if err := table.Save(ctx, senders.Change{Claim: c, Settings: settings}); err != nil {
		return nil, err
	}
	c, err := table.Claim(ctx, t.id, c.ID)
	if err != nil {
		return nil, err
	}
	i := c.Identity
	i.Region, i.Hosted, i.Status, i.MailFrom = "us-east-1", "dkim.amazonses.com", "PENDING", c.Wanted().MailFrom()
	for _, token := range []string{"aaa", "bbb", "ccc"} {
		i.Tokens = append(i.Tokens, fmt.Sprint(token, k))
	}
	if err := table.SaveIdentity(ctx, &i); err != nil {
		return nil, err
	}
	return table.Claim(ctx, t.id, c.ID)
}

// publish puts a claim's records into DNS.
func publish(servers *stub.Stub, c *sender.Claim) error {
	if err := servers.SetZone(string(sender.TopOf(c.Domain)), ""); err != nil {
		return err
	}
	var lines []string
	for _, r := range sender.Records(c.Wanted()) {
		value := r.Value + "."
		switch r.Type {
		case sender.TXT:
			value = `"` + r.Value + `"`
		case sender.MX:
			value = fmt.Sprint(r.Preference, " ", value)
		}
		lines = append(lines, fmt.Sprintf("%s. 300 IN %s %s", r.Name, r.Type, value))
	}
	return servers.Publish(strings.Join(lines, "\n"))
}

// ownSenders measures how fast invites of 1,000 agencies go out, from the platform's address and from as many domains of their own. The
// two are measured in turns, since this machine has other things to do as well.
func ownSenders(ctx context.Context, b *bench) error {
	var rates [2][]float64
	for range 3 {
		for own := range rates {
			rate, err := b.sends(ctx, own == 1)
			if err != nil {
				return err
			}
			rates[own] = append(rates[own], rate)
		}
	}
	middle := func(all []float64) float64 { slices.Sort(all); return all[len(all)/2] }
	platform, own := middle(rates[0]), middle(rates[1])
	b.row("mails per second of 1,000 agencies, ours, then theirs", fmt.Sprintf("%.0f, %.0f", platform, own), "", true)
	b.row("   ratio", fmt.Sprintf("%.2f", own/platform), "", true)
	return nil
}

// sends has each of 1,000 agencies send an invite, and returns how many mails a second went out.
func (b *bench) sends(ctx context.Context, own bool) (float64, error) {
	const n = 1000
	r, err := b.start(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer r.Close() //nolint:errcheck // in memory
	t := make([]*tenant, n)
	table, ses := dynamo.NewSenderWork(r.table.Table), sesv2.NewFromConfig(r.Engine.Config())
	for k := range t {
		if t[k], err = found(ctx, r.table, fmt.Sprintf("Agency %d", k)); err != nil {
			return 0, err
		}
		if !own {
			continue
		}
		c, err := claim(ctx, table, t[k], k, func(c *sender.Claim) {
			now := time.Now().Truncate(time.Millisecond)
			c.State, c.Proven, c.On, c.VerifiedAt, c.TestedAt, c.Due = sender.Verified, true, true, now, now, now.Add(24*time.Hour)
			c.PrepareAt = time.Time{}
		})
		if err != nil {
			return 0, err
		}
		_, err = ses.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(string(c.Domain))})
		if err != nil {
			return 0, err
		}
		if err := r.Engine.SES.SetVerification(string(c.Domain), "SUCCESS", ""); err != nil {
			return 0, err
		}
	}
	begun := time.Now()
	if _, _, err := drive(8, n, func(k int) error {
		return call(ctx, hosted{r}, t[k].sendInvite(fmt.Sprintf("c%d@acme.example", k), ""), 202)
	}); err != nil {
		return 0, err
	}
	for {
		next := r.Engine.SES.Watch()
		mails := r.Engine.SES.Mails("")
		if len(mails) >= n {
			took := time.Since(begun)
			theirs := 0
			for _, m := range mails {
				if strings.Contains(m.From, "@mail.agency") {
					theirs++
				}
			}
			if want := map[bool]int{true: n}[own]; theirs != want {
				return 0, fmt.Errorf("%d of %d mails are from agencies' own domains, and not %d", theirs, n, want)
			}
			return n / took.Seconds(), nil
		}
		select {
		case <-next:
		case <-time.After(time.Minute):
			return 0, fmt.Errorf("%d of %d mails are out after a minute", len(mails), n)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

package sescontrol_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"latchkey.dev/infra/run/dns"
	"latchkey.dev/infra/run/engine/roundtrip"
	engine "latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/adapter/sescontrol"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

var _ senders.Identities = (*sescontrol.Control)(nil)

const (
	domain sender.Domain = "mail.agency.dev"
	second sender.Domain = "news.agency.dev"
	bounce               = "bounce.mail.agency.dev"
	agency id.Agency     = "ag_01J0000000000000000000000A"
	other  id.Agency     = "ag_01J0000000000000000000000B"
	set                  = "live-mail"
)

// account is an account of SES, with the calls that were made to it.
type account struct {
	t      *testing.T
	engine *engine.Engine
	region string
	sdk    *sesv2.Client
	to     http.Handler

	mu    sync.Mutex
	calls []string
	at    []time.Time
}

func open(t *testing.T, o engine.Options) *account {
	t.Helper()
	e, err := engine.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() }) //nolint:errcheck // it is in memory
	a := serve(t, o.Region, e)
	a.engine = e
	return a
}

func serve(t *testing.T, region string, to http.Handler) *account {
	a := &account{t: t, region: region, to: to}
	if a.region == "" {
		a.region = "us-east-1"
	}
	a.sdk = sesv2.NewFromConfig(a.config())
	return a
}

func (a *account) config() aws.Config {
	return aws.Config{Region: a.region, BaseEndpoint: aws.String("http://localhost"),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: roundtrip.Transport(a)}}
}

// ServeHTTP notes the call and passes it on.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	path := r.URL.Path[strings.Index(r.URL.Path, "/email/")+len("/email/"):]
	a.calls, a.at = append(a.calls, r.Method+" "+strings.ReplaceAll(path, string(domain), "D")), append(a.at, time.Now())
	a.mu.Unlock()
	a.to.ServeHTTP(w, r)
}

// made are the calls since the last time.
func (a *account) made() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls, a.at = nil, nil
	return calls
}

func (a *account) control(s sescontrol.Settings) *sescontrol.Control {
	if s.Stage == "" {
		s.Stage = "live"
	}
	s.Set, s.Now = set, time.Now
	return sescontrol.Open(a.config(), s)
}

// tenants is the same with tenants on, and a configuration set to send with.
func (a *account) tenants() *sescontrol.Control {
	a.t.Helper()
	_, err := a.sdk.CreateConfigurationSet(a.t.Context(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: aws.String(set)})
	a.must(err)
	return a.control(sescontrol.Settings{Tenants: "arn:aws:ses:" + a.region + ":000000000000"})
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *account) called(want ...string) {
	a.t.Helper()
	if got := a.made(); !slices.Equal(got, want) {
		a.t.Errorf("SES was called for\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// has holds what the agency's tenant has; nothing where there is no tenant.
func (a *account) has(of id.Agency, want ...string) {
	a.t.Helper()
	var got []string
	out, err := a.sdk.ListTenantResources(a.t.Context(), &sesv2.ListTenantResourcesInput{TenantName: aws.String(ses.Tenant("live", of))})
	if err == nil {
		for _, r := range out.TenantResources {
			got = append(got, (*r.ResourceArn)[strings.LastIndexByte(*r.ResourceArn, ':')+1:])
		}
	}
	if !slices.Equal(got, want) {
		a.t.Errorf("the tenant of %s has %q, want %q", of, got, want)
	}
}

func TestSenderT1TheRecordsAreThoseOfTheRegion(t *testing.T) {
	t.Parallel()
	for region, zone := range map[string]string{"us-east-1": "dkim.amazonses.com", "eu-south-1": "dkim.eu-south-1.amazonses.com"} {
		a := open(t, engine.Options{Region: region})
		got, err := a.control(sescontrol.Settings{}).Make(t.Context(), domain, bounce)
		a.must(err)
		if got.Domain != domain || got.Region != region || got.Hosted != zone || len(got.Tokens) != 3 || got.Status != "PENDING" ||
			got.MailFrom != bounce || got.MailFromStatus != "PENDING" || got.AskedAt.IsZero() {
			t.Errorf("in %s: %+v", region, got)
		}
		a.called("POST identities", "PUT identities/D/mail-from", "GET identities/D")
		out, err := a.sdk.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String(string(domain))})
		a.must(err)
		if len(out.Tags) != 1 || *out.Tags[0].Key != "latchkey:stage" || *out.Tags[0].Value != "live" ||
			out.DkimAttributes.NextSigningKeyLength != "RSA_2048_BIT" || out.MailFromAttributes.BehaviorOnMxFailure != "USE_DEFAULT_VALUE" {
			t.Errorf("in %s SES has %+v", region, out)
		}
	}
}

// A second agency that claims the name sees the tokens of the first, and takes nothing from it.
func TestSenderT1ANameThatIsThereIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	c := a.control(sescontrol.Settings{})
	first, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	a.made()
	second, err := c.Make(t.Context(), domain, "returns."+string(domain))
	a.must(err)
	if !slices.Equal(first.Tokens, second.Tokens) || second.MailFrom != bounce || second.MailFromStatus != "SUCCESS" {
		t.Errorf("the second one sees %+v", second)
	}
	a.called("POST identities", "GET identities/D")

	// A call that was cut short after the identity was made is made up for.
	_, err = a.sdk.PutEmailIdentityMailFromAttributes(t.Context(),
		&sesv2.PutEmailIdentityMailFromAttributesInput{EmailIdentity: aws.String(string(domain))})
	a.must(err)
	again, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	if again.MailFrom != bounce {
		t.Errorf("after a call that was cut short: %+v", again)
	}
}

func TestSenderT5WhatAnotherStageHasIsLeft(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	theirs := a.control(sescontrol.Settings{Stage: "test"})
	_, err := theirs.Make(t.Context(), domain, bounce)
	a.must(err)
	_, err = theirs.Make(t.Context(), second, "")
	a.must(err)
	a.must(a.engine.SetVerification(string(domain), "FAILED", "FAILED"))
	a.made()
	c := a.control(sescontrol.Settings{})
	if got, err := c.Make(t.Context(), second, "b2."+string(second)); err != nil || got.MailFrom != "" {
		t.Errorf("it is taken as %+v, %v", got, err)
	}
	if got, err := c.Make(t.Context(), domain, "b2."+string(domain)); err != nil || got.MailFrom != bounce || len(got.Tokens) != 3 {
		t.Errorf("it is taken as %+v, %v", got, err)
	}
	a.must(c.MailFrom(t.Context(), domain, "b2."+string(domain)))
	a.must(c.Restart(t.Context(), domain))
	a.must(c.Delete(t.Context(), domain))
	if _, err := c.Read(t.Context(), domain); err != nil {
		t.Errorf("after Delete: %v", err)
	}
	for _, call := range a.made() {
		if strings.HasPrefix(call, "PUT") || strings.HasPrefix(call, "DELETE") {
			t.Errorf("it was changed by %s", call)
		}
	}
}

func TestSenderWhatIsNotThereIsNotFoundAndCanBeDeleted(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{})
	for _, c := range []*sescontrol.Control{a.control(sescontrol.Settings{}), a.tenants()} {
		_, read := c.Read(t.Context(), domain)
		for _, err := range []error{read, c.MailFrom(t.Context(), domain, bounce), c.Restart(t.Context(), domain)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("of what isn't there: %v", err)
			}
		}
		a.must(c.Delete(t.Context(), domain))
	}
}

func TestSenderD11AMailFromThatIsThereIsNotSetAnew(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	c := a.control(sescontrol.Settings{})
	_, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	a.made()
	a.must(c.MailFrom(t.Context(), domain, strings.ToUpper(bounce)+"."))
	a.called("GET identities/D")
	a.must(c.MailFrom(t.Context(), domain, "returns."+string(domain)))
	a.called("GET identities/D", "PUT identities/D/mail-from")
	got, err := c.Read(t.Context(), domain)
	a.must(err)
	if got.MailFrom != "returns."+string(domain) {
		t.Errorf("%+v", got)
	}
}

// What an agency has published stays right when SES is told to look anew.
func TestSenderARestartKeepsTheRecords(t *testing.T) {
	t.Parallel()
	stub, err := dns.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stub.Close)
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	a := open(t, engine.Options{DNS: stub.Server(0).Addr().String(), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	a.must(stub.SetZone("agency.dev", ""))
	c := a.control(sescontrol.Settings{})
	made, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	pass(73 * time.Hour)
	got, err := c.Read(t.Context(), domain)
	a.must(err)
	if got.Status != "FAILED" || got.Failure != "HOST_NOT_FOUND" || got.MailFromStatus != "FAILED" {
		t.Fatalf("after 73 hours: %+v", got)
	}
	for _, token := range made.Tokens {
		a.must(stub.Publish(token + "._domainkey." + string(domain) + ". 300 IN CNAME " + token + "." + made.Hosted + "."))
	}
	a.must(stub.Publish(bounce + ". 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com."))
	a.made()
	a.must(c.Restart(t.Context(), domain))
	a.called("GET identities/D", "PUT identities/D/dkim/signing", "PUT identities/D/mail-from")
	pass(time.Minute)
	got, err = c.Read(t.Context(), domain)
	a.must(err)
	if got.Status != "SUCCESS" || got.MailFromStatus != "SUCCESS" || !slices.Equal(got.Tokens, made.Tokens) {
		t.Errorf("after the restart: %+v, with tokens %q before", got, made.Tokens)
	}
	a.made()
	a.must(c.Restart(t.Context(), domain)) // what is right isn't disturbed
	a.called("GET identities/D")
}

func TestSenderT5AssociationsGoBeforeTheIdentity(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	c := a.tenants()
	for _, d := range []sender.Domain{domain, second} {
		_, err := c.Make(t.Context(), d, "")
		a.must(err)
		for range 2 { // as often as it is asked
			if is, err := c.Admit(t.Context(), d, agency); err != nil || !is {
				t.Fatal(is, err)
			}
		}
	}
	a.has(agency, "configuration-set/"+set, "identity/"+string(domain), "identity/"+string(second))
	a.made()
	_, err := c.Admit(t.Context(), domain, agency)
	a.must(err)
	a.called("POST resources/tenants/list", "POST tenants", "POST tenants/resources", "POST tenants/resources")

	// What a call that was cut short has left goes along.
	left := aws.String(ses.Tenant("live", other))
	_, err = a.sdk.CreateTenant(t.Context(), &sesv2.CreateTenantInput{TenantName: left})
	a.must(err)
	_, err = a.sdk.CreateTenantResourceAssociation(t.Context(), &sesv2.CreateTenantResourceAssociationInput{TenantName: left,
		ResourceArn: aws.String("arn:aws:ses:us-east-1:000000000000:identity/" + string(domain))})
	a.must(err)
	a.made()
	a.must(c.Delete(t.Context(), domain))
	a.called("GET identities/D", "POST resources/tenants/list", "POST tenants/resources/list", "POST tenants/resources/delete",
		"POST tenants/resources/list", "POST tenants/get", "POST tenants/delete", "DELETE identities/D")
	a.has(agency, "configuration-set/"+set, "identity/"+string(second))
	a.has(other)
	a.must(c.Delete(t.Context(), domain))
}

// A tenant that another agency of the name follows loses it; one that has no other domain is paid for no longer.
func TestSenderATenantGoesWithItsLastDomain(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	c := a.tenants()
	_, err := c.Make(t.Context(), domain, "")
	a.must(err)
	admit := func(of id.Agency) {
		t.Helper()
		_, err := c.Admit(t.Context(), domain, of)
		a.must(err)
		a.has(of, "configuration-set/"+set, "identity/"+string(domain))
	}
	admit(agency)
	admit(other)
	a.has(agency)

	// One that was stopped comes back as it was, instead of as a new one.
	is, err := a.sdk.GetTenant(t.Context(), &sesv2.GetTenantInput{TenantName: aws.String(ses.Tenant("live", other))})
	a.must(err)
	_, err = a.sdk.UpdateReputationEntityCustomerManagedStatus(t.Context(), &sesv2.UpdateReputationEntityCustomerManagedStatusInput{
		ReputationEntityReference: is.Tenant.TenantArn, ReputationEntityType: "RESOURCE", SendingStatus: "DISABLED"})
	a.must(err)
	admit(agency)
	a.has(other, "configuration-set/"+set)
}

func TestSenderWithoutTenantsNoneIsAskedFor(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{})
	c := a.control(sescontrol.Settings{})
	_, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	if is, err := c.Admit(t.Context(), domain, agency); err != nil || is {
		t.Errorf("agencies are tenants: %v, %v", is, err)
	}
	a.must(c.Delete(t.Context(), domain))
	for _, call := range a.made() {
		if strings.Contains(call, "tenants") {
			t.Errorf("SES was called for %s", call)
		}
	}
}

func TestSenderATenantsNameFits(t *testing.T) {
	t.Parallel()
	if got := ses.Tenant(strings.Repeat("s", 16), agency); got != strings.Repeat("s", 16)+"-01j0000000000000000000000a" || len(got) > 64 {
		t.Errorf("it is %s", got)
	}
}

// The pause stands before the first call, too, since the call before may have been another process's.
func TestSenderQ1CallsAreASecondApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pace = 1100 * time.Millisecond
		a := open(t, engine.Options{VerifyAtOnce: true, ControlEvery: time.Second})
		c := a.control(sescontrol.Settings{Pace: pace})
		began := time.Now()
		_, err := c.Make(t.Context(), domain, bounce)
		a.must(err)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := c.Read(t.Context(), domain); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(a.at) != 11 {
			t.Fatalf("%d calls", len(a.at))
		}
		before := began
		for i, at := range a.at {
			if at.Sub(before) < pace {
				t.Errorf("call %d came %v after the one before", i, at.Sub(before))
			}
			before = at
		}
	})
}

func TestSenderQ1APauseEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t, engine.Options{})
		c := a.control(sescontrol.Settings{Pace: time.Hour})
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		var all sync.WaitGroup
		for range 2 { // one pauses, and one waits for its turn
			all.Go(func() {
				if _, err := c.Read(ctx, domain); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		a.called()
	})
}

// Another stage's tenants are its own.
func TestSenderAnotherStagesTenantKeepsTheDomain(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{VerifyAtOnce: true})
	c := a.tenants()
	_, err := c.Make(t.Context(), domain, "")
	a.must(err)
	theirs := aws.String(ses.Tenant("test", other))
	_, err = a.sdk.CreateTenant(t.Context(), &sesv2.CreateTenantInput{TenantName: theirs})
	a.must(err)
	_, err = a.sdk.CreateTenantResourceAssociation(t.Context(), &sesv2.CreateTenantResourceAssociationInput{TenantName: theirs,
		ResourceArn: aws.String("arn:aws:ses:us-east-1:000000000000:identity/" + string(domain))})
	a.must(err)
	_, err = c.Admit(t.Context(), domain, agency)
	a.must(err)
	out, err := a.sdk.ListTenantResources(t.Context(), &sesv2.ListTenantResourcesInput{TenantName: theirs})
	if err != nil || len(out.TenantResources) != 1 {
		t.Errorf("it has %+v, %v", out, err)
	}
}

// What SES tells in pages is not taken for all: a tenant may have more, and a domain may be of more tenants than one call undoes.
func TestSenderAPageIsNotAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tenants int
		next    string
		busy    bool
		untied  int
	}{
		"one":           {tenants: 1, untied: 1},
		"five":          {tenants: 5, untied: 5},
		"six":           {tenants: 6, busy: true, untied: 5},
		"one of a page": {tenants: 1, next: "more", busy: true, untied: 1},
	} {
		a := serve(t, "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := map[string]any{}
			switch {
			case strings.HasSuffix(r.URL.Path, "/resources/tenants/list"):
				var all []map[string]string
				for i := range c.tenants {
					all = append(all, map[string]string{"TenantName": "live-" + string(rune('a'+i))})
				}
				if out["ResourceTenants"] = all; c.next != "" {
					out["NextToken"] = c.next
				}
			case strings.HasSuffix(r.URL.Path, "/tenants/resources/list"):
				out["TenantResources"], out["NextToken"] = []string{}, "more" // further ones are on the next page
			case strings.HasSuffix(r.URL.Path, "/tenants/get"):
				out["Tenant"] = map[string]string{"SendingStatus": "ENABLED"}
			}
			json.NewEncoder(w).Encode(out) //nolint:errcheck // to a recorder
		}))
		_, err := a.control(sescontrol.Settings{Tenants: "arn:aws:ses:us-east-1:000000000000"}).Admit(t.Context(), domain, agency)
		if errors.Is(err, senders.ErrBusy) != c.busy || err != nil && !c.busy {
			t.Errorf("%s: %v", name, err)
		}
		untied := 0
		for _, call := range a.made() {
			if call == "POST tenants/delete" {
				t.Errorf("%s: a tenant was deleted", name)
			}
			if call == "POST tenants/resources/delete" {
				untied++
			}
		}
		if untied != c.untied {
			t.Errorf("%s: %d were untied, want %d", name, untied, c.untied)
		}
	}
}

// No call is tried twice: the queue does that, after a while.
func TestSenderQ1NoCallIsTriedTwice(t *testing.T) {
	t.Parallel()
	a := serve(t, "", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	_, err := a.control(sescontrol.Settings{}).Read(t.Context(), domain)
	if calls := a.made(); !errors.Is(err, senders.ErrBusy) || len(calls) != 1 {
		t.Errorf("%q, %v", calls, err)
	}
}

// answering is an SES that answers everything alike.
func answering(t *testing.T, status int, code, body string) *sescontrol.Control {
	a := serve(t, "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // nothing is left of it to be lost
		if code != "" {
			w.Header().Set("X-Amzn-Errortype", code)
		}
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // to a recorder
	}))
	return a.control(sescontrol.Settings{Tenants: "arn:aws:ses:us-east-1:000000000000"})
}

func TestSenderQ4AFullAccountHasNoRoom(t *testing.T) {
	t.Parallel()
	a := open(t, engine.Options{MaxIdentities: 1})
	c := a.control(sescontrol.Settings{})
	_, err := c.Make(t.Context(), domain, bounce)
	a.must(err)
	if _, err := c.Make(t.Context(), second, ""); !errors.Is(err, senders.ErrNoRoom) {
		t.Errorf("got %v", err)
	}
	_, err = c.Make(t.Context(), domain, bounce) // what is there needs no room
	a.must(err)
	a.must(c.Delete(t.Context(), domain))
	_, err = c.Make(t.Context(), second, "")
	a.must(err)
}

func TestSenderQ1ABusySESSaysNothingAboutTheDomain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		code   string
		want   error
	}{
		"the rate":          {429, "TooManyRequestsException", senders.ErrBusy},
		"the rate, signed":  {400, "ThrottlingException", senders.ErrBusy},
		"the rate, bare":    {429, "", senders.ErrBusy},
		"the rate, unknown": {429, "SlowDownException", senders.ErrBusy},
		"another change":    {500, "ConcurrentModificationException", senders.ErrBusy},
		"Q4: no room":       {400, "LimitExceededException", senders.ErrNoRoom},
		"a bad request":     {400, "BadRequestException", nil},
		"no right":          {403, "AccessDeniedException", nil},
		"a fault":           {500, "InternalFailure", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			control := answering(t, c.status, c.code, `{"message":"no"}`)
			_, made := control.Make(t.Context(), domain, bounce)
			_, read := control.Read(t.Context(), domain)
			_, admitted := control.Admit(t.Context(), domain, agency)
			for _, err := range []error{made, read, admitted, control.Delete(t.Context(), domain), control.Restart(t.Context(), domain),
				control.MailFrom(t.Context(), domain, bounce)} {
				if err == nil || fault.As(err) != nil {
					t.Errorf("got %v", err)
				}
				for _, of := range []error{senders.ErrBusy, senders.ErrNoRoom} {
					if errors.Is(err, of) != (of == c.want) {
						t.Errorf("%v is %v: %v", err, of, errors.Is(err, of))
					}
				}
			}
		})
	}
}

// What SES says is kept as far as records can be made of it: a wrong record is worse than none.
func TestSenderAnOddAnswerMakesNoRecords(t *testing.T) {
	t.Parallel()
	answer := func(change func(body, dkim map[string]any)) string {
		dkim := map[string]any{"Status": "PENDING", "Tokens": []string{"a", "b", "c"}, "SigningHostedZone": "dkim.amazonses.com",
			"SigningAttributesOrigin": "AWS_SES"}
		body := map[string]any{"VerificationStatus": "PENDING", "DkimAttributes": dkim}
		change(body, dkim)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, change := range map[string]func(body, dkim map[string]any){
		"no DKIM":             func(body, _ map[string]any) { delete(body, "DkimAttributes") },
		"no tokens":           func(_, dkim map[string]any) { delete(dkim, "Tokens") },
		"eleven tokens":       func(_, dkim map[string]any) { dkim["Tokens"] = slices.Repeat([]string{"a"}, 11) },
		"a long token":        func(_, dkim map[string]any) { dkim["Tokens"] = []string{strings.Repeat("a", 64)} },
		"an empty token":      func(_, dkim map[string]any) { dkim["Tokens"] = []string{"a", ""} },
		"a token with spaces": func(_, dkim map[string]any) { dkim["Tokens"] = []string{"a IN TXT b"} },
		"no zone":             func(_, dkim map[string]any) { delete(dkim, "SigningHostedZone") },
		"a zone with a line":  func(_, dkim map[string]any) { dkim["SigningHostedZone"] = "dkim.\namazonses.com" },
		"a zone of one part":  func(_, dkim map[string]any) { dkim["SigningHostedZone"] = "amazonses" },
		"a long zone":         func(_, dkim map[string]any) { dkim["SigningHostedZone"] = strings.Repeat("a.", 200) },
		"a key of its own":    func(_, dkim map[string]any) { dkim["SigningAttributesOrigin"] = "EXTERNAL" },
		"nothing":             func(body, _ map[string]any) { clear(body) },
	} {
		if got, err := answering(t, 200, "", answer(change)).Read(t.Context(), domain); err == nil || fault.As(err) != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	got, err := answering(t, 200, "", answer(func(body, dkim map[string]any) {
		body["VerificationStatus"] = "ON_HOLD"
		body["VerificationInfo"] = map[string]any{"ErrorType": strings.Repeat("X", 65)}
		body["MailFromAttributes"] = map[string]any{"MailFromDomain": bounce, "MailFromDomainStatus": "no <status>"}
		dkim["SigningAttributesOrigin"] = "AWS_SES_EU_WEST_1"
	})).Read(t.Context(), domain)
	if err != nil || got.Status != "ON_HOLD" || got.Failure != "" || got.MailFrom != bounce || got.MailFromStatus != "" {
		t.Errorf("statuses that are new: %+v, %v", got, err)
	}
}

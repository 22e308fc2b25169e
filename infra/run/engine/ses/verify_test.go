package ses_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"latchkey.dev/infra/run/dns"
	"latchkey.dev/infra/run/engine/ses"
)

// claimed is a domain whose records an engine with a clock of the test's waits for.
type claimed struct {
	t    *testing.T
	c    *sesv2.Client
	stub *dns.Stub
	name string

	mu  sync.Mutex
	now time.Time
}

func claim(t *testing.T, region string) *claimed {
	t.Helper()
	t.Parallel()
	stub, err := dns.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stub.Close)
	x := &claimed{t: t, stub: stub, name: "mail.agency.example", now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	if err := stub.SetZone("agency.example", ""); err != nil {
		t.Fatal(err)
	}
	e, err := ses.New(ses.Options{Region: region, DNS: stub.Server(0).Addr().String(), Now: func() time.Time {
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.now
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() }) //nolint:errcheck // it is in memory
	x.c = client(e)
	if _, err := x.c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &x.name}); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *claimed) pass(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = x.now.Add(d)
}

func (x *claimed) get() *sesv2.GetEmailIdentityOutput {
	x.t.Helper()
	out, err := x.c.GetEmailIdentity(x.t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: &x.name})
	if err != nil {
		x.t.Fatal(err)
	}
	return out
}

func (x *claimed) publish(lines string) {
	x.t.Helper()
	if err := x.stub.Publish(lines); err != nil {
		x.t.Fatal(err)
	}
}

// keys publishes the DKIM records; short of the last ones where fewer are asked for.
func (x *claimed) keys(n int) {
	x.t.Helper()
	d := x.get().DkimAttributes
	for _, token := range d.Tokens[:n] {
		x.publish(token + "._domainkey." + x.name + ". 300 IN CNAME " + token + "." + *d.SigningHostedZone + ".")
	}
}

func (x *claimed) unpublish() {
	x.t.Helper()
	for _, token := range x.get().DkimAttributes.Tokens {
		if err := x.stub.Delete(token+"._domainkey."+x.name, "CNAME"); err != nil {
			x.t.Fatal(err)
		}
	}
}

func (x *claimed) is(status types.VerificationStatus, problem types.VerificationError) {
	x.t.Helper()
	got := x.get()
	if got.VerificationStatus != status || got.DkimAttributes.Status != types.DkimStatus(status) ||
		got.VerifiedForSendingStatus != (status == types.VerificationStatusSuccess) || got.VerificationInfo.ErrorType != problem {
		x.t.Errorf("it is %s, DKIM %s, for %q; want %s for %q", got.VerificationStatus, got.DkimAttributes.Status,
			got.VerificationInfo.ErrorType, status, problem)
	}
}

func TestADomainIsVerifiedWhenAllThreeRecordsAreThere(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-south-1"} {
		t.Run(region, func(t *testing.T) {
			x := claim(t, region)
			x.is(types.VerificationStatusPending, types.VerificationErrorHostNotFound)
			x.keys(2)
			x.pass(time.Minute)
			x.is(types.VerificationStatusPending, types.VerificationErrorHostNotFound)
			x.keys(3)
			x.is(types.VerificationStatusPending, types.VerificationErrorHostNotFound) // nobody has looked since
			x.pass(time.Minute)
			x.is(types.VerificationStatusSuccess, "")
			if r := x.get().VerificationInfo.SOARecord; r == nil || r.PrimaryNameServer == nil || *r.PrimaryNameServer == "" {
				t.Errorf("the zone's start of authority is %+v", r)
			}
		})
	}
}

func TestWhatIsWrongWithARecordIsNamed(t *testing.T) {
	x := claim(t, "us-east-1")
	first := x.get().DkimAttributes.Tokens[0] + "._domainkey." + x.name
	x.publish(first + `. 300 IN TXT "` + first + `.dkim.amazonses.com"`)
	x.pass(time.Minute)
	x.is(types.VerificationStatusPending, types.VerificationErrorTypeNotFound)
	if err := x.stub.Delete(first, "TXT"); err != nil {
		t.Fatal(err)
	}
	x.publish(first + ". 300 IN CNAME elsewhere.example.")
	x.pass(time.Minute)
	x.is(types.VerificationStatusPending, types.VerificationErrorInvalidValue)
}

func TestRecordsAreWaitedForSeventyTwoHours(t *testing.T) {
	x := claim(t, "us-east-1")
	x.pass(72*time.Hour - time.Second)
	x.is(types.VerificationStatusPending, types.VerificationErrorHostNotFound)
	x.pass(time.Minute)
	x.is(types.VerificationStatusFailed, types.VerificationErrorHostNotFound)
	x.keys(3)
	x.pass(24 * time.Hour)
	x.is(types.VerificationStatusFailed, types.VerificationErrorHostNotFound) // nobody looks any more
	_, err := x.c.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
		EmailIdentity: &x.name, MailFromDomain: aws.String("bounce." + x.name)})
	if err != nil {
		t.Fatal(err)
	}
	x.pass(time.Minute)
	if got := x.get(); got.VerifiedForSendingStatus || got.MailFromAttributes.MailFromDomainStatus != types.MailFromDomainStatusPending {
		t.Errorf("while MAIL FROM is looked at, what was given up is %+v", got)
	}
	out, err := x.c.PutEmailIdentityDkimSigningAttributes(t.Context(), &sesv2.PutEmailIdentityDkimSigningAttributesInput{
		EmailIdentity: &x.name, SigningAttributesOrigin: types.DkimSigningAttributesOriginAwsSes})
	if err != nil || out.DkimStatus != types.DkimStatusPending {
		t.Fatalf("%+v, %v", out, err)
	}
	x.keys(3)
	x.pass(time.Minute)
	x.is(types.VerificationStatusSuccess, "")
}

func TestRecordsThatVanishAreWaitedForAgain(t *testing.T) {
	x := claim(t, "us-east-1")
	x.keys(3)
	x.pass(time.Minute)
	x.is(types.VerificationStatusSuccess, "")
	x.unpublish()
	x.pass(59 * time.Minute)
	x.is(types.VerificationStatusSuccess, "") // what is verified is looked at by the hour
	x.pass(time.Minute)
	x.is(types.VerificationStatusTemporaryFailure, types.VerificationErrorHostNotFound)
	x.keys(3)
	x.pass(time.Minute)
	x.is(types.VerificationStatusSuccess, "")
	x.unpublish()
	x.pass(time.Hour)
	x.is(types.VerificationStatusTemporaryFailure, types.VerificationErrorHostNotFound)
	x.pass(72 * time.Hour)
	x.is(types.VerificationStatusFailed, types.VerificationErrorHostNotFound)
}

// A server that cannot say changes no state: neither what is verified nor what waits.
func TestAServerThatCannotSayChangesNothing(t *testing.T) {
	x := claim(t, "us-east-1")
	x.keys(3)
	x.pass(time.Minute)
	x.is(types.VerificationStatusSuccess, "")
	for _, token := range x.get().DkimAttributes.Tokens {
		if err := x.stub.Fail(token+"._domainkey."+x.name, dns.Fault{Kind: dns.ServFail}); err != nil {
			t.Fatal(err)
		}
	}
	x.pass(100 * time.Hour)
	x.is(types.VerificationStatusSuccess, types.VerificationErrorDnsServerError)
}

func TestAMailFromDomainNeedsOneMX(t *testing.T) {
	x := claim(t, "eu-central-1")
	bounce := "bounce." + x.name
	_, err := x.c.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
		EmailIdentity: &x.name, MailFromDomain: aws.String(bounce)})
	if err != nil {
		t.Fatal(err)
	}
	mailFrom := func(want types.MailFromDomainStatus) {
		t.Helper()
		x.pass(time.Minute)
		if got := x.get().MailFromAttributes.MailFromDomainStatus; got != want {
			t.Errorf("MAIL FROM is %s, want %s", got, want)
		}
	}
	mailFrom(types.MailFromDomainStatusPending)
	x.publish(bounce + ". 300 IN MX 10 mx.elsewhere.example.")
	mailFrom(types.MailFromDomainStatusPending)
	x.publish(bounce + ". 300 IN MX 10 feedback-smtp.eu-central-1.amazonses.com.")
	mailFrom(types.MailFromDomainStatusPending) // there must be one
	if err := x.stub.Delete(bounce, "MX"); err != nil {
		t.Fatal(err)
	}
	x.publish(strings.ToUpper(bounce) + ". 300 IN MX 10 feedback-smtp.eu-central-1.amazonses.com.")
	mailFrom(types.MailFromDomainStatusSuccess)
}

package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"latchkey.dev/infra/run/local"
	standin "latchkey.dev/infra/run/stripe"
)

// asked is an order of hosting and WhatsApp, for which the client pays.
var asked = m{"payer": "client", "order": m{"hosting": m{"storageGb": 30}, "whatsapp": true}}

// checkout is where a payment goes on.
type checkout struct {
	URL       string
	ExpiresAt time.Time
}

// session is the id of the payment service's page at the address.
func session(at string) string { return at[strings.LastIndexByte(at, '/')+1:] }

// pay does on the payment service's page what a person with that card does: "pay" or "decline".
func (p *product) pay(at, card string) {
	p.t.Helper()
	p.control(http.MethodPost, "stripe/checkout/"+session(at), m{"card": card}, nil)
}

// settled waits until events of that type have been told and dealt with, so that nobody looks at a payment any more who was
// not asked to.
func (p *product) settled(event string) {
	p.t.Helper()
	l := p.inside()
	variables, err := l.Stack.Variables()
	if err != nil {
		p.t.Fatal(err)
	}
	queue := variables["BILLING_QUEUE_URL"]
	jobs := sqs.NewFromConfig(p.aws())
	p.until("payments to be dealt with", func() bool {
		for _, e := range l.Stripe.Events() {
			if e.Type == event && !e.Taken {
				return false
			}
		}
		a, err := jobs.GetQueueAttributes(p.t.Context(),
			&sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
		if err != nil {
			p.t.Fatal(err)
		}
		return a.Attributes["ApproximateNumberOfMessages"] == "0" && a.Attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
	})
}

// paying invites the address to buy, and returns the invite, its link's secret and the person, signed in.
func (c *caller) paying(address string) (invite, string, *caller) {
	c.t.Helper()
	i := c.invite(address, asked)
	secret := c.nextToken(address)
	return i, secret, c.signIn(address)
}

// paidBody is what the API says of a payment.
type paidBody struct {
	Joined  bool
	Payment *struct{ State, Interval string }
}

// joins waits until the payment has made the person a client.
func (c *caller) joins(agency string) {
	c.t.Helper()
	c.until("the payment to be seen", func() bool {
		var b paidBody
		c.post("/v1/portal/checkout/confirm", m{"agency": agency}).is(200).into(&b)
		return b.Joined && b.Payment != nil && b.Payment.State == "active"
	})
}

func TestFE14FE16AClientPaysAndStandsInItsPortal(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	at := mine.ID

	var quote struct {
		Lines       []struct{ Product, Name string }
		Month, Year struct{ Total struct{ Text string } }
		Saving      struct{ Percent int }
	}
	o.post("/v1/quotes", m{"order": asked["order"]}).is(200).into(&quote)
	if len(quote.Lines) != 2 || quote.Month.Total.Text == "" || quote.Saving.Percent == 0 {
		t.Errorf("the quote: %+v", quote)
	}
	i, secret, c := o.paying(p.address("ops"))
	if i.Order == nil {
		t.Error("the invite has no order")
	}
	o.get("/v1/invites/" + i.ID + "/contract").is(200).hides("price_")
	c.get("/v1/portal/contract?agency=" + at).is(200)

	link := "/v1/invitations/" + secret
	c.post(link+"/accept", nil).fails(402, "payment_required")
	p.nobody().post(link+"/checkout", m{"interval": "month"}).fails(401, "unauthenticated")
	c.post(link+"/checkout", m{"interval": "week"}).fails(422, "invalid")
	c.post(link+"/checkout", m{"interval": "month", "offer": strings.Repeat("0", 32)}).fails(409, "offer_changed")
	other := p.signIn(p.address("other"))
	other.post(link+"/checkout", m{"interval": "month"}).fails(403, "wrong_account")

	// Two tabs have one page; another interval closes it.
	var first, second, third checkout
	c.post(link+"/checkout", m{"interval": "month"}).is(200).into(&first)
	c.post(link+"/checkout", m{"interval": "month"}).is(200).into(&second)
	c.post(link+"/checkout", m{"interval": "year"}).is(200).into(&third)
	if first.URL != second.URL || third.URL == first.URL {
		t.Errorf("pages: %s %s %s", first.URL, second.URL, third.URL)
	}
	p.pay(third.URL, "decline")
	var b paidBody
	if c.post("/v1/portal/checkout/confirm", m{"agency": at}).is(200).into(&b); b.Joined || b.Payment.State != "checkout_open" {
		t.Errorf("after a declined card: %+v", b)
	}
	p.pay(third.URL, "pay")
	p.until("the webhook to be dealt with", func() bool { return o.look(i.ID).Status == "accepted" })
	c.joins(at)
	c.post(link+"/checkout", m{"interval": "year"}).fails(409, "already_paid")
	c.get("/v1/portal").is(200)

	var account struct{ URL string }
	c.post("/v1/portal/billing", m{"agency": at}).is(200).into(&account)
	if !strings.Contains(account.URL, "/portal/") {
		t.Errorf("card and invoices are at %q", account.URL)
	}
	// Who pays stays until it cancels.
	o.delete("/v1/clients/"+i.ClientID).fails(409, "not_active")
	c.post("/v1/portal/leave", m{"agency": at}).fails(409, "not_active")
	c.delete("/v1/me").fails(409, "not_active")
	var client struct {
		Status string
		Invite struct {
			Payment struct{ State, Interval string }
		}
	}
	o.get("/v1/clients/" + i.ClientID).is(200).into(&client)
	if client.Status != "active" || client.Invite.Payment.State != "active" || client.Invite.Payment.Interval != "year" {
		t.Errorf("the client: %+v", client)
	}
}

func TestFE13WhatThereIsToPayAndWhatNot(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	at := mine.ID
	i, secret, c := o.paying(p.address("ops"))
	for _, order := range []m{{"hosting": m{"storageGb": 11}}, {"hosting": m{"storageGb": 0}}, {}} {
		o.post("/v1/quotes", m{"order": order}).fails(422, "invalid")
	}
	p.nobody().post("/v1/quotes", m{"order": asked["order"]}).fails(401, "unauthenticated")
	p.program(o.key("reads", "invites:read").Secret).post("/v1/quotes", m{"order": asked["order"]}).fails(403, "forbidden")
	p.nobody().get("/v1/invites/"+i.ID+"/contract").fails(401, "unauthenticated")
	p.program(o.key("clients", "clients:read").Secret).get("/v1/invites/"+i.ID+"/contract").fails(403, "forbidden")
	p.nobody().get("/v1/portal/contract?agency="+at).fails(401, "unauthenticated")
	for _, path := range []string{"/v1/portal/checkout/confirm", "/v1/portal/billing"} {
		p.nobody().post(path, m{"agency": at}).fails(401, "unauthenticated")
		c.post(path, m{"agency": "ag_01KC5R9V3MAG4J6M8P0S2V4X6Z"}).fails(404, "not_found")
		c.post(path, m{"agency": 7}).fails(422, "invalid")
	}

	free := o.invite(p.address("free"), m{"payer": "client"})
	freely := p.nextToken(free.Email)
	f := p.signIn(free.Email)
	f.post("/v1/invitations/"+freely+"/checkout", m{"interval": "month"}).fails(409, "nothing_to_pay")
	o.get("/v1/invites/"+free.ID+"/contract").fails(404, "not_found")
	f.get("/v1/portal/contract?agency="+at).fails(404, "not_found")
	f.post("/v1/invitations/"+freely+"/accept", nil).is(200)

	// A payment is made by somebody who has just proved to be it.
	p.advance(61 * time.Minute)
	c.strict = true
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).fails(403, "step_up_required")
	c.post("/v1/portal/billing", m{"agency": at}).fails(404, "not_found") // it has paid for nothing yet
	c = p.signIn(i.Email)

	// What was paid while it was being cancelled is a client's.
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.webhooks(standin.Plan{Hold: true})
	p.pay(page.URL, "pay")
	o.post("/v1/invites/"+i.ID+"/cancel", nil).fails(409, "already_paid")
	p.webhooks(standin.Plan{})
	p.until("the payment to be seen", func() bool { return o.look(i.ID).Status == "accepted" })

	late, link, _ := o.paying(p.address("late"))
	p.advance(8 * 24 * time.Hour)
	l := p.signIn(late.Email)
	l.post("/v1/invitations/"+link+"/checkout", m{"interval": "month"}).fails(410, "invitation_expired")
}

// What is not sold any more is said to be so, and nothing is charged.
func TestWhatIsNotSoldAnyMoreIsNotCharged(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	gone, link, g := o.paying(p.address("gone"))
	if err := p.inside().Stripe.Reprice("hosting_30", 9900, 99000); err != nil {
		t.Fatal(err)
	}
	g.post("/v1/invitations/"+link+"/checkout", m{"interval": "month"}).fails(422, "payments_not_set_up")
	o.post("/v1/invites/"+gone.ID+"/cancel", nil).is(200)
	g.post("/v1/invitations/"+link+"/checkout", m{"interval": "month"}).fails(410, "invitation_gone")
}

func TestCancellingAnInviteClosesItsPage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret, c := o.paying(p.address("ops"))
	var page checkout
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	if !p.closed(page.URL) {
		t.Error("a cancelled invite can be paid")
	}

	// Who declines, and who is removed or invited elsewhere, has its page closed too.
	n := 0
	for _, end := range []func(i invite, secret string){
		func(_ invite, secret string) { p.nobody().post("/v1/invitations/"+secret+"/decline", nil).is(204) },
		func(i invite, _ string) { o.delete("/v1/clients/" + i.ClientID).is(200) },
		func(i invite, secret string) {
			p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": p.address("elsewhere")}).is(204)
			o.post("/v1/invites/"+i.ID+"/proposal/approve", nil).is(202)
		},
	} {
		n++
		i, secret, c = o.paying(p.address(fmt.Sprint("no", n)))
		c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
		end(i, secret)
		if !p.closed(page.URL) {
			t.Error("what has ended can be paid")
		}
	}
}

// What was paid while it was being ended is not ended: nobody pays for nothing. Each end has a relationship of its own, since
// the first one that finds the payment has it looked at.
func TestWhatWasPaidAMomentAgoDoesNotEnd(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	var i invite
	var secret string
	var c *caller
	var page checkout
	for n, end := range []func() *answer{
		func() *answer { return p.nobody().post("/v1/invitations/"+secret+"/decline", nil) },
		func() *answer { return o.delete("/v1/clients/" + i.ClientID) },
		func() *answer { return o.post("/v1/invites/"+i.ID+"/cancel", nil) },
		func() *answer { return o.post("/v1/invites/"+i.ID+"/proposal/approve", nil) },
	} {
		i, secret, c = o.paying(p.address(fmt.Sprint("ops", n)))
		p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": p.address(fmt.Sprint("elsewhere", n))}).is(204)
		c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
		p.webhooks(standin.Plan{Hold: true})
		p.pay(page.URL, "pay")
		end().fails(409, "already_paid")
		p.webhooks(standin.Plan{})
		c.joins(mine.ID)
	}

	// It lapses, and is paid again while the client leaves, and while it erases itself.
	for _, end := range []func() *answer{
		func() *answer { return c.post("/v1/portal/leave", m{"agency": mine.ID}) },
		func() *answer { return c.delete("/v1/me") },
	} {
		p.lapse()
		paused := func() bool { return strings.Contains(c.get("/portal?agency="+mine.ID).text(), "Your portal is paused") }
		p.until("the portal to pause", paused)
		p.settled("customer.subscription.deleted")
		pay := url.Values{"agency": {mine.ID}, "interval": {"month"}}
		again := c.post("/checkout/start", pay).is(303).header.Get("Location")
		p.webhooks(standin.Plan{Hold: true})
		p.pay(again, "pay")
		end().fails(409, "already_paid")
		p.webhooks(standin.Plan{})
		c.joins(mine.ID)
	}

	// A page may be open for longer than its invite.
	i, secret, _ = o.paying(p.address("late"))
	p.advance(7*24*time.Hour - time.Hour)
	c, o = p.signIn(i.Email), p.signIn(owner)
	c.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.advance(2 * time.Hour)
	p.webhooks(standin.Plan{Hold: true})
	p.pay(page.URL, "pay")
	o.post("/v1/clients/"+i.ClientID+"/erase", nil).fails(409, "already_paid")
	p.webhooks(standin.Plan{})
	p.advance(31 * time.Minute) // nobody tells: it is looked after
	p.until("the payment to be seen", func() bool { return o.look(i.ID).Status == "accepted" })
}

func TestAnAgencyBuysMax(t *testing.T) {
	p := start(t)
	o := p.signIn(soloOwner)
	o.post("/v1/agency/plan", m{"interval": "week"}).fails(422, "invalid")
	o.post("/v1/agency/billing", nil).fails(404, "not_found")
	p.nobody().post("/v1/agency/plan", m{"interval": "year"}).fails(401, "unauthenticated")
	p.nobody().post("/v1/agency/billing", nil).fails(401, "unauthenticated")
	admin := p.address("admin")
	o.post("/v1/members", m{"email": admin, "level": "admin"}).is(201)
	p.nextMail(admin) // which tells it so; the one with the code comes after it
	a := p.signIn(admin)
	a.post("/v1/agency/plan", m{"interval": "year"}).fails(403, "forbidden")
	a.post("/v1/agency/billing", nil).fails(403, "forbidden")

	var page checkout
	o.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	p.until("the plan", func() bool {
		var agency struct{ Plan string }
		o.get("/v1/agency").is(200).into(&agency)
		return agency.Plan == "max"
	})
	o.post("/v1/agency/plan", m{"interval": "year"}).fails(409, "already_paid")
	o.post("/v1/agency/billing", nil).is(200)
	o.invite(p.address("first"))
}

func TestWhereNothingIsSoldEverybodyIsToldSo(t *testing.T) {
	p := own(t, local.Options{Parameters: map[string]string{"StripeSecretParameter": "", "StripeWebhookSecretParameter": ""}})
	o := p.signIn(owner)
	mine, _ := o.agency()
	o.post("/v1/invites", m{"email": p.address("a"), "payer": "client", "order": asked["order"]}).fails(422, "payments_not_set_up")
	o.post("/v1/invites/preview", m{"email": p.address("a"), "payer": "client", "order": asked["order"]}).fails(422, "payments_not_set_up")
	o.post("/v1/quotes", m{"order": asked["order"]}).fails(422, "payments_not_set_up")
	o.post("/v1/agency/plan", m{"interval": "year"}).fails(422, "payments_not_set_up")
	o.post("/v1/agency/billing", nil).fails(422, "payments_not_set_up")
	c := p.signIn(p.address("b"))
	c.post("/v1/portal/billing", m{"agency": mine.ID}).fails(422, "payments_not_set_up")
}

// Nobody but Stripe, and the program that sets up what is bought, is listened to.
func TestOnlyWhoSignsIsListenedTo(t *testing.T) {
	p := start(t)
	body := `{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1","object":"invoice"}}}`
	for _, signature := range []string{"", "t=1,v1=00", standin.Sign([]byte(body), []string{"whsec_of_somebody_else"}, p.now())} {
		p.nobody().post("/stripe/webhook", raw(body), "Stripe-Signature", signature).is(400)
	}
	p.nobody().post("/stripe/webhook", url.Values{"id": {"evt_1"}}).is(400)
	told := `{"type":"provision.changed","data":{"agency":"ag_01KB6PZ8Q3M1V4W7X9Y2Z5A8BC",` +
		`"client":"cl_01KB6PZ8Q3M1V4W7X9Y2Z5A8BC","key":"si_1"}}`
	p.nobody().post("/provisioner/callback", raw(told)).is(401)
	p.nobody().post("/provisioner/callback", raw(told), "Webhook-Id", "msg_1", "Webhook-Timestamp", strconv.FormatInt(p.now().Unix(), 10),
		"Webhook-Signature", "v1,bm90aGluZw==").is(401)
}

// TestFE23AClientPaysByThePages walks from the mail to the portal by links and forms alone.
func TestFE23AClientPaysByThePages(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	o.get("/clients?invite=new").is(200).shows("n8n Hosting", "€49.00 a month", "These prices are locked into the invite.")
	o.post("/clients", url.Values{"email": {"pages@client.example"}, "payer": {"client"}, "hosting": {"30"}}).is(303)
	link := "/i/" + p.nextToken("pages@client.example")
	c := p.nobody()
	c.get(link).is(200).shows("Your order", "n8n Hosting, 30 GB", "€49.00 a month")
	c.post(link, do("code", url.Values{})).is(303)
	a := c.post(link, url.Values{"code": {p.nextCode("pages@client.example")}}).is(303)
	c.cookie = a.session()
	at := a.header.Get("Location")
	if at != "/checkout?agency="+mine.ID {
		t.Fatalf("signing in leads to %s", at)
	}
	a = c.get(at).is(200).shows("How would you like to pay?", "You save", "€490.00")
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://checkout.stripe.com") {
		t.Errorf("the form may not lead to the payment service: %s", policy)
	}
	p.nobody().get(at).is(303).has("Location", "/sign-in?next="+url.QueryEscape(at))
	c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"week"}}).is(303).has("Location", at+"&problem=invalid")
	c.get(at + "&problem=invalid").is(200).shows("Choose monthly or annual.")
	c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"year"}}, "Sec-Fetch-Site", "cross-site").is(403)
	p.nobody().post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"year"}}).is(303).has("Location",
		"/sign-in?next="+url.QueryEscape(at))
	till := c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"year"}}).is(303).header.Get("Location")
	if !strings.Contains(till, "/_local/stripe/checkout/") {
		t.Fatalf("the form leads to %s", till)
	}
	c.get(at + "&canceled=1").is(200).shows("Nothing was charged")
	done := "/checkout/done?agency=" + mine.ID
	waiting := c.get(done).is(303).header.Get("Location")
	c.get(waiting).is(200).shows("Confirming your payment")
	p.webhooks(standin.Plan{Lose: 1})
	p.pay(till, "pay")
	p.webhooks(standin.Plan{})
	c.get(done).is(303).has("Location", "/portal?agency="+mine.ID+"&welcome=1")
	c.get("/portal?agency="+mine.ID).is(200).shows("Your portal", "Card and invoices")
	c.get(at).is(303).has("Location", "/portal?agency="+mine.ID)
	c.get(waiting).is(303)
	c.post("/portal/billing", url.Values{"agency": {mine.ID}}).is(303)

	// It lapses, and is taken up again.
	p.lapse()
	p.until("the portal to pause", func() bool {
		return strings.Contains(c.get("/portal?agency="+mine.ID).text(), "Your portal is paused")
	})
	c.get(at).is(200).shows("Restart your subscription")
	till = c.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"month"}}).is(303).header.Get("Location")
	c.get("/portal?agency=" + mine.ID).is(200).shows("Your portal is paused")
	p.pay(till, "pay")
	p.until("the portal to open", func() bool { return strings.Contains(c.get("/portal?agency="+mine.ID).text(), "What Northwind") })

	s := p.signIn(soloOwner)
	s.get("/upgrade").is(200).shows("Continue to payment")
	till = s.post("/upgrade/start", url.Values{"interval": {"year"}}).is(303).header.Get("Location")
	p.pay(till, "pay")
	p.until("Max", func() bool { return strings.Contains(s.get("/upgrade?paid=1").text(), "You're on Max") })
	s.post("/upgrade/start", url.Values{"account": {"1"}}).is(303)
	s.post("/upgrade/start", url.Values{"interval": {"year"}}).is(303).has("Location", "/upgrade")
}

// billingJob does with payments whatever can be done, for those who watch the functions.
func billingJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(61 * time.Minute)
	o := p.signIn(owner)
	kept.keep(o.cookie)
	mine, _ := o.agency()
	at := mine.ID
	i, secret, c := o.paying("payer@client.example")
	kept.keep(secret)
	kept.keep(c.cookie)
	link := "/v1/invitations/" + secret
	o.post("/v1/quotes", m{"order": asked["order"]}).is(200)
	o.get("/v1/invites/" + i.ID + "/contract").is(200)
	c.get("/v1/portal/contract?agency=" + at).is(200)
	o.get("/clients/" + i.ClientID + "/contract").is(200)
	c.get("/portal/contract?agency=" + at).is(200)
	var page checkout
	lose := func(f func()) { // nobody is told of what happens
		p.webhooks(standin.Plan{Lose: 1})
		f()
		p.webhooks(standin.Plan{})
	}
	lose(func() {
		c.post(link+"/checkout", m{"interval": "month"}).is(200)
		c.post(link+"/checkout", m{"interval": "year"}).is(200).into(&page)
		p.pay(page.URL, "pay")
	})
	c.joins(at)
	o.get("/clients/" + i.ClientID + "/contract?as=text").is(200)
	c.post("/v1/portal/billing", m{"agency": at}).is(200)

	// One whose webhook comes first, and one that is paid while it is being cancelled.
	two, secret, d := o.paying("payer-two@client.example")
	kept.keep(secret)
	kept.keep(d.cookie)
	d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.advance(3 * time.Minute) // the sweep looks at the open page
	p.pay(page.URL, "pay")
	p.until("the payment", func() bool { return o.look(two.ID).Status == "accepted" })
	p.skipMails(owner)
	p.control(http.MethodPost, "stripe/subscriptions/"+p.subscriptions()[0].ID, m{"do": "inquire"}, nil)
	p.nextOf(owner, "a mail that says that no money has moved", func(m mail) bool { return strings.Contains(m.Text, "No money has moved") })
	for n, cancel := range []func(i invite){
		func(i invite) { o.post("/v1/invites/"+i.ID+"/cancel", nil).is(409) },
		func(i invite) { o.post("/clients/"+i.ClientID, do("cancel", url.Values{})).is(409) },
		func(i invite) { d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(409) },
	} {
		var next invite
		next, secret, d = o.paying([]string{"payer-three@client.example", "payer-four@client.example", "payer-five@client.example"}[n])
		kept.keep(secret)
		kept.keep(d.cookie)
		d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
		lose(func() { p.pay(page.URL, "pay") })
		cancel(next)
	}

	// What is ended while its page is being paid is looked at by the worker, whoever ends it.
	var ended invite
	for n, end := range []func(){
		func() { p.nobody().post("/v1/invitations/"+secret+"/decline", nil).is(409) },
		func() { p.nobody().post("/i/"+secret, do("decline", url.Values{})).is(409) },
		func() { o.delete("/v1/clients/" + ended.ClientID).is(409) },
		func() {
			p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": "elsewhere@client.example"}).is(204)
			o.post("/v1/invites/"+ended.ID+"/proposal/approve", nil).is(409)
		},
	} {
		ended, secret, d = o.paying(fmt.Sprintf("payer-ended-%d@client.example", n))
		kept.keep(secret)
		kept.keep(d.cookie)
		d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
		p.webhooks(standin.Plan{Hold: true})
		p.pay(page.URL, "pay")
		end()
		p.webhooks(standin.Plan{})
		d.joins(at)
	}
	for _, end := range []func(){ // it lapses, and is paid again meanwhile
		func() { d.post("/v1/portal/leave", m{"agency": at}).is(409) },
		func() { d.delete("/v1/me").is(409) },
		func() { d.post("/account", do("leave", url.Values{"agency": {at}})).is(409) },
	} {
		p.lapse()
		p.until("the portal to pause", func() bool { return strings.Contains(d.get("/portal?agency="+at).text(), "Your portal is paused") })
		p.settled("customer.subscription.deleted")
		again := d.post("/checkout/start", url.Values{"agency": {at}, "interval": {"month"}}).is(303).header.Get("Location")
		p.webhooks(standin.Plan{Hold: true})
		p.pay(again, "pay")
		end()
		p.webhooks(standin.Plan{})
		d.joins(at)
	}
	late, secret, _ := o.paying("payer-late@client.example") // a page may be open for longer than its invite
	kept.keep(secret)
	p.advance(7*24*time.Hour - time.Hour)
	d, o = p.signIn(late.Email), p.signIn(owner)
	kept.keep(d.cookie, o.cookie)
	d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.advance(2 * time.Hour)
	p.webhooks(standin.Plan{Hold: true})
	p.pay(page.URL, "pay")
	o.post("/v1/clients/"+late.ClientID+"/erase", nil).is(409)
	p.webhooks(standin.Plan{})

	six, secret, f := o.paying("payer-six@client.example")
	kept.keep(secret)
	kept.keep(f.cookie)
	where := url.Values{"agency": {at}, "interval": {"month"}}
	f.get("/checkout?agency=" + at).is(200)
	f.post("/checkout/start", where).is(303)
	till := f.post("/checkout/start", where).is(303).header.Get("Location")
	f.get("/checkout/done?agency=" + at).is(303)
	f.get("/checkout/waiting?agency=" + at).is(200)
	lose(func() { p.pay(till, "pay") })
	f.get("/checkout/done?agency=" + at).is(303)
	f.post("/portal/billing", where).is(303)
	o.look(six.ID)
	_, secret, f = o.paying("payer-seven@client.example")
	kept.keep(secret)
	kept.keep(f.cookie)
	till = f.post("/checkout/start", where).is(303).header.Get("Location")
	lose(func() { p.pay(till, "pay") })
	f.post("/checkout/start", where).is(303)

	s := p.signIn(soloOwner)
	kept.keep(s.cookie)
	lose(func() {
		s.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303)
		s.get("/upgrade?paid=1").is(200)
		s.post("/v1/agency/plan", m{"interval": "month"}).is(200)
		s.post("/v1/agency/plan", m{"interval": "year"}).is(200).into(&page)
		p.pay(page.URL, "pay")
	})
	s.post("/v1/agency/plan", m{"interval": "year"}).is(409)
	p.advance(16 * time.Minute) // the reconciliation finds it
	p.until("the plan", func() bool {
		var agency struct{ Plan string }
		s.get("/v1/agency").is(200).into(&agency)
		return agency.Plan == "max"
	})
	s.post("/v1/agency/billing", nil).is(200)
	s.post("/upgrade/start", url.Values{"account": {"1"}}).is(303)

	// Max lapses, and is bought again by the form.
	p.lapse()
	p.until("the plan to end", func() bool { return strings.Contains(s.get("/upgrade").text(), "Continue to payment") })
	till = s.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303).header.Get("Location")
	lose(func() { p.pay(till, "pay") })
	s.post("/upgrade/start", url.Values{"interval": {"month"}}).is(303)

	// Whoever invited is gone: what waits to be told to them goes with them, and an owner is told in their place.
	o = p.signIn(owner)
	kept.keep(o.cookie)
	who, admin := o.hire("gone@northwind.example", "admin")
	kept.keep(admin.cookie)
	left, secret, d := admin.paying("payer-left@client.example")
	kept.keep(secret)
	kept.keep(d.cookie)
	d.post("/v1/invitations/"+secret+"/checkout", m{"interval": "month"}).is(200).into(&page)
	p.pay(page.URL, "pay")
	p.until("the payment", func() bool { return o.look(left.ID).Status == "accepted" })
	p.advance(61 * time.Second)
	o.delete("/v1/members/" + who.ID).is(204)
	p.skipMails(owner)
	p.control(http.MethodPost, "stripe/subscriptions/"+p.subscriptions()[0].ID, m{"do": "inquire"}, nil)
	p.until("the owner to be told", func() bool {
		return slices.ContainsFunc(p.mails(owner), func(x mail) bool { return strings.Contains(x.Text, "payer-left@client.example") })
	})
	p.advance(4 * time.Minute)
	p.advance(61 * time.Second)
	p.skipMails(owner)
}

// renewalJob has the renewal of the agency's plan wait for its owner, who has bought it for a month.
func renewalJob(p *product) {
	p.t.Helper()
	s := p.signIn(soloOwner)
	var portal struct{ URL string }
	s.post("/v1/agency/billing", nil).is(200).into(&portal)
	p.skipMails(soloOwner)
	at, err := url.Parse(portal.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	p.control(http.MethodPost, strings.TrimPrefix(at.Path, "/_local/"), m{"do": "card", "number": "4000002760003184"}, nil)
	for _, plan := range p.subscriptions() {
		if plan.Email == soloOwner && !plan.Ended {
			p.control(http.MethodPost, "stripe/subscriptions/"+plan.ID, m{"do": "renew"}, nil)
		}
	}
	p.until("the owner to be asked", func() bool {
		return slices.ContainsFunc(p.mails(soloOwner), func(x mail) bool { return strings.Contains(x.Subject, "Confirm your payment") })
	})
}

func TestPayingTakesRequestsOfItsOwnSiteAndSizeOnly(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for path, body := range map[string]m{"/v1/quotes": {"order": m{}}, "/v1/invitations/lki_x/checkout": {"interval": "year"}, "/v1/portal/checkout/confirm": {"agency": "ag_x"},
		"/v1/portal/billing": {"agency": "ag_x"}, "/v1/agency/plan": {"interval": "year"}, "/v1/agency/billing": nil} {
		o.post(path, body, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
		if body != nil {
			o.post(path, raw(`{"name":"`+strings.Repeat("x", 256<<10)+`"}`)).fails(413, "too_large")
			o.post(path, raw("{")).fails(400, "malformed")
		}
	}
}

package local

import (
	"context"
	"net/http"
	"strings"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/adapter/picture"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/usecase/sweep"
	"latchkey.dev/shared/wire"
)

// functions makes the handlers that the Lambda mains start, by their logical ids in the template. Which there are is
// for api.Operations and web.Pages to say; the host compares them with the template. Calls to n8n instances go through far;
// who is paid is asked at the till, which is nil where nothing is sold.
func functions(env *environment.Environment, far http.RoundTripper, till billing.Till, program http.RoundTripper) (map[string]event.Function, error) {
	table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
	mail, jobs := sqs.Open(env.AWS("sqs"), env.String("MAIL_QUEUE_URL")), sqs.Open(env.AWS("sqs"), env.String("BILLING_QUEUE_URL"))
	origin := env.Origin("ORIGIN")
	key := ssm.Secret(env, "SECRET_PARAMETER")

	door := &signin.Doorkeeper{Store: table, Now: env.Now}
	codes := &signin.Codes{Store: table, Queue: mail, Key: key, Now: env.Now}
	set, prices := wire.Settings(env), &billing.PriceList{Store: table, Now: env.Now}
	orders := sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL"))
	cashier := &billing.Cashier{Store: table, Till: till, Provision: orders, Settings: set, Now: env.Now}
	plans := &billing.Plans{Store: table, Till: till, Prices: prices, Settings: set, Now: env.Now}
	clerk := &billing.Clerk{Cashier: cashier, Plans: plans, Queue: jobs, Tariff: table, Now: env.Now}
	ledger := &billing.Ledger{Store: table}
	closer := &billing.Closer{Till: till}
	inviter := &onboarding.Inviter{Store: table, Queue: mail, Prices: prices, Till: &billing.Closer{Till: till, Queue: jobs}, Now: env.Now}
	directory := &onboarding.Directory{Store: table, Prices: table, Now: env.Now}
	chronicle := &activity.Chronicle{Store: table, Now: env.Now}
	keeper := &clients.Keeper{Store: table, Till: closer, Now: env.Now}
	reception := &onboarding.Reception{Store: table, Till: closer, Now: env.Now}
	keys := &signin.Keys{Store: table, Now: env.Now}
	founding := &signin.Agencies{Store: table, Now: env.Now}
	ownOffice := &agencies.Office{Store: table, Queue: mail, Picture: picture.Read, Now: env.Now}
	me := &account.Account{Store: table, Till: closer, Now: env.Now, MayResign: ownOffice.MayResign, Resign: ownOffice.Resign}
	clientPortal := &portal.Portal{Store: table, Now: env.Now}
	caller, seals := n8n.New(n8n.Allowed(env), far), ssm.Ring(env, "SEAL_PARAMETER")
	instances := &portal.Instances{Store: table, N8N: caller, Keys: seals, Now: env.Now}
	connector := &resources.Connector{Store: table, N8N: caller, Keys: seals, Open: n8n.Allowed(env), Now: env.Now}
	worker := &delivery.Worker{Store: table, Mailer: ses.Open(env.AWS("sesv2"), env.String("CONFIGURATION_SET")), Domains: domains{}, Queue: mail,
		Key: key, Origin: origin, Platform: env.String("PLATFORM_NAME"), From: env.String("MAIL_FROM"), Now: env.Now}
	feedback := &delivery.Feedback{Store: table, Now: env.Now}
	sweeper := &sweep.Sweep{Store: table, Queue: mail, Billing: jobs, Provision: orders, Now: env.Now, Note: event.Annotate}
	driver, err := provisionhook.From(env, ssm.Given(env, "PROVISIONER_SECRET_PARAMETER"), program)
	if err != nil {
		return nil, err
	}
	builder := &provisioning.Worker{Store: table, Driver: driver, Till: cashier, Queue: orders, Mail: mail, Keys: seals, Now: env.Now}
	retrier := &provisioning.Retrier{Store: table, Queue: orders, Now: env.Now}

	all := map[string]event.Function{
		"Provision":           event.Queue("provision", event.Body(builder.Handle)),
		"SendMail":            event.Queue("sendMail", event.Body(worker.Handle)),
		"RecordDelivery":      event.Queue("recordDelivery", event.Body(ses.Recorder(feedback))),
		"Sweep":               event.Schedule("sweep", sweeper.Run),
		"Bill":                event.Queue("bill", event.Body(clerk.Handle)),
		"Reconcile":           event.Schedule("reconcile", clerk.Reconcile),
		"ProvisionerCallback": event.HTTP("provisionerCallback", provisionhook.Receiver(provisionhook.Key(ssm.Given(env, "PROVISIONER_SECRET_PARAMETER")), env.Now, orders)),
		"StripeWebhook":       event.HTTP("stripeWebhook", stripe.Receiver([]string{webhookSecret}, env.Now, clerk.Listen)),
	}
	for _, o := range api.Operations(api.Services{Door: door, Codes: codes, Keys: keys, Agencies: founding, Office: ownOffice, Inviter: inviter,
		Directory: directory, Keeper: keeper, Retrier: retrier, Chronicle: chronicle, Reception: reception, Portal: clientPortal, Account: me, Instances: instances, Connector: connector,
		Cashier: cashier, Plans: plans, Prices: prices, Ledger: ledger, Origin: origin}) {
		all[logicalID(o.ID)] = o.Function(origin)
	}
	for _, p := range web.Pages(web.Dependencies{Door: door, Codes: codes, Inviter: inviter, Directory: directory, Keeper: keeper, Retrier: retrier, Chronicle: chronicle, Reception: reception, Portal: clientPortal, Account: me,
		Instances: instances, Connector: connector, Keys: keys, Agencies: founding, Office: ownOffice, Cashier: cashier, Plans: plans, Prices: prices, Ledger: ledger, Support: env.Optional("SUPPORT_EMAIL"), Platform: env.String("PLATFORM_NAME"), Origin: origin, Now: env.Now}) {
		all[logicalID(p.ID)] = p.Function()
	}
	return all, env.Err()
}

// logicalID is the name in the template of the function of an operation: the same with a capital.
func logicalID(operation string) string { return strings.ToUpper(operation[:1]) + operation[1:] }

// domains stands in for DNS, which knows none of the names that are reserved for documentation and tests (RFC 2606):
// names under .invalid do not exist, nullmx.example takes no mail, and all others do.
type domains struct{}

// TakesMail answers as mx.Resolver would.
func (domains) TakesMail(_ context.Context, domain string) error {
	switch {
	case domain == "nullmx.example":
		return &delivery.Refusal{Reason: "the domain " + domain + " takes no mail"}
	case strings.HasSuffix(domain, ".invalid"):
		return &delivery.Refusal{Reason: "there is no domain " + domain + ". Check the address for a typing error"}
	}
	return nil
}

// codeKey is the secret that a deployment's operator makes: the key of the sign-in codes' digests. Here table, codes
// and mailbox are one process's, on one machine, and there is nobody to keep it from.
const codeKey = "the local run keeps no secrets from its own machine"

// webhookSecret is what the stand-in for Stripe signs its webhooks with.
const webhookSecret = "whsec_the_stand_in_and_the_product_are_one_process" //nolint:gosec // see codeKey

// sealKey is the key that n8n instances' API keys are encrypted with; what is said of codeKey holds for it.
const sealKey = "what the local run seals it could as well leave open"

// nearby carries calls to n8n instances: to the stand-ins, which are at the product's own origin, without the network, and
// to all others over it.
func (l *Local) nearby() http.RoundTripper {
	within, network := roundtrip.Transport(http.StripPrefix(standIns, l.n8n)), &http.Transport{ForceAttemptHTTP2: true}
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme+"://"+r.URL.Host == l.near && strings.HasPrefix(r.URL.Path, standIns+"/") {
			return within.RoundTrip(r)
		}
		return network.RoundTrip(r)
	})
}

// standIns is the path below which the stand-ins for n8n are.
const standIns = "/_local/n8n"

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Package intake wires the functions that take news from outside and put them on a queue, for others to deal with. They
// have no table, and so do not link what speaks to one; see the package bare.
package intake

import (
	"strings"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/wire/bare"
)

// Parts makes queues and secrets when they are first asked for. It must never be put into an interface.
type Parts struct {
	bare.Parts

	queues map[string]*sqs.Queue
	given  map[string]string
}

// From makes the parts of an environment.
func From(env *environment.Environment) *Parts {
	return &Parts{Parts: bare.Parts{Environment: env}, queues: map[string]*sqs.Queue{}, given: map[string]string{}}
}

// queue is the queue whose URL is in the variable.
func (p *Parts) queue(variable string) *sqs.Queue {
	if p.queues[variable] == nil {
		p.queues[variable] = sqs.Open(p.AWS("sqs"), p.String(variable))
	}
	return p.queues[variable]
}

// MailQueue takes jobs of mail.
func (p *Parts) MailQueue() *sqs.Queue { return p.queue("MAIL_QUEUE_URL") }

// RelayQueue takes jobs of mail that goes by agencies' own servers.
func (p *Parts) RelayQueue() *sqs.Queue { return p.queue("RELAY_QUEUE_URL") }

// BillingQueue takes jobs about payments.
func (p *Parts) BillingQueue() *sqs.Queue { return p.queue("BILLING_QUEUE_URL") }

// ProvisionQueue takes jobs about what was paid for.
func (p *Parts) ProvisionQueue() *sqs.Queue { return p.queue("PROVISION_QUEUE_URL") }

// SendersQueue takes jobs of sender domains that have to be looked at.
func (p *Parts) SendersQueue() *sqs.Queue { return p.queue("SENDERS_QUEUE_URL") }

// IdentitiesQueue takes jobs for which the mail service's control plane is called.
func (p *Parts) IdentitiesQueue() *sqs.Queue { return p.queue("IDENTITIES_QUEUE_URL") }

// WebhooksQueue takes jobs of events on their way to agencies' programs.
func (p *Parts) WebhooksQueue() *sqs.Queue { return p.queue("WEBHOOKS_QUEUE_URL") }

// Secret is the value of the parameter that the variable names; "" where it names none.
func (p *Parts) Secret(variable string) string {
	v, ok := p.given[variable]
	if !ok {
		v = ssm.Given(p.Environment, variable)
		p.given[variable] = v
	}
	return v
}

// PaymentListener takes what the payment service tells.
func (p *Parts) PaymentListener() *billing.Listener {
	return &billing.Listener{Queue: p.BillingQueue()}
}

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p *Parts }

// With are the functions made of these parts.
func With(p *Parts) Functions { return Functions{p} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(From(env))), nil
	})
}

// StripeWebhook serves /stripe/webhook.
func (f Functions) StripeWebhook() event.Function {
	secrets := strings.Split(f.p.Secret("STRIPE_WEBHOOK_SECRET_PARAMETER"), ",")
	return event.HTTP("stripeWebhook", stripe.Receiver(secrets, f.p.Now, f.p.PaymentListener().Listen))
}

// ProvisionerCallback serves /provisioner/callback.
func (f Functions) ProvisionerCallback() event.Function {
	key := provisionhook.Key(f.p.Secret("PROVISIONER_SECRET_PARAMETER"))
	return event.HTTP("provisionerCallback", provisionhook.Receiver(key, f.p.Now, f.p.ProvisionQueue()))
}

// Package wire makes the product's parts out of what a function is told by its environment, and its functions out of the
// parts. It is the only wiring of the code: a main starts one of [Functions], and the local run and the suites host the same
// ones. What the functions are invoked by is in the templates.
package wire

import (
	"net/http"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/delivery"
)

// Parts makes each part when it is first asked for, from the environment. It must never be put into an interface: then the
// linker drops what a function does not ask for.
type Parts struct {
	*environment.Environment
	Outside

	table  *dynamo.Table
	queues map[string]*sqs.Queue
	given  map[string]string
}

// Outside takes the place of what is outside of the deployment, for the local run and the suites. What is nil is the real one.
type Outside struct {
	// Payments is asked in the place of Stripe, where a key of Stripe's is given at all.
	Payments billing.Provider
	// Egress judges which addresses may be called. Nil is the strict one: no template can set another.
	Egress *egress.Policy
	// N8N and Program carry the calls to n8n instances and to the operator's program in the place of the network.
	N8N, Program http.RoundTripper
	// Domains is asked in the place of DNS whether a domain takes mail.
	Domains delivery.Domains
}

// Functions has one method for each function of the deployment, named by its logical id in the templates.
type Functions struct{ p *Parts }

// With are the functions made of these parts.
func With(p *Parts) Functions { return Functions{p} }

// Start serves one function through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(Functions{&Parts{Environment: env}}), nil
	})
}

// Table is the deployment's table.
func (p *Parts) Table() *dynamo.Table {
	if p.table == nil {
		p.table = dynamo.Open(p.AWS("dynamodb"), p.String("TABLE_NAME"), p.Now)
	}
	return p.table
}

// queue is the queue whose URL is in the variable.
func (p *Parts) queue(variable string) *sqs.Queue {
	if p.queues[variable] == nil {
		if p.queues == nil {
			p.queues = map[string]*sqs.Queue{}
		}
		p.queues[variable] = sqs.Open(p.AWS("sqs"), p.String(variable))
	}
	return p.queues[variable]
}

// MailQueue takes jobs of mail.
func (p *Parts) MailQueue() *sqs.Queue { return p.queue("MAIL_QUEUE_URL") }

// BillingQueue takes jobs about payments.
func (p *Parts) BillingQueue() *sqs.Queue { return p.queue("BILLING_QUEUE_URL") }

// ProvisionQueue takes jobs about what was paid for.
func (p *Parts) ProvisionQueue() *sqs.Queue { return p.queue("PROVISION_QUEUE_URL") }

// Egress judges which addresses outside may be called.
func (p *Parts) Egress() egress.Policy {
	if p.Outside.Egress != nil {
		return *p.Outside.Egress
	}
	policy, err := egress.FromProcess(p.Optional)
	if err != nil {
		p.Fail(err)
	}
	return policy
}

// secret is the value of the parameter that the variable names; "" where it names none.
func (p *Parts) secret(variable string) string {
	v, ok := p.given[variable]
	if !ok {
		if p.given == nil {
			p.given = map[string]string{}
		}
		v = ssm.Given(p.Environment, variable)
		p.given[variable] = v
	}
	return v
}

// Origin is the platform's public origin.
func (p *Parts) Origin() string { return p.Environment.Origin("ORIGIN") }

// Platform is the platform's name as people read it.
func (p *Parts) Platform() string { return p.String("PLATFORM_NAME") }

// Site is what every page has in common.
func (p *Parts) Site() *web.Site { return web.New(p.Platform(), p.Origin(), p.Now) }

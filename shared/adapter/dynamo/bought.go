package dynamo

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// within reads a map, when it is there.
func (r *reader) within(name string, f func(*reader)) {
	switch m := r.item[name].(type) {
	case nil:
	case *types.AttributeValueMemberM:
		in := &reader{item: m.Value}
		f(in)
		if in.err != nil && r.err == nil {
			r.err = in.err
		}
	default:
		r.wrong(name)
	}
}

// m writes a map, unless it is empty.
func (i writer) m(name string, v writer) {
	if len(v) > 0 {
		i[name] = &types.AttributeValueMemberM{Value: v}
	}
}

func (i writer) l(name string, v []writer) {
	if len(v) == 0 {
		return
	}
	all := make([]types.AttributeValue, len(v))
	for n, m := range v {
		all[n] = &types.AttributeValueMemberM{Value: m}
	}
	i[name] = list(all)
}

func writeContract(c *contract.Contract) writer {
	w := writer{"at": at(c.At)}
	w.s("tax", string(c.Tax.Way))
	w.n("rate", c.Tax.Rate)
	w.s("taxId", c.Tax.ID)
	w.s("lang", string(c.Language))
	lines := make([]writer, len(c.Lines))
	for n, l := range c.Lines {
		m := writer{"product": str(string(l.Product))}
		m.n("gb", l.StorageGB)
		m.m("month", writePrice(l.Month))
		m.m("year", writePrice(l.Year))
		lines[n] = m
	}
	w.l("lines", lines)
	return w
}

func writePrice(p contract.Price) writer {
	w := writer{}
	w.s("id", p.ID)
	w.s("currency", p.Amount.Currency)
	if p.Amount.Minor != 0 {
		w["minor"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(p.Amount.Minor, 10)}
	}
	return w
}

func readPrice(r *reader, name string) (p contract.Price) {
	r.within(name, func(m *reader) {
		p = contract.Price{ID: m.s("id"), Amount: money.Amount{Minor: m.n("minor"), Currency: m.s("currency")}}
	})
	return p
}

func readContract(r *reader) *contract.Contract {
	c := &contract.Contract{Tax: contract.Tax{Way: contract.Taxation(r.s("tax")), Rate: int(r.n("rate")), ID: r.s("taxId")},
		At: r.time("at"), Language: words.Language(r.s("lang"))}
	r.maps("lines", func(m *reader) {
		c.Lines = append(c.Lines,
			contract.Line{Article: contract.Article{Product: contract.Product(m.s("product")), StorageGB: int(m.n("gb"))},
				Month: readPrice(m, "month"), Year: readPrice(m, "year")})
	})
	return c
}

func writeSubscription(s *subscription.Subscription) writer {
	w := writer{}
	w.s("state", string(s.State))
	w.s("interval", string(s.Interval))
	w.s("customer", s.Customer)
	w.s("reads", s.Reads)
	w.s("subscription", s.Reference)
	w.t("paid", s.PaidAt)
	w.t("period", s.PeriodEnd)
	if s.Ending {
		w.n("ending", 1)
	}
	if s.Resting {
		w.n("resting", 1)
	}
	w.t("ends", s.EndsAt)
	w.s("asked", s.Asked)
	w.s("askedURL", s.AskedURL)
	if s.Inquiry {
		w.n("inquiry", 1)
	}
	w.n("untold", int(s.Untold))
	w.t("telling", s.Telling)
	w.t("pastDue", s.PastDueSince)
	w.t("ended", s.EndedAt)
	w.t("due", s.Due)
	c := writer{}
	c.s("id", s.Checkout.ID)
	c.s("url", s.Checkout.URL)
	c.n("attempt", s.Checkout.Attempt)
	c.t("opened", s.Checkout.OpenedAt)
	c.t("expires", s.Checkout.ExpiresAt)
	c.n("looks", s.Checkout.Looks)
	c.s("lang", string(s.Checkout.Language))
	w.m("checkout", c)
	return w
}

func readSubscription(r *reader, name string) (s subscription.Subscription) {
	r.within(name, func(m *reader) {
		s = subscription.Subscription{State: subscription.State(m.s("state")), Interval: payment.Interval(m.s("interval")),
			Customer: m.s("customer"), Reads: m.s("reads"),
			Reference: m.s("subscription"), PaidAt: m.time("paid"), PeriodEnd: m.time("period"), Ending: m.n("ending") != 0,
			Resting:      m.n("resting") != 0,
			PastDueSince: m.time("pastDue"),
			EndsAt:       m.time("ends"), Asked: m.s("asked"), AskedURL: m.s("askedURL"), Inquiry: m.n("inquiry") != 0,
			Untold:  subscription.Notice(m.n("untold")), //nolint:gosec // of two bits
			Telling: m.time("telling"),
			EndedAt: m.time("ended"), Due: m.time("due")}
		m.within("checkout", func(c *reader) {
			s.Checkout = subscription.Checkout{ID: c.s("id"), URL: c.s("url"), Attempt: int(c.n("attempt")), OpenedAt: c.time("opened"),
				ExpiresAt: c.time("expires"), Looks: int(c.n("looks")), Language: words.Language(c.s("lang"))}
		})
	})
	return s
}

func writeItems(items []purchase.Item) []writer {
	out := make([]writer, len(items))
	for n := range items {
		i := &items[n]
		w := writer{"key": str(i.Key), "product": str(string(i.Article.Product)), "state": str(string(i.State))}
		w.n("gb", i.Article.StorageGB)
		w.s("resource", string(i.Resource))
		w.n("tries", i.Tries)
		w.s("handle", i.Handle)
		w.s("reason", i.Reason)
		w.t("since", i.Since)
		w.t("ready", i.ReadyAt)
		w.t("held", i.HeldAt)
		if i.Noticed {
			w.n("noticed", 1)
		}
		if i.Stale {
			w.n("stale", 1)
		}
		if i.Claimed {
			w.n("claimed", 1)
		}
		if i.Left {
			w.n("left", 1)
		}
		w.t("due", i.Due)
		steps := make([]writer, len(i.Steps))
		for k, s := range i.Steps {
			steps[k] = writer{"s": str(string(s.State)), "t": at(s.At)}
		}
		w.l("steps", steps)
		out[n] = w
	}
	return out
}

func readItems(r *reader, name string) (out []purchase.Item) {
	r.maps(name, func(m *reader) {
		i := purchase.Item{Key: m.s("key"), Article: contract.Article{Product: contract.Product(m.s("product")), StorageGB: int(m.n("gb"))},
			Resource: id.Resource(m.s("resource")), State: purchase.State(m.s("state")), Tries: int(m.n("tries")), Handle: m.s("handle"),
			Reason: m.s("reason"),
			Since:  m.time("since"), ReadyAt: m.time("ready"), HeldAt: m.time("held"), Noticed: m.n("noticed") != 0,
			Stale:   m.n("stale") != 0,
			Claimed: m.n("claimed") != 0, Left: m.n("left") != 0, Due: m.time("due")}
		m.maps("steps", func(s *reader) {
			i.Steps = append(i.Steps, purchase.Step{State: purchase.State(s.s("s")), At: s.time("t")})
		})
		out = append(out, i)
	})
	return out
}

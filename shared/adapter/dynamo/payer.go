package dynamo

import (
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/payment"
)

// writePayerChange is the newest change of who pays, as it stands within its relationship.
func writePayerChange(p *client.PayerChange) writer {
	w := writer{}
	if p == nil {
		return w
	}
	w.s("id", string(p.ID))
	w.s("to", string(p.To))
	w.s("by", string(p.By))
	w.s("member", string(p.Member))
	w.s("state", string(p.State))
	w.s("reason", string(p.Reason))
	w.s("outcome", string(p.Outcome))
	w.n("version", p.Terms.Version)
	if p.Terms.Old != nil {
		w.m("old", writeContract(p.Terms.Old))
	}
	if p.Terms.New != nil {
		w.m("new", writeContract(p.Terms.New))
	}
	w.s("oldEvery", string(p.Terms.OldEvery))
	w.s("every", string(p.Terms.Every))
	w.t("at", p.Terms.At)
	w.t("proposed", p.ProposedAt)
	w.t("expires", p.ExpiresAt)
	w.t("agreedAt", p.AgreedAt)
	w.s("agreed", p.Agreed)
	w.t("ended", p.EndedAt)
	w.m("next", writeSubscription(&p.Next))
	w.s("card", p.Method)
	w.yes("needCard", p.NeedCard)
	w.yes("oldEnds", p.OldEnds)
	w.yes("untold", p.Untold)
	w.t("due", p.Due)
	w.times("asked", p.Asked)
	return w
}

func readPayerChange(r *reader, name string) (p *client.PayerChange) {
	r.within(name, func(m *reader) {
		p = &client.PayerChange{ID: id.PayerChange(m.s("id")), To: client.Side(m.s("to")), By: client.Side(m.s("by")),
			Member: id.Member(m.s("member")), State: client.ChangeState(m.s("state")), Reason: client.ChangeReason(m.s("reason")),
			Outcome: client.ChangeState(m.s("outcome")), ProposedAt: m.time("proposed"), ExpiresAt: m.time("expires"),
			AgreedAt: m.time("agreedAt"), Agreed: m.s("agreed"), EndedAt: m.time("ended"), Next: readSubscription(m, "next"),
			Method: m.s("card"), NeedCard: m.yes("needCard"), OldEnds: m.yes("oldEnds"), Untold: m.yes("untold"),
			Due: m.time("due"), Asked: m.times("asked"),
			Terms: client.ChangeTerms{Version: int(m.n("version")), OldEvery: payment.Interval(m.s("oldEvery")),
				Every: payment.Interval(m.s("every")), At: m.time("at")}}
		m.within("old", func(d *reader) { p.Terms.Old = readContract(d) })
		m.within("new", func(d *reader) { p.Terms.New = readContract(d) })
	})
	return p
}

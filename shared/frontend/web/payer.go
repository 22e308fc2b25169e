package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

// clientPayerPath is where an agency sees who pays for what a client has.
func clientPayerPath(c id.Client) string { return clientPath(c) + "/payer" }

// portalPayerPath is where a client sees the same.
func portalPayerPath(agency id.Agency) string {
	return "/portal/payer?agency=" + url.QueryEscape(string(agency))
}

// payerView is the page of one side, before what is the same for both is put on it.
type payerView struct {
	page.Payer

	side  client.Side
	party billing.Party
	may   bool // whether who looks may do what its side may
	in    words.Language

	preparing bool // what was bought is being set up: something can be proposed once it is ready
}

// payerPage is the page of a side: find says what is the side's own.
type payerPage struct {
	s       *Site
	changes *billing.PayerChanges
	find    func(r *http.Request, caller identity.Caller) (*client.Client, payerView, error)
}

// ClientPayerPage shows the agency who pays for what a client has. There it proposes that the other side does, and answers what the
// client proposes.
func ClientPayerPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, changes *billing.PayerChanges) *Page {
	p := payerPage{s: s, changes: changes, find: func(r *http.Request, caller identity.Caller) (*client.Client, payerView, error) {
		which, err := id.ParseClient(r.PathValue("clientId"))
		if err != nil {
			return nil, payerView{}, err
		}
		l, err := directory.Client(r.Context(), caller, which)
		if err != nil {
			return nil, payerView{}, err
		}
		a, err := directory.Agency(r.Context(), caller)
		if err != nil {
			return nil, payerView{}, err
		}
		around, c := workspace(a, caller, page.InClients), l.Client
		return c, payerView{side: client.ByAgency, in: words.English, party: billing.Party{Client: which},
			may: caller.MayPortal(identity.InPerson, identity.Manage) == nil,
			Payer: page.Payer{Workspace: &around, Brand: around.Brand, URL: clientPayerPath(which), Back: clientPath(which),
				BackWord: c.DisplayName(), Client: c.DisplayName()}}, nil
	}}
	answers := identity.ByPortal(identity.InPerson, identity.Manage)
	return p.page("clientPayerPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), answers.SteppedInside(), answers)
}

// PortalPayerPage shows a client the same of its own.
func PortalPayerPage(s *Site, auth *signin.Authenticator, contracts *billing.Contracts, changes *billing.PayerChanges) *Page {
	p := payerPage{s: s, changes: changes, find: func(r *http.Request, caller identity.Caller) (*client.Client, payerView, error) {
		with, err := agencyIn(r)
		if err != nil {
			return nil, payerView{}, err
		}
		c, err := contracts.Relationship(r.Context(), caller, with)
		if err != nil {
			return nil, payerView{}, err
		}
		branded, err := contracts.Branded(r.Context(), with)
		if err != nil {
			return nil, payerView{}, err
		}
		if err := preferOf(r, func() (words.Language, error) { return contracts.Reads(r.Context(), c) }); err != nil {
			return nil, payerView{}, err
		}
		l := words.In(r.Context())
		v := payerView{side: client.ByClient, party: billing.Party{Agency: with}, may: true, in: l,
			Payer: page.Payer{Brand: senderBrand(c.Invite.From), Person: string(caller.Email), URL: portalPayerPath(with),
				Back: portalPath(string(with)), BackWord: l.Say("contract.your_portal"), Agency: string(with)}}
		if !branded {
			v.Brand = s.brand
		}
		return c, v, nil
	}}
	return speaks(p.page("portalPayerPage", auth, identity.ByClient, identity.ByClient.SteppedInside(), identity.ByClient),
		words.Payer, words.Contract, words.Checkout, words.Receipt, words.Money)
}

// page is the page with its forms: consents has who may send those by which somebody may have to pay, answers who the others.
func (p payerPage) page(name string, auth *signin.Authenticator, looks, consents, answers identity.Who) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		c, v, err := p.find(r, caller)
		if err != nil {
			return err
		}
		return p.show(w, r, caller, c, v, nil)
	}
	return p.s.page(name, auth, looks, show,
		p.form("propose", consents, func(r *http.Request, caller identity.Caller, at billing.Party) error {
			_, err := p.changes.Propose(r.Context(), caller, at,
				billing.Wish{To: client.Side(r.PostForm.Get("to")), Every: payment.Interval(r.PostForm.Get("interval"))})
			return err
		}),
		p.form("agree", consents, func(r *http.Request, caller identity.Caller, at billing.Party) error {
			_, err := p.changes.Agree(r.Context(), caller, at, r.PostForm.Get("hash"))
			return err
		}),
		p.form("decline", answers, func(r *http.Request, caller identity.Caller, at billing.Party) error {
			_, err := p.changes.Decline(r.Context(), caller, at)
			return err
		}),
		p.form("withdraw", answers, func(r *http.Request, caller identity.Caller, at billing.Party) error {
			_, err := p.changes.Withdraw(r.Context(), caller, at)
			return err
		}))
}

// form does something about the change and shows the page again: by a redirect, or where it was refused with the reason.
func (p payerPage) form(do string, who identity.Who, run func(*http.Request, identity.Caller, billing.Party) error) Form {
	return form(do, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		_, v, err := p.find(r, caller)
		if err != nil {
			return err
		}
		if err = run(r, caller, v.party); err == nil {
			return seeOther(w, v.URL)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		c, v, err := p.find(r, caller) // as it is now
		if err != nil {
			return err
		}
		return p.show(w, r, caller, c, v, f)
	})
}

// show shows the page, with what was refused.
func (p payerPage) show(w http.ResponseWriter, r *http.Request, caller identity.Caller, c *client.Client, v payerView,
	f *fault.Error) error {
	event.Annotate(r.Context(), "agency", string(c.Agency), "client", string(c.ID))
	now, status := p.s.now(), http.StatusOK
	v.stand(c)
	v.change(c, now, r.URL.Query())
	if err := v.terms(c, now); err != nil {
		return err
	}
	if v.may && !c.Change.Open() {
		if err := p.offer(r, caller, c, &v); err != nil {
			return err
		}
	}
	if f != nil {
		v.Problems, status = problems(f, map[string]string{"interval": "interval"}), f.Code.Status()
		if f.Code == fault.NotActive && v.Barred.Text == f.Message {
			v.Barred = page.Note{}
		}
		retryAfter(w, f)
	} else {
		v.await(w, r, c, now)
	}
	return p.s.show(w, r, status, v.Payer)
}

// stand says who pays now.
func (v *payerView) stand(c *client.Client) {
	things := receipt.In(v.in).Things(c.Contract())
	switch {
	case things == "":
		v.Now = v.in.Say("payer.nothing")
	case c.Payer() == v.side:
		v.Now = v.in.Say("payer.you_pay", "things", things)
	default:
		v.Now = v.in.Say("payer.they_pay", "name", v.other(c), "things", things)
	}
}

// other is the name of the other side.
func (v *payerView) other(c *client.Client) string { return sideName(c, v.side.Other()) }

// sideName is how a side of a relationship is called.
func sideName(c *client.Client, side client.Side) string {
	if side == client.ByAgency {
		return c.Invite.From.AgencyName
	}
	return c.DisplayName()
}

// change says how it stands with the newest change of payer, and what the side can do about it.
func (v *payerView) change(c *client.Client, now time.Time, query url.Values) {
	if code := fault.Code(query.Get("problem")); code != "" {
		v.Problems = page.Problems{{Message: noCard(v.in, code)}}
	}
	p := c.Change
	if p == nil {
		return
	}
	mine, name, day := p.By == v.side, v.other(c), v.in.Date(p.Terms.At.UTC())
	until := v.in.Date(p.ExpiresAt.UTC())
	say := func(tone page.Tone, title, text string) { v.Change = page.Note{Tone: tone, Title: title, Text: text} }
	switch p.State {
	case client.ChangeProposed:
		switch {
		case mine:
			say(page.Wait, v.in.Say("payer.waiting", "name", name), v.in.Say("payer.waiting_text", "day", until))
		case p.To == v.side:
			say(page.Wait, v.in.Say("payer.asks", "name", name), v.in.Say("payer.answer_by", "day", until))
		default:
			say(page.Wait, v.in.Say("payer.offers", "name", name), v.in.Say("payer.answer_by", "day", until))
		}
		if p.Terms.Version > 1 {
			v.Why = v.in.Say("payer.anew", "day", day)
		}
		if v.may && !mine {
			v.Agree, v.Decline = p.HashIn(v.in), true
		}
	case client.ChangeAgreed:
		v.agreed(c, query, name, day, until)
	case client.ChangeScheduled:
		text := v.in.Say("payer.scheduled_they", "name", name)
		if p.To == v.side {
			text = v.in.Say("payer.scheduled_you")
		}
		say(page.Good, v.in.Say("payer.scheduled", "day", day), text)
	case client.ChangeUndoing:
		say(page.Wait, v.in.Say("payer.undoing"), v.in.Say("payer.undoing_text"))
	default:
		v.ended(c, name)
	}
	v.Withdraw = v.may && mine && p.Open() && p.State != client.ChangeUndoing &&
		(p.State != client.ChangeScheduled || p.Terms.At.Sub(now) >= client.SetUpMargin)
}

// changing leads a side to a change of payer that is open, in its language; nil for none.
func changing(l words.Language, c *client.Client, side client.Side, now time.Time) *page.PayerChanging {
	if !c.Change.Open() {
		return nil
	}
	v, path := payerView{side: side, in: l}, clientPayerPath(c.ID)
	if side == client.ByClient {
		path = portalPayerPath(c.Agency)
	}
	v.change(c, now, nil)
	return &page.PayerChanging{Note: v.Change, URL: path}
}

// agreed says what is missing to a change that both sides have agreed to.
func (v *payerView) agreed(c *client.Client, query url.Values, name, day, until string) {
	p := c.Change
	switch {
	case p.Wants(v.side) && query.Get("card") != "":
		v.Change = page.Note{Tone: page.Wait, Title: v.in.Say("payer.card_sure"), Text: v.in.Say("payer.card_sure_text")}
	case p.Wants(v.side):
		v.Change = page.Note{Tone: page.Wait, Title: v.in.Say("payer.card_finish"), Text: v.in.Say("payer.card_text", "day", day)}
		if query.Get("canceled") != "" {
			v.Why = v.in.Say("payer.card_back")
		}
	case p.Wants(v.side.Other()):
		v.Change = page.Note{Tone: page.Wait, Title: v.in.Say("payer.card_theirs", "name", name),
			Text: v.in.Say("payer.card_theirs_text", "day", until)}
	default:
		v.Change = page.Note{Tone: page.Wait, Title: v.in.Say("payer.setting_up"), Text: v.in.Say("payer.setting_up_text")}
	}
	if p.Wants(v.side) && v.may {
		v.Card = "/portal/payer/card"
		if v.side == client.ByAgency {
			v.Card = clientPayerPath(c.ID) + "/card"
		}
	}
}

// noCard says why no card could be given, by the fault's code.
func noCard(l words.Language, code fault.Code) string {
	switch code {
	case fault.PaymentsOff:
		return l.Say("payer.card_off")
	case fault.Unavailable:
		return l.Say("checkout.no_answer")
	case fault.NoChange:
		return l.Say("payer.card_none")
	case fault.Forbidden:
		return l.Say("payer.card_barred")
	}
	return l.Say("payer.card_failed")
}

// ended says what became of a change.
func (v *payerView) ended(c *client.Client, name string) {
	p := c.Change
	nothing := v.in.Say("payer.no_change")
	pick := func(mine bool, you, they string) string {
		if mine {
			return you
		}
		return they
	}
	say := func(tone page.Tone, title, text string) { v.Change = page.Note{Tone: tone, Title: title, Text: text} }
	switch p.State {
	case client.ChangeDone:
		things, day := receipt.In(v.in).Things(p.Terms.New), v.in.Date(p.EndedAt.UTC())
		say(page.Good, pick(p.To == v.side, v.in.Say("payer.done_you"), v.in.Say("payer.done_they", "name", name)),
			pick(p.To == v.side, v.in.Say("payer.done_you_text", "day", day, "things", things),
				v.in.Say("payer.done_they_text", "day", day, "name", name, "things", things)))
	case client.ChangeDeclined:
		say(page.Idle, pick(p.By != v.side, v.in.Say("payer.declined_you"), v.in.Say("payer.declined_they", "name", name)), nothing)
	case client.ChangeWithdrawn:
		say(page.Idle, pick(p.By == v.side, v.in.Say("payer.withdrawn_you"), v.in.Say("payer.withdrawn_they", "name", name)), nothing)
	case client.ChangeExpired:
		say(page.Idle, v.in.Say("payer.expired"), nothing)
		v.Why = receipt.In(v.in).ChangeReason(c)
	case client.ChangeFailed:
		say(page.Bad, v.in.Say("payer.failed"), cmp.Or(receipt.In(v.in).ChangeReason(c), nothing))
		v.Why = pick(c.Payer() == v.side, v.in.Say("payer.goes_on_you"), v.in.Say("payer.goes_on_they", "name", name))
	default:
		say(page.Idle, v.in.Say("payer.canceled"), cmp.Or(receipt.In(v.in).ChangeReason(c), nothing))
	}
}

// terms puts both contracts of a change that is open on the page.
func (v *payerView) terms(c *client.Client, now time.Time) error {
	p := c.Change
	if !p.Open() {
		return nil
	}
	t, err := v.sides(c, p, p.Terms.Every)
	if err != nil {
		return err
	}
	t.Title, t.State = v.in.Say("payer.both"), page.Badge{Tone: page.Wait, Text: v.in.Say("payer.proposed_badge")}
	t.Print = v.in.Say("payer.terms", "version", p.Terms.Version, "hash", p.HashIn(v.in))
	if p.State != client.ChangeProposed {
		t.State = page.Badge{Tone: page.Good, Text: v.in.Say("payer.agreed_badge")}
		t.Print += " " + v.in.Say("payer.agreed_on", "day", page.TimeIn(v.in, p.AgreedAt, now).Day)
	}
	v.Terms = t
	return nil
}

// sides are the contract that ends and the one that begins. every is how often the new one is paid; "" while that is to be chosen.
func (v *payerView) sides(c *client.Client, p *client.PayerChange, every payment.Interval) (*page.PayerTerms, error) {
	day := v.in.Date(p.Terms.At.UTC())
	before, err := v.paid(c, p.To.Other(), p.Terms.Old, p.Terms.OldEvery, page.Known{Term: v.in.Say("payer.ends"),
		Text: v.in.Say("payer.ends_on", "day", day)})
	if err != nil {
		return nil, err
	}
	after, err := v.paid(c, p.To, p.Terms.New, every, page.Known{Term: v.in.Say("payer.begins"),
		Text: v.in.Say("payer.begins_on", "day", day)})
	if err != nil {
		return nil, err
	}
	before.Title, after.Title = v.in.Say("payer.until", "day", day), v.in.Say("payer.from", "day", day)
	owns := v.in.Say("payer.client_owns", "client", c.DisplayName(), "day", day)
	if p.To == client.ByAgency {
		owns = v.in.Say("payer.agency_owns", "agency", c.Invite.From.AgencyName, "client", c.DisplayName(), "day", day)
	}
	return &page.PayerTerms{Sides: [2]page.PayerSide{before, after}, Facts: []page.Fact{
		{Tone: page.Good, Text: owns}, {Tone: page.Good, Text: v.in.Say("payer.same_service")},
		{Tone: page.Good, Text: v.in.Say("payer.card_fails")}}}, nil
}

// paid is one of the two contracts.
func (v *payerView) paid(c *client.Client, payer client.Side, deal *contract.Contract, every payment.Interval,
	when page.Known) (page.PayerSide, error) {
	who := sideName(c, payer)
	if payer == v.side {
		who = v.in.Say("payer.you")
	}
	access := v.in.Say("payer.access_own")
	if payer == client.ByAgency {
		access = v.in.Say("payer.access_write")
	}
	out := page.PayerSide{Known: []page.Known{{Term: v.in.Say("payer.payer"), Text: who}, {Term: v.in.Say("payer.owner"), Text: who},
		{Term: v.in.Say("payer.access", "name", c.DisplayName()), Text: access}, when}}
	if deal != nil {
		for _, l := range deal.Lines {
			out.Lines = append(out.Lines, page.Known{Term: l.In(v.in),
				Text: receipt.In(v.in).Each(l.Month.Amount.In(v.in), l.Year.Amount.In(v.in), every)})
		}
	}
	var err error
	out.Total, err = receipt.In(v.in).Paid(deal, every)
	return out, err
}

// offer shows what the side could propose now, or why it cannot.
func (p payerPage) offer(r *http.Request, caller identity.Caller, c *client.Client, v *payerView) error {
	to := c.Payer().Other()
	would, err := p.changes.Offer(r.Context(), caller, v.party, billing.Wish{To: to})
	if f := fault.As(err); f != nil && f.Code != fault.Internal {
		v.barred(c, f, p.s.now())
		return nil
	}
	if err != nil {
		return err
	}
	change := would.Change
	if v.Terms, err = v.sides(would, change, ""); err != nil {
		return err
	}
	v.Terms.Title = v.in.Say("payer.offer_you")
	if to != v.side {
		v.Terms.Title = v.in.Say("payer.offer_they", "name", v.other(c))
	}
	v.Terms.Facts = append(v.Terms.Facts, page.Fact{Tone: page.Good, Text: v.in.Say("payer.offer_text", "name", v.other(c))})
	month, err := receipt.In(v.in).Paid(change.Terms.New, payment.Month)
	if err != nil {
		return err
	}
	year, err := receipt.In(v.in).Paid(change.Terms.New, payment.Year)
	if err != nil {
		return err
	}
	every := cmp.Or(payment.Interval(r.PostForm.Get("interval")), change.Terms.OldEvery)
	v.Offer = &page.PayerOffer{To: string(to), Month: month, Year: year, Yearly: every == payment.Year}
	return nil
}

// barred says why nothing can be proposed now. What is connected, and what was not bought here, never changes its payer: something new
// is ordered in its place.
func (v *payerView) barred(c *client.Client, f *fault.Error, now time.Time) {
	if v.preparing = f.Code == fault.NotActive && c.Preparing(now); v.preparing {
		v.Barred = page.Note{Tone: page.Wait, Title: v.in.Say("payer.not_yet"),
			Text: v.in.Say("payer.not_yet_text", "things", receipt.In(v.in).Things(c.Contract()))}
		return
	}
	if f.Code != fault.NotProvisioned {
		v.Barred = page.Note{Tone: page.Wait, Title: v.in.Say("payer.not_now"), Text: f.In(v.in).Message}
		return
	}
	v.Barred = page.Note{Tone: page.Idle, Title: v.in.Say("payer.connected"),
		Text: v.in.Say("payer.connected_client", "name", v.other(c))}
	if v.side == client.ByAgency {
		v.Barred.Text = v.in.Say("payer.connected_agency", "name", v.other(c))
		v.Order = "/clients?invite=new&order=" + url.QueryEscape(string(c.ID))
	}
}

// How often the page looks by itself whether a change is set up, before it waits longer, and before it leaves that to who reads it.
const (
	payerSoon  = 5
	payerTries = 40
)

// await has the page look again by itself while something is about to happen.
func (v *payerView) await(w http.ResponseWriter, r *http.Request, c *client.Client, now time.Time) {
	p, tries := c.Change, looks(r)
	carded := r.URL.Query().Get("card") != ""
	if !v.preparing && !happens(p, v.side, carded, now) {
		return
	}
	if v.preparing && tries >= payerSoon {
		v.Barred.Text = v.in.Say("payer.not_yet_long")
	} else if tries >= payerSoon && p.State == client.ChangeAgreed && !p.Wants(v.side) {
		v.Change.Text = v.in.Say("payer.setting_up_long")
	}
	if tries >= payerTries {
		return
	}
	pause := 3
	if tries >= payerSoon {
		pause = 15
	}
	next := url.Values{"n": {fmt.Sprint(tries + 1)}}
	if carded {
		next.Set("card", "1")
	}
	w.Header().Set("Refresh", fmt.Sprintf("%d;url=%s", pause, joinQuery(v.URL, next)))
}

// happens tells whether something is about to happen to a change without anybody's doing, but for the card that the side has just given.
func happens(p *client.PayerChange, side client.Side, carded bool, now time.Time) bool {
	switch {
	case !p.Open(), p.State == client.ChangeProposed, p.State == client.ChangeScheduled && now.Before(p.Terms.At):
		return false
	}
	return !p.Wants(side.Other()) && (!p.Wants(side) || carded)
}

// OpenPortalCard leads a client that is to pay to the payment service's page for a card.
func OpenPortalCard(origin string, auth *signin.Authenticator, cards *billing.Cards) *Redirect {
	who := identity.ByClient.SteppedInside()
	return leads("openPortalCardForm", http.MethodPost, origin, auth, who, func(r *http.Request, at *step) error {
		which, err := id.ParseAgency(r.PostForm.Get("agency"))
		if err == nil {
			at.back = portalPayerPath(which) + "&"
		}
		if err := cmp.Or(at.refused, err); err != nil {
			return err
		}
		p, err := cards.Open(r.Context(), at.who, billing.Party{Agency: which})
		at.next = p.URL
		return err
	})
}

// OpenClientCard leads somebody of an agency that is to pay to the same.
func OpenClientCard(origin string, auth *signin.Authenticator, cards *billing.Cards) *Redirect {
	who := identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside()
	return leads("openClientCardForm", http.MethodPost, origin, auth, who, func(r *http.Request, at *step) error {
		which, err := id.ParseClient(r.PathValue("clientId"))
		if fault.Is(at.refused, fault.NotFound) { // for whom there are no clients
			return at.refused
		}
		if err == nil {
			at.back = clientPayerPath(which) + "?"
		}
		if err := cmp.Or(at.refused, err); err != nil {
			return err
		}
		p, err := cards.Open(r.Context(), at.who, billing.Party{Client: which})
		at.next = p.URL
		return err
	})
}

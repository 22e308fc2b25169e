package web

import (
	"net/http"
	"net/url"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

// ContractPage shows the agency what a client buys, or was asked to; with as=text for keeping.
func ContractPage(s *Site, auth *signin.Authenticator, directory *clients.Directory) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		event.Annotate(r.Context(), "agency", string(caller.Agency))
		which, err := id.ParseClient(r.PathValue("clientId"))
		if err != nil {
			return err
		}
		l, err := directory.Client(r.Context(), caller, which)
		if err != nil {
			return err
		}
		return s.contract(w, r, l.Client, func(v *page.Contract) error {
			a, err := directory.Agency(r.Context(), caller)
			if err != nil {
				return err
			}
			around := workspace(a, caller, page.InClients)
			v.Workspace, v.Brand, v.Back, v.BackWord = &around, around.Brand, clientPath(l.Client.ID), l.Client.DisplayName()
			return nil
		})
	}
	return s.page("contractPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), show)
}

// PortalContractPage shows a client the same; also one that has not paid yet, or is no client any more.
func PortalContractPage(s *Site, auth *signin.Authenticator, contracts *billing.Contracts) *Page {
	return speaks(s.page("portalContractPage", auth, identity.ByClient,
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			with, err := agencyIn(r)
			if err != nil {
				return err
			}
			c, err := contracts.Relationship(r.Context(), caller, with)
			if err != nil {
				return err
			}
			if err := preferOf(r, func() (words.Language, error) { return contracts.Reads(r.Context(), c) }); err != nil {
				return err
			}
			// The whole page is in the language of the contract, which need not be the one that is chosen now.
			l := receipt.LanguageOf(c, words.In(r.Context()))
			r = r.WithContext(words.With(r.Context(), l))
			return s.contract(w, r, c, func(v *page.Contract) error {
				v.Brand, v.Person = senderBrand(c.Invite.From), string(caller.Email)
				if branded, err := contracts.Branded(r.Context(), c.Agency); err != nil {
					return err
				} else if !branded {
					v.Brand = s.brand
				}
				v.Back, v.BackWord = portalPath(string(c.Agency)), l.Say("contract.your_portal")
				if c.Payment.Renews() {
					v.Cancel = string(c.Agency)
				}
				if !c.Joined() && c.Invite.MayAnswer(s.now()) == nil {
					v.Back, v.BackWord = checkoutPath(c.Agency), l.Say("contract.your_order")
				} else if !c.Joined() {
					v.Back, v.BackWord = "/account", l.Say("contract.your_account")
				}
				return nil
			})
		}),
		words.Contract, words.Receipt, words.Money, words.Payer, words.Checkout)
}

// portalContractPath is where a client reads its contract with the agency.
func portalContractPath(agency id.Agency) string {
	return "/portal/contract?agency=" + url.QueryEscape(string(agency))
}

// contract shows a relationship's contract, or hands it out as text.
func (s *Site) contract(w http.ResponseWriter, r *http.Request, c *client.Client, around func(*page.Contract) error) error {
	now := s.now()
	event.Annotate(r.Context(), "client", string(c.ID), "invite", string(c.Invite.ID))
	of, err := receipt.In(words.In(r.Context())).Of(c, now)
	if err != nil {
		return err
	}
	if of == nil {
		return fault.New(fault.NotFound, "contract.none")
	}
	if r.URL.Query().Get("as") == "text" {
		return keep(w, of, now)
	}
	q := r.URL.Query()
	q.Set("as", "text")
	v := page.Contract{Number: of.Number, Agency: of.Agency, Client: of.Client, Chosen: string(of.Chosen), State: stateBadge(of.State),
		Text: of.State.Text, Saving: of.Saving, Tax: of.Tax, Notes: of.Notes, Download: r.URL.Path + "?" + q.Encode()}
	if of.Address != of.Client {
		v.Address = of.Address
	}
	for _, l := range of.Lines {
		v.Lines = append(v.Lines, page.Priced{Name: l.Name, Month: l.Month, Year: l.Year})
	}
	for _, l := range of.Totals {
		v.Totals = append(v.Totals, page.Priced{Name: l.Name, Month: l.Month, Year: l.Year})
	}
	for _, f := range of.Facts {
		v.Facts = append(v.Facts, page.Known(f))
	}
	if err := around(&v); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, v)
}

// keep hands a receipt out as a file.
func keep(w http.ResponseWriter, of *receipt.Receipt, now time.Time) error {
	h := w.Header()
	page.SecurityHeaders(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+receipt.FileName(now)+`"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(of.Text(now))) //nolint:gosec // plain text, for saving
	return err
}

// stateBadge is the state of a payment.
func stateBadge(s receipt.State) page.Badge {
	tones := map[receipt.Weight]page.Tone{
		receipt.Fine: page.Good, receipt.Waiting: page.Wait, receipt.Wrong: page.Bad, receipt.Over: page.Idle,
	}
	return page.Badge{Text: s.Word, Tone: tones[s.Weight]}
}
